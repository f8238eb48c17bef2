"""CL-07, CL-08: when the same host is asked again, how often, and after which waits."""

import random

import pytest

from models_registry.domain.chat import Piece, Text
from models_registry.domain.errors import ModelNotInstalled, ProviderTimeout, ProviderUnavailable, RateLimited
from models_registry.providers.base import Patience, persist, persist_stream
from tests.models_registry.conftest import overhear


class Naps:
    """A clock that only notes how long it was told to wait."""

    def __init__(self):
        self.waits = []

    async def __call__(self, seconds):
        self.waits.append(seconds)


@pytest.fixture
def naps():
    return Naps()


@pytest.fixture
def patience(naps):
    return Patience(attempts=3, wait_s=1.0, rng=random.Random(1), sleep=naps)


def script(*steps):
    """Return a stream factory that raises or says what each attempt is told to."""
    attempts = iter(steps)

    async def opened():
        for step in next(attempts):
            if isinstance(step, Exception):
                raise step
            yield Text(step)

    return opened


AGAIN = ProviderUnavailable("reset", repeat_here=True)


async def test_a_dropped_connection_is_tried_three_times_with_growing_waits(patience, naps):
    with pytest.raises(ProviderUnavailable):
        [piece async for piece in persist_stream(script([AGAIN], [AGAIN], [AGAIN]), patience=patience)]

    assert len(naps.waits) == 2
    assert 0.8 <= naps.waits[0] <= 1.2
    assert 1.6 <= naps.waits[1] <= 2.4


async def test_the_third_attempt_may_succeed(patience):
    pieces = [piece async for piece in persist_stream(script([AGAIN], [AGAIN], ["a", "b"]), patience=patience)]

    assert pieces == [Text("a"), Text("b")]


async def test_nothing_is_repeated_after_the_first_piece(patience, naps):
    heard: list[Piece] = []
    with pytest.raises(ProviderUnavailable):
        await overhear(persist_stream(script(["a", AGAIN], ["never"]), patience=patience), heard)

    assert heard == [Text("a")]
    assert naps.waits == []


@pytest.mark.parametrize(
    "final", [ProviderTimeout("slow"), ModelNotInstalled("gone"), RateLimited("429"), ProviderUnavailable("500")]
)
async def test_a_final_failure_is_not_repeated(patience, naps, final):
    with pytest.raises(type(final)):
        [piece async for piece in persist_stream(script([final], ["never"]), patience=patience)]

    assert naps.waits == []


async def test_a_plain_call_follows_the_same_rule(patience, naps):
    outcomes = iter([RateLimited("busy", repeat_here=True), "done"])

    async def call():
        step = next(outcomes)
        if isinstance(step, Exception):
            raise step
        return step

    assert await persist(call, patience=patience) == "done"
    assert len(naps.waits) == 1


async def test_the_latest_failure_is_the_one_that_is_told(patience):
    async def call():
        raise ProviderUnavailable("reset again", repeat_here=True)

    with pytest.raises(ProviderUnavailable, match="reset again"):
        await persist(call, patience=patience)
