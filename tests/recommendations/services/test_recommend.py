"""A turn is written once, however and whenever its reader leaves."""

import asyncio
from contextlib import suppress

import pytest

from models_registry.services.shield import finish
from rag.domain.events import EventType
from recommendations.models import Recommendation, RecommendationRun
from recommendations.services.recommend import advise
from tests.journeys.inside import request_of, run
from tests.journeys.stage import Stage


def leave_at(stage: Stage, kind: EventType) -> None:
    """Hear a turn up to the first event of this type, then close it."""

    async def listen() -> None:
        events = advise(request_of(stage), at=stage.demo.at)
        async for event in events:
            if event.type is kind:
                break
        await events.aclose()

    run(listen)


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [
        (EventType.NODE_INFO, "abandoned"),
        (EventType.TECHNICAL_RECOMMENDATIONS, "abandoned"),
        (EventType.RECOMMENDATION, "abandoned"),
        (EventType.AI_RECOMMENDATIONS, "abandoned"),
        (EventType.COMPLETE, "completed"),
    ],
)
def test_who_leaves_leaves_one_run(stage: Stage, kind: EventType, outcome: str) -> None:
    leave_at(stage, kind)

    assert [row.outcome for row in RecommendationRun.objects.all()] == [outcome]


def test_who_leaves_before_anything_is_known_leaves_nothing(stage: Stage) -> None:
    leave_at(stage, EventType.STATUS)

    assert not RecommendationRun.objects.exists()


def test_what_was_shown_before_leaving_is_kept_and_no_more(stage: Stage) -> None:
    leave_at(stage, EventType.RECOMMENDATION)

    run_row = RecommendationRun.objects.get()
    assert Recommendation.objects.filter(run=run_row).exists()


def test_who_leaves_while_the_run_is_written_leaves_one_run(stage: Stage) -> None:
    async def leave_during_the_write() -> None:
        events = advise(request_of(stage), at=stage.demo.at)
        async for event in events:
            if event.type is EventType.AI_RECOMMENDATIONS:
                break
        writing = asyncio.ensure_future(anext(events))
        await asyncio.sleep(0)  # the write has begun, in a thread
        writing.cancel()
        with suppress(asyncio.CancelledError):
            await writing
        await events.aclose()

    run(leave_during_the_write)

    assert [row.outcome for row in RecommendationRun.objects.all()] == ["completed"]


async def test_work_under_the_shield_comes_to_its_end_however_often_it_is_canceled() -> None:
    done: list[str] = []

    async def work() -> None:
        await asyncio.sleep(0.05)
        done.append("done")

    task = asyncio.ensure_future(finish(work))
    for _ in range(3):
        await asyncio.sleep(0.01)
        task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert done == ["done"]
