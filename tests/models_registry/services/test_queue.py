"""Several hosts, many requests, more than one process: who is served where, and who waits for how long."""

import asyncio
import gc
import os
import signal
import time
import weakref
from contextlib import suppress

import pytest
from asgiref.sync import sync_to_async

from models_registry.domain.chat import Loading, Outcome, Queued, Text
from models_registry.domain.errors import GenerationCanceled, NoModelAvailable, QueueFull, WaitTooLong
from models_registry.models import ProcessLease, Waiter
from models_registry.services import lease, queue
from models_registry.services.generate import Speech
from tests.models_registry.services.crowd import TURNS, another_process, hear, host_of, plan_of, warm
from tests.servers.ollama import Fault, OllamaServer, Scenario
from tests.servers.ollama import Outcome as HostOutcome

pytestmark = pytest.mark.django_db(transaction=True)
MODELS = ("phi3:medium", "mistral:7b")
PHI, MISTRAL = MODELS


def talkative(server, words=500, delay_s=0.02):
    server.pace.token_delay_s = delay_s
    server.respond_with(lambda _request: ["word "] * words)


async def listen_until(kind, speech, stop):
    """Listen, and have the turn stopped shortly after the first piece of this kind."""
    async for piece in speech.pieces():
        if isinstance(piece, kind):
            asyncio.get_running_loop().call_later(0.05, stop.set)


def spoken(server):
    return [one for one in server.generations if one.outcome is HostOutcome.DONE]


async def settled():
    """Return whether nothing of the waiting requests is left behind in the database, before long."""
    for _ in range(100):
        if not await Waiter.objects.aexists():
            return True
        await asyncio.sleep(0.02)
    return False


async def test_requests_go_where_the_expected_wait_is_smallest():
    with OllamaServer(MODELS) as resident, OllamaServer(MODELS, cold_load_s=0.5) as cold, OllamaServer(MODELS) as bad:
        await warm(resident, PHI)
        await warm(bad, PHI)
        bad.use(Fault(Scenario.ERROR_500))
        hosts = (host_of(cold, "cold"), host_of(bad, "bad"), host_of(resident, "resident"))

        heard = [await hear(plan_of(PHI, *hosts, load_s=0.5)) for _ in range(6)]

    assert all(one.failure is None for one in heard)
    assert [one.host for one in heard] == ["resident"] * 6
    assert not cold.loads  # nobody had to wait longer than a load takes
    assert sum(len(one.record.attempts) for one in heard) <= 8  # after its failure the bad one is left alone


async def test_a_line_longer_than_a_load_brings_a_cold_host_in():
    with OllamaServer(MODELS) as resident, OllamaServer(MODELS, cold_load_s=0.2) as cold:
        await warm(resident, PHI)
        resident.pace.token_delay_s = cold.pace.token_delay_s = 0.02
        hosts = (host_of(resident, "resident"), host_of(cold, "cold"))

        heard = await asyncio.gather(*(hear(plan_of(PHI, *hosts, load_s=0.2, speed=50)) for _ in range(12)))

    assert all(one.failure is None for one in heard)
    assert {one.host for one in heard} == {"resident", "cold"}
    assert len(cold.loads) == 1


async def test_a_storm_over_two_models_finishes_without_a_reload_ping_pong():
    with OllamaServer(MODELS, max_loaded=1, cold_load_s=0.2) as first, OllamaServer(MODELS, max_loaded=1) as second:
        second.limits.cold_load_s = 0.2
        with OllamaServer(MODELS, max_loaded=1) as failing:
            failing.use(Fault(Scenario.ERROR_500))
            hosts = [
                host_of(server, slug, slots=1, max_loaded=1, collation_wait_s=20.0)
                for slug, server in (("first", first), ("second", second), ("failing", failing))
            ]
            plans = [plan_of(MODELS[n % 2], *hosts, unit=f"unit {n % 7}", load_s=0.2) for n in range(200)]

            heard = await asyncio.gather(*(hear(plan) for plan in plans))

    assert [one.failure for one in heard if one.failure] == []
    loads = [load for server in (first, second) for load in server.loads]
    assert len(loads) <= 4
    assert not any(load.aborted for load in loads)
    assert len(spoken(first)) + len(spoken(second)) == 200
    for one in heard:
        assert one.positions == sorted(one.positions, reverse=True)
    assert await settled()


async def test_nobody_waits_past_the_collation_maximum_for_a_load():
    with OllamaServer(MODELS, max_loaded=1, token_delay_s=0.01) as server:
        host = host_of(server, "one", max_loaded=1, collation_wait_s=0.5)
        await warm(server, PHI)
        crowd = [asyncio.create_task(hear(plan_of(PHI, host, load_s=0.05))) for _ in range(40)]
        await asyncio.sleep(0.05)
        arrived = time.monotonic()

        heard = await hear(plan_of(MISTRAL, host, load_s=0.05))
        waited = time.monotonic() - arrived
        others_left = sum(not task.done() for task in crowd)
        await asyncio.gather(*crowd)

    assert heard.failure is None
    assert others_left  # it did not have to wait for all of them
    assert server.loads_of(MISTRAL)[0].started_at - arrived >= 0.3
    assert waited < 5
    assert len(server.loads) <= 3  # phi, mistral, phi again


async def test_positions_only_fall_and_the_first_served_came_first():
    with OllamaServer(MODELS, token_delay_s=0.02) as server:
        host = host_of(server, "one")
        await warm(server, PHI)
        heard = await asyncio.gather(*(hear(plan_of(PHI, host)) for _ in range(8)))

    assert all(one.failure is None for one in heard)
    assert max(max(one.positions, default=0) for one in heard) >= 6
    for one in heard:
        assert one.positions == sorted(one.positions, reverse=True)
        assert all(piece.expected_wait_ms is not None for piece in one.pieces if isinstance(piece, Queued))


async def test_a_unit_with_many_requests_does_not_push_another_one_back():
    with OllamaServer(MODELS) as server:
        host = host_of(server, "one")
        await warm(server, PHI)
        talkative(server, words=3)
        order = []

        async def ask(unit):
            assert (await hear(plan_of(PHI, host, unit=unit))).failure is None
            order.append(unit)

        many = [asyncio.create_task(ask("many")) for _ in range(60)]
        await asyncio.sleep(0.1)
        await ask("single")
        place = order.index("single")
        for task in many:
            task.cancel()
        await asyncio.gather(*many, return_exceptions=True)

    assert place < 30


async def test_killing_a_web_process_frees_its_slots():
    with OllamaServer(MODELS, num_parallel=2) as server:
        await warm(server, PHI)
        talkative(server)
        async with another_process(server, PHI, slug="shared", slots=2, count=2, words=500) as other:
            await server.until(lambda s: len([g for g in s.generations if g.tokens_generated]) == 3, timeout=20)
            talkative(server, words=2)
            waiting = asyncio.create_task(hear(plan_of(PHI, host_of(server, "shared", slots=2))))
            await asyncio.sleep(0.6)
            assert not waiting.done()  # the other process has both slots

            os.kill(other.pid, signal.SIGKILL)
            heard = await asyncio.wait_for(waiting, 5)

    assert heard.failure is None
    assert heard.positions[0] == 1
    assert server.peak("/api/chat") <= 3


async def test_a_dead_process_leaves_no_row_and_blocks_nobody():
    with OllamaServer(MODELS) as server:
        await warm(server, PHI)
        talkative(server, words=100)
        async with another_process(server, PHI, slug="shared", slots=1, count=3, words=100) as other:
            await server.until(lambda s: len(s.generations) == 2, timeout=20)
            while await Waiter.objects.acount() < 2:
                await asyncio.sleep(0.05)
            waiting = asyncio.create_task(hear(plan_of(PHI, host_of(server, "shared"))))
            while await Waiter.objects.acount() < 3:
                await asyncio.sleep(0.05)
            talkative(server, words=2)
            os.kill(other.pid, signal.SIGKILL)
            heard = await asyncio.wait_for(waiting, 5)
        while await ProcessLease.objects.acount() > 1:
            await asyncio.sleep(0.05)
            await lease.current().bury_the_dead()

    assert heard.failure is None
    assert heard.positions[0] == 3
    assert heard.positions == sorted(heard.positions, reverse=True)


async def test_slots_go_between_processes_by_turn():
    with OllamaServer(MODELS) as server:
        await warm(server, PHI)
        server.pace.token_delay_s = 0.005
        async with another_process(server, PHI, slug="shared", slots=1, count=10) as other:
            host = host_of(server, "shared")
            await server.until(lambda s: len(s.generations) > 1, timeout=20)
            heard = await asyncio.gather(*(hear(plan_of(PHI, host)) for _ in range(10)))
            assert await asyncio.wait_for(other.wait(), 20) == 0

    assert all(one.failure is None for one in heard)
    assert server.peak("/api/chat") == 1
    assert len(spoken(server)) == 21


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


async def test_a_reader_that_leaves_does_not_abort_the_load():
    with OllamaServer(MODELS, cold_load_s=0.6) as server:
        host = host_of(server, "one")
        pieces = []
        speech = Speech(plan_of(PHI, host, load_s=0.6), TURNS)
        async for piece in speech.pieces():
            pieces.append(piece)
            if isinstance(piece, Loading):
                break
        heard = await hear(plan_of(PHI, host, load_s=0.6))

    assert isinstance(pieces[-1], Loading)
    assert pieces[-1].expected_ms == 600
    assert heard.failure is None
    assert len(server.loads) == 1
    assert not server.aborted_loads


async def test_many_requests_share_one_load():
    with OllamaServer(MODELS, cold_load_s=0.4, num_parallel=4) as server:
        host = host_of(server, "one", slots=4)
        heard = await asyncio.gather(*(hear(plan_of(PHI, host)) for _ in range(8)))

    assert all(one.failure is None for one in heard)
    assert len(server.loads) == 1
    assert any(isinstance(piece, Loading) for one in heard for piece in one.pieces)
    record = heard[0].record
    assert record.load_ms is not None
    assert record.load_ms >= 200
    assert record.queue_ms is not None
    assert record.queue_ms < 400


@pytest.mark.parametrize("dies", [False, True])
async def test_processes_share_one_load_and_take_it_over_from_the_dead(dies):
    with OllamaServer(MODELS, cold_load_s=1.5) as server:
        async with another_process(server, PHI, slug="shared", slots=1, count=1) as other:
            await server.until(lambda s: bool(s.loads), timeout=20)
            ours = asyncio.create_task(hear(plan_of(PHI, host_of(server, "shared"), load_s=1.5)))
            await asyncio.sleep(0.4)
            assert len(server.loads) == 1
            if dies:
                os.kill(other.pid, signal.SIGKILL)
            heard = await asyncio.wait_for(ours, 10)

    elapsed = [piece.elapsed_ms for piece in heard.pieces if isinstance(piece, Loading)]
    assert heard.failure is None
    assert elapsed == sorted(elapsed)
    assert len(server.loads) == (2 if dies else 1)
    assert len(server.aborted_loads) == (1 if dies else 0)


async def test_a_failed_load_is_a_failure_of_that_host_alone():
    with OllamaServer(MODELS) as broken, OllamaServer(MODELS, cold_load_s=0.1) as well:
        broken.use(Fault(Scenario.ERROR_500))
        hosts = (host_of(broken, "broken"), host_of(well, "well"))
        heard = await hear(plan_of(PHI, *hosts))

    assert heard.host == "well"
    assert heard.record.fell_back_from == ()


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


async def test_the_lines_are_seen_from_outside():
    with OllamaServer(MODELS) as server:
        await warm(server, PHI)
        talkative(server)
        host = host_of(server, "one")
        crowd = [asyncio.create_task(hear(plan_of(PHI, host, words=500, speed=5000))) for _ in range(3)]
        await server.until(lambda s: len(s.generations) == 2)
        while await Waiter.objects.acount() < 2:
            await asyncio.sleep(0.02)
        (line,) = await sync_to_async(queue.lines)()
        for task in crowd:
            task.cancel()
        await asyncio.gather(*crowd, return_exceptions=True)

    assert (line.model, line.waiting) == (PHI, 2)
    assert line.oldest_at is not None


def test_loops_that_ended_are_not_kept():
    loops: weakref.WeakSet[asyncio.AbstractEventLoop] = weakref.WeakSet()

    async def short_life(host):
        loops.add(asyncio.get_running_loop())
        heard = await hear(plan_of(PHI, host))
        assert heard.failure is None

    with OllamaServer(MODELS) as server:
        for _ in range(20):
            asyncio.run(short_life(host_of(server, "often")))
    gc.collect()

    assert len([loop for loop in loops if loop.is_closed()]) <= 2
    for kept in (queue._ushers, lease._leases):
        assert len([loop for loop in kept if loop.is_closed()]) <= 1
