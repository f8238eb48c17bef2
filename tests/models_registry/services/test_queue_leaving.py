"""Who leaves a line or is sent away from it: by a stop, by its end, or by a wait that is too long."""

import asyncio
from contextlib import suppress

import pytest

from models_registry.domain.chat import Loading, Outcome, Queued, Text
from models_registry.domain.errors import GenerationCanceled, NoModelAvailable, QueueFull, WaitTooLong
from models_registry.models import Waiter
from models_registry.services.generate import Speech
from tests.models_registry.services.crowd import TURNS, hear, host_of, plan_of, warm
from tests.models_registry.services.lines import MISTRAL, MODELS, PHI, settled, talkative
from tests.servers.ollama import OllamaServer

pytestmark = pytest.mark.django_db(transaction=True)


async def listen_until(kind, speech, stop):
    """Listen, and have the turn stopped shortly after the first piece of this kind."""
    async for piece in speech.pieces():
        if isinstance(piece, kind):
            asyncio.get_running_loop().call_later(0.05, stop.set)


async def test_leaving_while_queued_frees_the_place():
    with OllamaServer(MODELS) as server:
        await warm(server, PHI)
        talkative(server)
        host = host_of(server, "one")
        speaking = asyncio.create_task(hear(plan_of(PHI, host, words=500, speed=5000)))
        await server.until(lambda s: len(s.generations) == 2 and s.generations[1].tokens_generated > 0)
        leaving = asyncio.create_task(hear(plan_of(PHI, host, words=500, speed=5000)))
        while not await Waiter.objects.aexists():
            await asyncio.sleep(0.02)

        leaving.cancel()
        with suppress(asyncio.CancelledError):
            await leaving
        assert await settled()
        talkative(server, words=1)
        last = asyncio.create_task(hear(plan_of(PHI, host, words=500, speed=5000)))
        speaking.cancel()
        with suppress(asyncio.CancelledError):
            await speaking

        assert (await asyncio.wait_for(last, 3)).failure is None
        assert len(server.generations) == 3


@pytest.mark.parametrize("moment", ["queued", "loading", "streaming"])
async def test_stop_ends_a_turn_wherever_it_stands_and_frees_its_slot(moment):
    stop = asyncio.Event()
    with OllamaServer(MODELS, cold_load_s=1.0 if moment == "loading" else 0.0) as server:
        host = host_of(server, "one")
        if moment != "loading":
            await warm(server, PHI)
            talkative(server)
        holder = asyncio.create_task(hear(plan_of(PHI, host, words=500, speed=5000))) if moment == "queued" else None
        if holder:
            await server.until(lambda s: len(s.generations) == 2)
        awaited = {"queued": Queued, "loading": Loading, "streaming": Text}[moment]
        speech = Speech(plan_of(PHI, host, words=500, speed=5000), TURNS, stop=stop)
        with pytest.raises(GenerationCanceled):
            await listen_until(awaited, speech, stop)
        if holder:
            holder.cancel()
        talkative(server, words=1, delay_s=0)
        after = await asyncio.wait_for(hear(plan_of(PHI, host, words=500, speed=5000)), 5)

    assert speech.record().outcome is Outcome.ABANDONED
    assert speech.record().error_code == "generation_canceled"
    assert after.failure is None
    assert not server.aborted_loads


async def test_a_full_queue_refuses_at_once_and_says_when_to_come_back():
    with OllamaServer(MODELS) as server:
        await warm(server, PHI)
        talkative(server)
        host = host_of(server, "one", queue_limit=2)
        crowd = [asyncio.create_task(hear(plan_of(PHI, host, words=500, speed=5000))) for _ in range(3)]
        await server.until(lambda s: len(s.generations) == 2)
        while await Waiter.objects.acount() < 2:
            await asyncio.sleep(0.02)

        refused = await asyncio.wait_for(hear(plan_of(PHI, host, words=500, speed=5000)), 1)
        for task in crowd:
            task.cancel()
        await asyncio.gather(*crowd, return_exceptions=True)

    assert isinstance(refused.failure, QueueFull)
    assert refused.retry_after_s >= 1
    assert refused.record.error_code == "queue_full"


async def test_a_full_queue_sends_a_request_on_to_the_next_model():
    with OllamaServer(MODELS) as server:
        await warm(server, MISTRAL)
        await warm(server, PHI)
        talkative(server)
        host = host_of(server, "one", queue_limit=0)
        holder = asyncio.create_task(hear(plan_of(PHI, host, words=500, speed=5000)))
        await server.until(lambda s: len(s.generations) == 3)
        both = plan_of(PHI, host, words=500, speed=5000).candidates + plan_of(MISTRAL, host).candidates
        plan = plan_of(PHI, host, words=500, speed=5000)
        speech = Speech(type(plan)(**{**{f: getattr(plan, f) for f in plan.__slots__}, "candidates": both}), TURNS)
        async for piece in speech.pieces():
            if isinstance(piece, Text):
                break
        holder.cancel()
        await asyncio.gather(holder, return_exceptions=True)

    assert speech.record().model == MISTRAL
    assert speech.record().fell_back_from == (PHI,)


async def test_a_wait_that_would_be_too_long_is_refused_at_once():
    with OllamaServer(MODELS) as server:
        await warm(server, PHI)
        talkative(server)
        host = host_of(server, "one", max_wait_s=1.0)
        holder = asyncio.create_task(hear(plan_of(PHI, host, speed=1.0)))
        await server.until(lambda s: len(s.generations) == 2)

        refused = await asyncio.wait_for(hear(plan_of(PHI, host, speed=1.0)), 1)
        holder.cancel()
        await asyncio.gather(holder, return_exceptions=True)

    assert isinstance(refused.failure, WaitTooLong)
    assert refused.retry_after_s > 1


async def test_nobody_is_sent_away_for_a_guess_at_the_speed():
    """A fresh installation has measured nothing: five questions at once must not be four."""
    with OllamaServer(MODELS) as server:
        await warm(server, PHI)
        host = host_of(server, "one", max_wait_s=10.0)

        heard = await asyncio.gather(*(hear(plan_of(PHI, host, words=4000, speed=None)) for _ in range(5)))

    assert [one.failure for one in heard] == [None] * 5


async def test_a_request_that_waited_too_long_is_let_go():
    with OllamaServer(MODELS) as server:
        await warm(server, PHI)
        talkative(server)
        host = host_of(server, "one", max_wait_s=0.5)
        holder = asyncio.create_task(hear(plan_of(PHI, host, words=500, speed=5000)))
        await server.until(lambda s: len(s.generations) == 2)

        late = await asyncio.wait_for(hear(plan_of(PHI, host, words=500, speed=5000)), 3)
        holder.cancel()
        await asyncio.gather(holder, return_exceptions=True)

    assert isinstance(late.failure, WaitTooLong)
    assert late.positions == [1]


async def test_the_deadline_of_the_caller_counts():
    with OllamaServer(MODELS) as server:
        await warm(server, PHI)
        talkative(server)
        host = host_of(server, "one")
        holder = asyncio.create_task(hear(plan_of(PHI, host, words=500, speed=5000)))
        await server.until(lambda s: len(s.generations) == 2)

        late = await asyncio.wait_for(hear(plan_of(PHI, host, words=500, speed=5000), deadline_s=0.4), 3)
        holder.cancel()
        await asyncio.gather(holder, return_exceptions=True)

    assert isinstance(late.failure, WaitTooLong)


async def test_no_model_at_all_is_another_matter():
    with OllamaServer(("mistral:7b",)) as server:
        heard = await hear(plan_of(PHI, host_of(server, "one")))

    assert isinstance(heard.failure, NoModelAvailable)
