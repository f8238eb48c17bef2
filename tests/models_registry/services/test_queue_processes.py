"""More than one process before the same hosts: they take turns, and the dead block nobody."""

import asyncio
import os
import signal

import pytest

from models_registry.models import ProcessLease, Waiter
from models_registry.services import lease
from tests.models_registry.services.crowd import another_process, hear, host_of, plan_of, warm
from tests.models_registry.services.lines import MODELS, PHI, spoken, talkative
from tests.servers.ollama import OllamaServer

pytestmark = pytest.mark.django_db(transaction=True)


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
