"""Two job queues are given the same measuring while feedback comes in, and one is killed: one of everything stands."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from django.db import connection
from django.db.models import F, QuerySet

from feedback.models import CategoryEffect, FeedbackPolicy, ImpactReport
from feedback.services.pooling import CONTROLLED
from feedback.tasks import measure_due_impacts
from recommendations.domain.advice import State
from recommendations.models import PrivateChannel, Recommendation, TrackRecord, WeightRevision
from recommendations.services import weights
from tests.journeys import taps
from tests.journeys.crowd import PATIENCE_S, Queue, blocked, enqueue, held, let_the_queue_retry, results
from tests.journeys.inside import advised
from tests.journeys.served import Served, wait_until
from tests.journeys.stage import Stage

pytestmark = pytest.mark.integration

MEASURE, DETECT = "feedback.tasks.measure_due_impacts", "feedback.tasks.detect_applied"
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
DUE = 6  # recommendations to be measured after a week and after four
LEARNED_FROM = 40  # outcomes that were measured before
JOBS = 6  # a queue takes up to three: one is worked on, two wait
TERMS = {"base_fee_msat": 0, "fee_ppm": 99}
Web = tuple[Served, Served]
Queues = dict[str, Queue]


@pytest.fixture(scope="module")
def queues(rows: Stage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Queues]:
    folder: Path = tmp_path_factory.mktemp("queues")
    database = dict(connection.settings_dict)
    opened = {name: Queue(name, database, folder / f"{name}.log").start() for name in ("queue-one", "queue-two")}
    yield opened
    for queue in opened.values():
        queue.kill()


@pytest.fixture
def advice(stage: Stage, web: Web) -> list[UUID]:
    """Advice, the first of it applied long ago and in this order; of yet other advice enough was measured before."""
    FeedbackPolicy.objects.update_or_create(pk=1, defaults={"may_activate_weights": True})
    listed = [UUID(one["id"]) for one in advised(stage, max_results=20).recommendations]
    channels = PrivateChannel.objects.filter(connection=stage.demo.connection).order_by("pk")
    for number, (key, channel) in enumerate(zip(listed[:DUE], channels, strict=False)):
        applied_at = stage.demo.at - 40 * DAY + number * HOUR
        Recommendation.objects.filter(pk=key).update(
            state=State.APPLIED, applied_at=applied_at, generated_at=applied_at - DAY, target=channel.scid
        )
    for number in range(LEARNED_FROM):
        outcome(listed[DUE], number=number, share=number / LEARNED_FROM)
    begin_anew(listed)
    return listed


def outcome(like: UUID, *, number: int, share: float) -> None:
    """A controlled outcome, the better the more revenue was at stake."""
    row = Recommendation.objects.get(pk=like)
    factors = {**dict.fromkeys(weights.SHIPPED, 0.5), "revenue_impact": share}
    row.pk, row.tracking_id, row.category, row.target = UUID(int=number + 1), f"rec_{number}", "fees", f"1x1x{number}"
    row.state, row.applied_at = State.APPLIED, row.generated_at - 10 * DAY  # after four weeks it is not due
    row.payload = {"impact_factors": factors}
    row.save(force_insert=True)
    effects = {
        "revenue": {"effect": 0.18 * (share - 0.4)},
        "balance": {"effect": 0.0},
        "success_rate": {"effect": None},
    }
    judgment = {"verdict": "inconclusive", **dict.fromkeys(CONTROLLED, 1.0), "low": 0.5, "high": 1.5}
    ImpactReport.objects.create(
        recommendation=row, days_after=7, status="measured", effects=effects, judgment=judgment, effectiveness_score=0.1
    )


def begin_anew(advice: list[UUID]) -> None:
    """Nothing of this was measured, and nothing of anything learned."""
    ImpactReport.objects.filter(recommendation__in=advice).delete()
    for table in (CategoryEffect, TrackRecord):
        table._default_manager.all().delete()
    shipped = WeightRevision.objects.earliest("pk")
    WeightRevision.objects.exclude(pk=shipped.pk).delete()
    weights.activate(shipped)


def test_jobs_that_measure_the_same_measure_it_once(web: Web, stage: Stage, queues: Queues, advice: list[UUID]) -> None:
    first, *_, taken_back = advice[:DUE]

    with held(Recommendation.objects.filter(pk=first)):
        jobs = enqueue(MEASURE, times=JOBS)
        # Each has listed what is due, and waits for the first of it.
        wait_until(lambda: blocked() == sorted(queues), patience_s=PATIENCE_S)
        moves = [post(served, f"recommendations/{taken_back}/state", stage, state="undo") for served in web]
        votes = [
            post(served, "feedback/ratings", stage, target="recommendation", target_id=str(key), thumb="up")
            for served, key in product(web, advice[:2])
        ]

    assert (sorted(moves), set(votes)) == ([200, 409], {200})
    assert sum(results(jobs)) == 2 * (DUE - 1)
    assert_as_if_undisturbed(advice, measured=DUE - 1)


def test_what_two_jobs_see_on_the_node_is_applied_once(
    web: Web, stage: Stage, queues: Queues, advice: list[UUID]
) -> None:
    row = shown_by_the_node(stage, advice[DUE])

    with held(Recommendation.objects.filter(pk=row.pk)):
        jobs = enqueue(DETECT, times=JOBS)
        wait_until(lambda: blocked() == sorted(queues), patience_s=PATIENCE_S)

    assert sum(results(jobs)) == 1
    row.refresh_from_db()
    assert (row.state, row.actor, row.applied_at) == (State.APPLIED, "detected", stage.demo.at)
    assert [post(one, f"recommendations/{row.pk}/state", stage, state="rejected") for one in web] == [409, 409]


def test_another_queue_ends_what_a_killed_one_began(stage: Stage, queues: Queues, advice: list[UUID]) -> None:
    done = DUE // 2
    with held(Recommendation.objects.filter(pk=advice[done])):
        (job,) = enqueue(MEASURE)
        wait_until(blocked, patience_s=PATIENCE_S)
        queues[blocked()[0]].kill()
        assert ImpactReport.objects.filter(recommendation__in=advice).count() == done
    let_the_queue_retry()

    assert results([job]) == [2 * DUE - done]
    assert_as_if_undisturbed(advice, measured=DUE)


def shown_by_the_node(stage: Stage, key: UUID) -> Recommendation:
    """Let the node's channel have the terms that the advice advises."""
    row = Recommendation.objects.get(pk=key)
    channel = PrivateChannel.objects.filter(connection=stage.demo.connection).latest("pk")
    row.target, row.generated_at = channel.scid, stage.demo.at - HOUR
    row.payload |= {"action": "set_channel_fee", "action_parameters": {"new": TERMS}}
    row.save()
    PrivateChannel.objects.filter(pk=channel.pk).update(own_policy=TERMS, policy_changed_at=stage.demo.at)
    return row


def post(served: Served, path: str, stage: Stage, **words: Any) -> int:
    headers = taps.headers(stage.key, accept=taps.JSON)
    return httpx.post(f"{served.url}/api/v1/{path}", json=words, headers=headers, timeout=taps.PATIENCE_S).status_code


def assert_as_if_undisturbed(advice: list[UUID], *, measured: int) -> None:
    """One report for each horizon, after it was applied; all else as one job alone would have left it."""
    reports = ImpactReport.objects.filter(recommendation__in=advice)
    assert reports.count() == 2 * measured
    assert not reports.exclude(recommendation__state=State.APPLIED).exists()
    assert not reports.filter(measured_at__lt=F("recommendation__applied_at") + F("days_after") * DAY).exists()
    stood = standing(reports)
    begin_anew(advice)

    assert measure_due_impacts() == 2 * measured

    assert standing(reports) == stood
    assert WeightRevision.objects.count() == 2  # what was shipped, and one step


def standing(reports: QuerySet[ImpactReport]) -> dict[str, Any]:
    """Return everything that measuring writes, but when and by which number."""
    told = ("recommendation_id", "days_after", "status", "verdict", "effectiveness_score", "effects", "judgment")
    revisions = WeightRevision.objects.order_by("pk").values_list("is_active", "note", *weights.SHIPPED)
    effects = CategoryEffect.objects.order_by("days_after", "category")
    return {
        "reports": sorted(map(repr, reports.values_list(*told))),
        "effects": list(effects.values_list("category", "days_after", "count", "successes", "verdict", "effect")),
        "records": sorted(TrackRecord.objects.values_list("category", "factor", "outcomes")),
        "weights": list(revisions),
    }
