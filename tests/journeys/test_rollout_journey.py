"""v2 at 10 %: the model begins to write broken JSON, the guard takes it back by itself, the others notice nothing."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from models_registry.domain.rollout import bucket, is_in_share, salt_of
from models_registry.models import Guard, Rollout, RolloutEvent, RolloutOutcome, Route
from models_registry.services.health import ensure_fresh
from recommendations.domain.advice import Engine
from recommendations.models import Node, RecommendationRun
from recommendations.services.demo import load_demo
from tests.journeys import voices
from tests.journeys.inside import advised
from tests.journeys.stage import Stage, point_at
from tests.servers.ollama import OllamaServer

pytestmark = pytest.mark.integration

MODEL = "qwen2.5:14b-instruct"
SLUG = "advice-v2"
NODES = 220
HEALTHY = 30  # units that meet a model that is still well


@pytest.fixture
def host(stage: Stage) -> Iterator[OllamaServer]:
    with OllamaServer(models=(MODEL,), num_parallel=4) as server:
        point_at(server.url)
        ensure_fresh(at=stage.demo.at)
        server.respond_with(voices.diligent)
        yield server


@pytest.fixture
def nodes(stage: Stage) -> list[str]:
    """The nodes of a larger demo network, in an order that has nothing to do with the hash."""
    load_demo(at=stage.demo.at, nodes=NODES, refresh=True)
    return list(Node.objects.order_by("pk").values_list("pubkey", flat=True))


def is_new(pubkey: str) -> bool:
    return is_in_share(bucket(pubkey, salt=salt_of(SLUG)), share_percent=10)


def test_broken_json_rolls_v2_back_by_itself(stage: Stage, host: OllamaServer, nodes: list[str]) -> None:
    Rollout.objects.filter(slug=SLUG).update(share_percent=Decimal(10), state="running", step_since=timezone.now())
    row = Rollout.objects.get(slug=SLUG)
    epoch = Route.objects.get(purpose="advice").epoch
    asked = 0

    for pubkey in nodes:
        if asked == HEALTHY:
            host.respond_with(lambda _request: '{"summary": "Fine", "recommendations": [{"finding": ')
        advised(stage, pubkey=pubkey, engine=None, use_cache=False)
        asked += 1
        row.refresh_from_db()
        if row.state != "running":
            break

    event, guard = RolloutEvent.objects.get(), Guard.objects.get(kind="schema_failures")
    runs = RecommendationRun.objects.filter(rollout__rollout=SLUG)
    assert (row.state, row.share_percent) == ("rolled_back", Decimal(0))
    assert asked <= 250
    assert (event.who, event.move, event.is_alarm) == ("lnrag", "roll_back", True)
    assert event.evidence["e_value"] >= 20
    assert guard.figures["y_a"] == 0 < guard.figures["y_b"]
    assert Route.objects.get(purpose="advice").epoch == epoch + 1
    # Who had the old engine saw rules, whole and undegraded, all the time.
    old = runs.filter(engine=Engine.RULES.value)
    assert set(old.values_list("outcome", "is_degraded", "model")) == {("completed", False, "")}
    assert {run.node.pubkey for run in runs if run.engine == Engine.V2} == {one for one in nodes[:asked] if is_new(one)}
    # From the next request on nobody is given the new engine.
    said = len(host.generations)
    for pubkey in [one for one in nodes if is_new(one)][:3]:
        assert advised(stage, pubkey=pubkey, engine=None).completed["engine"] == "rules"
    assert len(host.generations) == said
    assert RolloutOutcome.objects.filter(position=None).count() <= 4  # of the turn that stopped it

    page = evidence_page(stage)
    assert "was rolled back by itself" in page
    assert "broke their contract" in page
    assert 'class="you-line"' in page
    assert "stopped it" in page


def evidence_page(stage: Stage) -> str:
    stage.user.is_staff = stage.user.is_superuser = True
    stage.user.save()
    client = Client()
    client.force_login(stage.user)
    listed = client.get(reverse("models_registry:rollouts"))
    assert listed.status_code == 200
    return client.get(reverse("models_registry:rollout", args=[SLUG])).content.decode()
