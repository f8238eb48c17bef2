"""The rows a journey begins with: shipped values, a small library, the demo network, and people with keys."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.core.cache import cache

from feedback.models import Rating
from models_registry.models import Breaker, Exposure, Generation, LanguageModel, Provider, Rollout
from models_registry.services import defaults as model_defaults
from models_registry.services import keys
from rag.models import Answer, Source
from rag.services import defaults as rag_defaults
from rag.services.ingest import ingest_documents
from recommendations.models import NodeView, Recommendation, RecommendationRun
from recommendations.services import defaults as recommendation_defaults
from tests.rag.conftest import DOCUMENTS
from tests.recommendations.conftest import DemoRows, make_demo

NOBODY_THERE = "http://127.0.0.1:9"  # the discard port: refused at once
LEFT_BY_A_TEST = (Rating, Recommendation, RecommendationRun, NodeView, Generation, LanguageModel, Exposure, Answer)


@dataclass(frozen=True, slots=True)
class Stage:
    """What stands when the curtain rises. `key` is the operator's; `stranger_key` is of somebody else."""

    demo: DemoRows
    user: User
    key: str
    stranger: User
    stranger_key: str

    @property
    def pubkey(self) -> str:
        return self.demo.pubkey


def build(*, at: datetime) -> Stage:
    """Make every row of the stage, as of `at`. No model answers yet."""
    cache.clear()
    for floor in (model_defaults, rag_defaults, recommendation_defaults):
        floor.load(at=at)
    library = Source.objects.create(slug="tests", name="Tests", kind=Source.Kind.UPLOAD, is_public=True)
    ingest_documents(library, DOCUMENTS, at=at)
    user, stranger = (_person(name) for name in ("operator", "stranger"))
    stage = Stage(
        demo=make_demo(at=at),
        user=user,
        key=keys.create("operator", user=user, requests_per_minute=100_000, requests_per_hour=100_000).text,
        stranger=stranger,
        stranger_key=keys.create("stranger", user=stranger).text,
    )
    tidy()
    return stage


def tidy() -> None:
    """Remove what a test left behind, and send the models away."""
    cache.clear()
    for table in LEFT_BY_A_TEST:
        table._default_manager.all().delete()
    Rollout.objects.update(share_percent=100, is_enabled=True)
    Breaker.objects.filter(name__contains="/").delete()  # of one model each; a test's failures are its own
    Provider.objects.filter(slug="ollama").update(base_url=NOBODY_THERE, is_healthy=None, checked_at=None)
    Provider.objects.filter(slug="echo").update(is_enabled=False, checked_at=None)


def point_at(
    url: str, *, first_token_s: float = 10.0, idle_s: float = 5.0, total_s: float = 30.0, slots: int = 1
) -> None:
    """Let the Ollama row name a stand-in; its models are found as a real host's are. It is not asked twice."""
    Provider.objects.filter(slug="ollama").update(
        base_url=url,
        is_healthy=None,
        checked_at=None,
        max_attempts=1,
        retry_wait_s=0.01,
        first_token_timeout_s=first_token_s,
        load_timeout_s=first_token_s,  # a fault that strikes a load as well is met in seconds, not in five minutes
        idle_timeout_s=idle_s,
        total_timeout_s=total_s,
        slots=slots,
    )


def _person(name: str) -> User:
    return get_user_model().objects.create_user(name, password="a long enough secret")
