"""Each variable of the environment lands in its row, acts from there, and never overwrites what somebody edited."""

import runpy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.db.models import Model

from lnrag_site import settings as settings_file
from models_registry.models import Breaker, Provider, Rollout, Route, RoutingPolicy, Strategy
from models_registry.services.default_routing import SENSIBLE
from rag.models import LibraryPolicy
from recommendations.models import Threshold

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Landing:
    """A variable, a value for it, and the column of the rows where that value is found after loading."""

    variable: str
    value: str
    table: type[Model]
    rows: Mapping[str, str]
    column: str
    expected: Any
    edited: Any  # by hand; a switch has but one other position

    @property
    def columns(self) -> list[Any]:
        found = self.table._default_manager.filter(**self.rows)
        return list(found.values_list(self.column, flat=True))


OLLAMA, OPENAI = {"slug": "ollama"}, {"slug": "openai"}
ALL: dict[str, str] = {}
POLICY, ADVICE = {"slug": "default"}, {"slug": "advice-v2"}
USUAL = {"name": "lnbits_api"}  # a breaker without limits of its own
LOW = {"rule": "quality", "name": "min_score"}
WATCH = {"rule": "quality", "name": "is_monitored"}
FIRST = ["openai", "ollama", "echo"]
NAMED = ["phi3:medium", "gemma2:9b", *SENSIBLE]
LANDINGS = (
    Landing("LLM_PROVIDER", "openai", Route, {"purpose": "chat"}, "kinds", FIRST, ["echo"]),
    Landing("OLLAMA_URL", "http://box:11434", Provider, OLLAMA, "base_url", "http://box:11434", "http://other:1"),
    Landing("OLLAMA_NUM_PARALLEL", "4", Provider, OLLAMA, "slots", 4, 7),
    Landing("OLLAMA_KEEP_ALIVE", "1h", Provider, OLLAMA, "keep_alive", "1h", "2h"),
    Landing("OLLAMA_TIMEOUT", "45", Provider, OLLAMA, "first_token_timeout_s", 45.0, 46.0),
    Landing("BATCH_SIZE", "16", Provider, OLLAMA, "embed_batch_size", 16, 17),
    Landing("BATCH_SIZE", "16", Provider, OPENAI, "embed_batch_size", 16, 17),
    Landing("MAX_CONCURRENT_BATCHES", "2", Provider, OLLAMA, "embed_batches_at_once", 2, 3),
    Landing("MAX_CONCURRENT_BATCHES", "2", Provider, OPENAI, "embed_batches_at_once", 2, 3),
    Landing("GEN_MODEL", "phi3:medium", Route, {"purpose": "answer"}, "model", "phi3:medium", "llama3:8b"),
    Landing("GEN_MODEL", "phi3:medium", Route, {"purpose": "advice"}, "model", "phi3:medium", "llama3:8b"),
    Landing("GEN_MODEL_FALLBACK", "gemma2:9b", Strategy, {"query_type": "scoring"}, "models_in_order", NAMED, ["x"]),
    Landing("GEN_TEMPERATURE", "0.7", Strategy, ALL, "temperature", 0.7, 0.8),
    Landing("GEN_TOP_P", "0.6", Strategy, ALL, "top_p", 0.6, 0.5),
    Landing("GEN_MAX_TOKENS", "1000", Strategy, ALL, "max_tokens", 1000, 1001),
    Landing("GEN_NUM_CTX", "4096", Strategy, ALL, "num_ctx", 4096, 2048),
    Landing("MODEL_ROUTER_ENABLED", "false", RoutingPolicy, POLICY, "is_routing", False, False),
    Landing("MODEL_ROUTER_MAX_COST", "0.25", RoutingPolicy, POLICY, "max_cost_usd", Decimal("0.25"), Decimal("0.5")),
    Landing("DEFAULT_USER_TIER", "premium", RoutingPolicy, POLICY, "default_tier", "premium", "free"),
    Landing("ENABLE_QUERY_TYPE_DETECTION", "false", RoutingPolicy, POLICY, "is_detecting", False, False),
    Landing("STREAMING_ENABLED", "false", RoutingPolicy, POLICY, "is_streaming", False, False),
    Landing("CIRCUIT_BREAKER_THRESHOLD", "9", Breaker, USUAL, "failure_threshold", 9, 8),
    Landing("CIRCUIT_BREAKER_TIMEOUT", "30", Breaker, USUAL, "recovery_s", 30.0, 31.0),
    Landing("OLLAMA_OPTIMIZER_ENABLED", "false", Rollout, ADVICE, "is_enabled", False, False),
    Landing("USE_OPTIMIZED_PROMPTS", "false", Rollout, ADVICE, "is_enabled", False, False),
    Landing("OLLAMA_OPTIMIZER_PERCENTAGE", "12.5", Rollout, ADVICE, "share_percent", Decimal("12.5"), Decimal(50)),
    Landing("MIN_QUALITY_SCORE", "0.9", Threshold, LOW, "value", 0.9, 0.5),
    Landing("ENABLE_QUALITY_MONITORING", "false", Threshold, WATCH, "value", 0.0, 0.0),
    Landing("RAG_TOPK", "5", LibraryPolicy, ALL, "top_k", 5, 6),
    Landing("RAG_CONFIDENCE_THRESHOLD", "0.5", LibraryPolicy, ALL, "confidence_threshold", 0.5, 0.2),
    Landing("RAG_RERANK_TOP", "3", LibraryPolicy, ALL, "rerank_top", 3, 2),
    Landing("CACHE_TTL_RETRIEVAL", "60", LibraryPolicy, ALL, "retrieval_ttl_s", 60, 61),
    Landing("CACHE_TTL_EMBED", "60", LibraryPolicy, ALL, "embedding_ttl_s", 60, 61),
    Landing("CACHE_TTL_ANSWER", "60", LibraryPolicy, ALL, "answer_ttl_s", 60, 61),
)
EACH = pytest.mark.parametrize("landing", LANDINGS, ids=[f"{one.variable}-{one.column}" for one in LANDINGS])


@pytest.fixture
def loaded_with(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Callable[[Landing], None]:
    """Load all first rows as a process would that starts with this variable."""

    def load(landing: Landing) -> None:
        monkeypatch.setenv(landing.variable, landing.value)
        read = runpy.run_path(str(settings_file.__file__))
        setattr(settings, landing.variable, read[landing.variable])
        call_command("load_defaults")

    return load


@EACH
def test_a_variable_lands_in_its_row(loaded_with: Callable[[Landing], None], landing: Landing) -> None:
    loaded_with(landing)

    found = landing.columns
    assert found
    assert all(value == landing.expected for value in found)


@EACH
def test_an_unedited_row_follows_a_variable_set_later(loaded_with: Callable[[Landing], None], landing: Landing) -> None:
    call_command("load_defaults")
    before = landing.columns

    loaded_with(landing)

    assert before != landing.columns
    assert all(value == landing.expected for value in landing.columns)


@EACH
def test_an_edited_row_is_never_overwritten(loaded_with: Callable[[Landing], None], landing: Landing) -> None:
    call_command("load_defaults")
    assert landing.edited not in landing.columns
    landing.table._default_manager.filter(**landing.rows).update(**{landing.column: landing.edited})

    call_command("load_defaults")
    assert all(value == landing.edited for value in landing.columns)
    loaded_with(landing)

    assert all(value == landing.edited for value in landing.columns)
