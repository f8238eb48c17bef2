"""Verdicts go down to the rollout they are about: from its turns, its votes, and nobody else's."""

from decimal import Decimal
from uuid import uuid4

from feedback.models import Rating
from feedback.services.judge import judge, judge_all
from feedback.services.rate import rate
from models_registry.models import Generation, Rollout, RolloutOutcome
from rag.models import Answer
from recommendations.models import Recommendation, RecommendationRun
from tests.journeys.inside import advised, let_echo_speak
from tests.journeys.stage import Stage


def run_of(stage: Stage, variant: str, **changes) -> RecommendationRun:
    counts = {"shown": 5, "needing_command": 4, "with_command": 4, "quantified": 5}
    values = {
        "engine": "v2",
        "analysis_type": "detailed",
        "outcome": "completed",
        "quality_score": 0.9,
        "processing_ms": 900,
        "started_at": stage.demo.at,
        "rollout": {"experiments": [f"advice-v2:{variant}"]},
        "response": {"counts": counts},
    }
    return RecommendationRun.objects.create(node=stage.demo.node, snapshot=stage.demo.snapshot, **{**values, **changes})


def test_a_rollout_is_judged_by_its_own_turns(stage: Stage) -> None:
    row = Rollout.objects.get(slug="advice-v2")
    Rollout.objects.update(share_percent=Decimal(50), state="running")
    for _ in range(30):
        run_of(stage, "v2")
        run_of(stage, "rules", quality_score=0.1, processing_ms=9000)
    run_of(stage, "v2", outcome="failed", quality_score=0.0)

    (found,) = judge_all(at=stage.demo.at)

    row.refresh_from_db()
    assert found.is_passed is True
    assert {one.name: one.value for one in found.kpis}["recommendations_per_response"] == 5
    assert row.verdict["is_passed"] is True
    assert any("mean quality 0.90" in told for told in row.verdict["told"])


def test_answers_are_judged_by_what_was_doubted_of_them(stage: Stage) -> None:
    row = Rollout.objects.create(slug="wide", name="Wide", purpose="answer", share_percent=50)
    row.variants.create(slug="wide", changes=[{"kind": "retrieval", "top_k": 12}])
    for number in range(30):
        spoken = Generation.objects.create(
            purpose="answer",
            query_type="detailed",
            outcome="completed",
            created_at=stage.demo.at,
            plan={"experiments": ["wide:wide"]},
        )
        doubts = [{"kind": "number"}] if number < 10 else []
        Answer.objects.create(
            id=uuid4(),
            question="?",
            unit="u",
            outcome="completed",
            generation_id=spoken.pk,
            checks=doubts,
            processing_ms=9,
        )

    found = judge(row, at=stage.demo.at)

    assert found.is_passed is False
    assert found.gate[0].value == 20 / 30
    assert found.kpis == ()


def test_a_vote_on_advice_reaches_the_guard_of_its_variant(stage: Stage) -> None:
    let_echo_speak()
    Rollout.objects.update(share_percent=Decimal(99), state="running")
    identity = advised(stage, engine=None).recommendations[0]["id"]

    rate("recommendation", identity, thumb="down", unit="user:1", user=stage.user, at=stage.demo.at)
    rate("recommendation", identity, thumb="none", unit="user:1", user=stage.user, at=stage.demo.at)

    vote = RolloutOutcome.objects.get(kind="down_votes")
    assert (vote.unit, vote.variant, vote.value) == (stage.pubkey, "v2", 1.0)
    assert Recommendation.objects.filter(pk=identity).exists()
    assert not Rating.objects.exists()
