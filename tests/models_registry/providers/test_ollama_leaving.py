"""Who stops listening to Ollama lets go of its connection, wherever the answer stands."""

import asyncio
import time
from contextlib import aclosing, suppress

import httpx
import pytest

from models_registry.domain.errors import ProviderTimeout
from models_registry.providers.calling import close_for_sure
from tests.models_registry.conftest import ask
from tests.models_registry.providers.hearing import hear
from tests.servers.ollama import Outcome, Scenario


async def test_leaving_closes_the_hosts_connection_within_one_token(server, speaker):
    server.pace.token_delay_s = 0.02
    server.respond_with(lambda _request: ["word "] * 500)

    async with aclosing(speaker.stream(ask())) as pieces:
        await anext(pieces)
    left_at = time.monotonic()
    await server.until(lambda s: s.generations[0].outcome is not Outcome.RUNNING)

    spoken = server.generations[0]
    assert spoken.outcome is Outcome.HUNG_UP
    assert spoken.tokens_after(left_at) <= 1
    assert spoken.tokens_after_close <= 1


async def test_cancelling_in_mid_answer_closes_the_hosts_connection(server, speaker):
    server.pace.token_delay_s = 0.02
    server.respond_with(lambda _request: ["word "] * 500)

    listening = asyncio.create_task(hear(speaker))
    await server.until(lambda s: bool(s.generations) and s.generations[0].tokens_generated > 2)
    listening.cancel()
    with suppress(asyncio.CancelledError):
        await listening
    await server.until(lambda s: s.generations[0].outcome is not Outcome.RUNNING)

    assert server.generations[0].outcome is Outcome.HUNG_UP
    assert server.generations[0].tokens_after_close <= 1


async def test_cancelling_during_a_cold_load_lets_go_of_the_host(server, speaker):
    server.use(Scenario.STALL_BEFORE_HEADERS)
    listening = asyncio.create_task(hear(speaker))
    await server.until(lambda s: bool(s.requests_for("/api/chat")))

    listening.cancel()
    with suppress(asyncio.CancelledError):
        await listening

    await server.until(lambda s: s.requests_for("/api/chat")[0].hung_up)


async def test_a_stalled_host_is_hung_up_on(server, speaker):
    server.use(Scenario.STALL_MID_STREAM)

    with pytest.raises(ProviderTimeout, match="The next piece"):
        await hear(speaker)

    await server.until(lambda s: s.requests_for("/api/chat")[0].hung_up)


async def test_a_second_cancel_does_not_stop_the_closing():
    closed = asyncio.Event()

    class Slow(httpx.Response):
        async def aclose(self):
            await asyncio.sleep(0.05)
            closed.set()

    closing = asyncio.create_task(close_for_sure(Slow(200)))
    await asyncio.sleep(0)
    closing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await closing

    assert closed.is_set()
