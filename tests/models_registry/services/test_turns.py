"""Turns are known by their id while they run, to whoever began them and to staff."""

import asyncio
import contextlib
import uuid

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings

from models_registry.domain.errors import GenerationCanceled
from models_registry.models import RunningTurn
from models_registry.services import lease, turns
from models_registry.services.turns import Stopped, Ticket

pytestmark = pytest.mark.django_db(transaction=True)
MINE, YOURS = "user:1", "key:2"


stop = sync_to_async(turns.stop)


async def shown(*, is_shown: bool = True) -> list[RunningTurn]:
    """Return the rows of running turns, once there are some, or none."""
    async with asyncio.timeout(5):
        while await RunningTurn.objects.aexists() is not is_shown:
            await asyncio.sleep(0.01)
    return [row async for row in RunningTurn.objects.all()]


async def test_a_turn_goes_on_until_it_is_stopped() -> None:
    with turns.opened(Ticket(), unit=MINE, purpose="answer") as ticket:
        ticket.check()

        assert await stop(ticket.id, unit=MINE) is Stopped.HERE
        await asyncio.wait_for(ticket.stop.wait(), 1)

        with pytest.raises(GenerationCanceled):
            ticket.check()


async def test_a_second_stop_is_as_good_as_the_first() -> None:
    with turns.opened(Ticket(), unit=MINE, purpose="answer") as ticket:
        assert [await stop(ticket.id, unit=MINE) for _ in range(2)] == [Stopped.HERE] * 2


@pytest.mark.parametrize(
    ("unit", "is_staff", "expected"),
    [
        (MINE, False, Stopped.HERE),
        (YOURS, False, Stopped.UNKNOWN),
        ("nobody", False, Stopped.UNKNOWN),
        (YOURS, True, Stopped.HERE),
    ],
)
async def test_only_who_began_it_and_staff_may_stop(unit: str, is_staff: bool, expected: Stopped) -> None:
    with turns.opened(Ticket(), unit=MINE, purpose="answer") as ticket:
        assert await stop(ticket.id, unit=unit, is_staff=is_staff) is expected
        await asyncio.sleep(0)
        assert ticket.stop.is_set() is (expected is Stopped.HERE)


async def test_a_turn_that_is_over_is_unknown() -> None:
    with turns.opened(Ticket(), unit=MINE, purpose="answer") as ticket:
        pass

    await shown(is_shown=False)
    assert await stop(ticket.id, unit=MINE) is Stopped.UNKNOWN


async def test_a_stop_reaches_the_turn_from_another_thread() -> None:
    with turns.opened(Ticket(), unit=MINE, purpose="answer") as ticket:
        assert await asyncio.to_thread(turns.stop, ticket.id, unit=MINE) is Stopped.HERE
        await asyncio.wait_for(ticket.stop.wait(), 1)


def test_an_id_nobody_gave_out_is_unknown() -> None:
    assert turns.stop(uuid.uuid4(), unit=MINE) is Stopped.UNKNOWN


async def test_other_processes_see_a_running_turn_and_no_other() -> None:
    with turns.opened(Ticket(), unit=MINE, purpose="answer") as ticket:
        (row,) = await shown()
        assert (row.pk, row.unit, row.purpose) == (ticket.id, MINE, "answer")
        assert row.process_id == lease.current().process_id

    assert await shown(is_shown=False) == []


async def test_a_crowd_of_turns_is_shown_and_removed() -> None:
    with contextlib.ExitStack() as crowd:
        for _ in range(40):
            crowd.enter_context(turns.opened(Ticket(), unit=MINE, purpose="answer"))
        await shown()
        async with asyncio.timeout(5):
            while await RunningTurn.objects.acount() < 40:
                await asyncio.sleep(0.01)

    assert await shown(is_shown=False) == []


@pytest.mark.parametrize(
    ("unit", "is_staff", "expected"),
    [(MINE, False, Stopped.ELSEWHERE), (YOURS, False, Stopped.UNKNOWN), (YOURS, True, Stopped.ELSEWHERE)],
)
async def test_another_process_is_told_to_stop_its_turn(unit: str, is_staff: bool, expected: Stopped) -> None:
    heard: list[str] = []
    other = lease.current()
    await other.ready()
    other.subscribe(turns.CHANNEL, heard.append)
    row = await RunningTurn.objects.acreate(id=uuid.uuid4(), unit=MINE, purpose="advice")

    assert await stop(row.pk, unit=unit, is_staff=is_staff) is expected

    told = [str(row.pk)] if expected is Stopped.ELSEWHERE else []
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(5):
            while heard != told:
                await asyncio.sleep(0.01)
    await other.fetch("SELECT 1")
    assert heard == told


async def test_a_turn_stops_when_its_process_is_told() -> None:
    with turns.opened(Ticket(), unit=MINE, purpose="answer") as ticket:
        await shown()
        await lease.current().notify(turns.CHANNEL, "no id at all")
        await lease.current().notify(turns.CHANNEL, str(ticket.id))

        await asyncio.wait_for(ticket.stop.wait(), 5)


async def test_a_turn_shown_to_nobody_can_still_be_stopped_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(settings.DATABASES["default"], "HOST", "/nowhere")

    with turns.opened(Ticket(), unit=MINE, purpose="answer") as ticket:
        assert await asyncio.to_thread(turns.stop, ticket.id, unit=MINE) is Stopped.HERE
        await asyncio.wait_for(ticket.stop.wait(), 1)
