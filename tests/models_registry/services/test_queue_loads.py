"""Requests that wait for a load: they share one, and it outlives the readers and processes that leave."""

import asyncio
import os
import signal

import pytest

from models_registry.domain.chat import Loading
from models_registry.services.generate import Speech
from tests.models_registry.services.crowd import TURNS, another_process, hear, host_of, plan_of
from tests.models_registry.services.lines import MODELS, PHI
from tests.servers.ollama import Fault, OllamaServer, Scenario

pytestmark = pytest.mark.django_db(transaction=True)


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
