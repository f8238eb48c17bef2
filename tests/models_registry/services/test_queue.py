"""Several hosts and many requests: who is served where, and who is served first."""

import asyncio
import gc
import time
import weakref

import pytest
from asgiref.sync import sync_to_async

from models_registry.domain.chat import Queued
from models_registry.models import Waiter
from models_registry.services import lease, queue
from tests.models_registry.services.crowd import hear, host_of, plan_of, warm
from tests.models_registry.services.lines import MISTRAL, MODELS, PHI, settled, spoken, talkative
from tests.servers.ollama import Fault, OllamaServer, Scenario

pytestmark = pytest.mark.django_db(transaction=True)


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
