"""In the shadow: only while nobody else needs a model, compared in pairs, and not a byte of it reaches anybody."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from prometheus_client import REGISTRY

from models_registry.models import Exposure, Generation, Rollout, RunningTurn, ShadowRun
from models_registry.queries.shadows import shadow_views
from recommendations.models import Recommendation, RecommendationRun
from recommendations.services.shadow_advice import run_waiting
from recommendations.tasks import run_shadows
from tests.journeys.inside import let_echo_speak, turn
from tests.journeys.stage import Stage


@pytest.fixture
def trial(stage: Stage) -> Rollout:
    let_echo_speak()
    row = Rollout.objects.create(
        slug="cooler", name="Cooler", state="draft", share_percent=10, shadow_since=stage.demo.at
    )
    row.variants.create(slug="cool", changes=[{"kind": "strategy", "temperature": 0.0}])
    return row


def spoken(stage: Stage) -> str:
    """Return what the operator is told, without ids and times of this very turn."""
    events = [(event.type.value, event.progress, event.data) for event in turn(stage, engine="v2", use_cache=False)]
    noise = ("run_id", "turn_id", "processing_time_ms", "elapsed_ms", "generated_at", "latency_ms")
    return json.dumps(_plain(json.loads(json.dumps(events, default=str)), noise), sort_keys=True)


def _plain(value, noise):
    if isinstance(value, dict):
        return {name: _plain(one, noise) for name, one in value.items() if name not in noise}
    return [_plain(one, noise) for one in value] if isinstance(value, list) else value


def test_users_are_told_the_same_to_the_byte(stage: Stage, trial: Rollout) -> None:
    before = spoken(stage)
    Rollout.objects.filter(pk=trial.pk).update(shadow_days=21)

    after = spoken(stage)

    assert after == before
    waiting = ShadowRun.objects.get()
    assert (waiting.state, waiting.variant, waiting.subject["pubkey"]) == ("waiting", "cool", stage.pubkey)
    assert not Exposure.objects.filter(rollout=trial).exists()


def test_what_waits_is_asked_again_and_only_compared(stage: Stage, trial: Rollout) -> None:
    Rollout.objects.filter(pk=trial.pk).update(shadow_days=21)
    spoken(stage)
    held = (RecommendationRun.objects.count(), Recommendation.objects.count(), Generation.objects.count())
    counted = REGISTRY.get_sample_value("shadow_recommendations_total", {"status": "done"}) or 0

    done = run_shadows()

    row, (view,) = ShadowRun.objects.get(), shadow_views(trial)
    assert (done, row.state) == (1, "done")
    assert row.shadow["quality"] is not None
    assert (RecommendationRun.objects.count(), Recommendation.objects.count(), Generation.objects.count()) == held
    assert REGISTRY.get_sample_value("shadow_recommendations_total", {"status": "done"}) == counted + 1
    assert (view.pairs, view.waiting, view.quality_interval) == (1, 0, None)
    assert run_shadows() == 0


def test_while_somebody_asks_nothing_is_asked_in_the_shadow(stage: Stage, trial: Rollout) -> None:
    Rollout.objects.filter(pk=trial.pk).update(shadow_days=21)
    spoken(stage)
    RunningTurn.objects.create(id=uuid4(), unit="user:1", purpose="advice")

    assert run_waiting(at=stage.demo.at) == 0
    assert ShadowRun.objects.get().state == "waiting"
    RunningTurn.objects.all().delete()
    assert run_waiting(at=stage.demo.at) == 1


def test_a_shadow_ends_after_its_days(stage: Stage, trial: Rollout) -> None:
    Rollout.objects.filter(pk=trial.pk).update(shadow_days=21, shadow_since=stage.demo.at - timedelta(days=21))

    spoken(stage)

    assert not ShadowRun.objects.exists()


def test_a_node_that_is_gone_is_skipped(stage: Stage, trial: Rollout) -> None:
    subject = {"pubkey": "02" + "9" * 64, "query_type": "quick", "user": None, "goal": "balanced", "lang": "en"}
    ShadowRun.objects.create(
        rollout=trial, variant="cool", subject={**subject, "max_results": 5, "network": None}, shown={}
    )

    assert run_waiting(at=stage.demo.at) == 1
    assert (ShadowRun.objects.get().state, ShadowRun.objects.get().reason) == ("skipped", "node_not_found")
