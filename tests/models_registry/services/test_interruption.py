"""A stop ends a wait at once, and only that wait."""

import asyncio
from contextlib import aclosing

import pytest

from models_registry.domain.errors import GenerationCanceled
from models_registry.services.interruption import until_stopped


class Source:
    """Numbers, each after a pause; it remembers that it was closed."""

    def __init__(self, *pauses_s):
        self.pauses_s = pauses_s
        self.is_closed = False

    async def numbers(self):
        try:
            for number, pause_s in enumerate(self.pauses_s):
                await asyncio.sleep(pause_s)
                yield number
        finally:
            self.is_closed = True


async def heard_from(source, stop, *, then=None):
    heard = []
    async with aclosing(source.numbers()) as numbers, aclosing(until_stopped(numbers, stop)) as pieces:
        async for piece in pieces:
            heard.append(piece)
            if then:
                await then(piece)
    return heard


@pytest.mark.parametrize("has_stop", [True, False])
async def test_nothing_changes_while_nobody_stops(has_stop):
    source = Source(0, 0.001, 0)

    assert await heard_from(source, asyncio.Event() if has_stop else None) == [0, 1, 2]
    assert source.is_closed


async def test_a_stop_during_a_wait_ends_it_and_closes_the_source():
    source, stop = Source(0, 60), asyncio.Event()
    asyncio.get_running_loop().call_later(0.02, stop.set)

    with pytest.raises(GenerationCanceled):
        await asyncio.wait_for(heard_from(source, stop), 2)
    assert source.is_closed
    task = asyncio.current_task()
    assert task
    assert task.cancelling() == 0


async def test_a_stop_between_two_pieces_leaves_the_reader_alone():
    source, stop, done = Source(0, 0), asyncio.Event(), []

    async def read_slowly(piece):
        stop.set()
        await asyncio.sleep(0.02)
        done.append(piece)

    with pytest.raises(GenerationCanceled):
        await heard_from(source, stop, then=read_slowly)
    assert done == [0]


async def test_a_stop_set_before_says_nothing_at_all():
    stop = asyncio.Event()
    stop.set()

    with pytest.raises(GenerationCanceled):
        await heard_from(Source(0), stop)


async def test_a_cancellation_by_somebody_else_stays_one():
    source, stop = Source(60), asyncio.Event()
    task = asyncio.create_task(heard_from(source, stop))
    await asyncio.sleep(0.01)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert source.is_closed


async def test_a_stop_as_the_piece_arrives_is_met_in_the_same_step():
    stop = asyncio.Event()

    class Striking(Source):
        async def numbers(self):
            stop.set()
            await asyncio.sleep(0)
            yield 1
            await asyncio.sleep(60)

    with pytest.raises(GenerationCanceled):
        await heard_from(Striking(), stop)
    await asyncio.sleep(0)
