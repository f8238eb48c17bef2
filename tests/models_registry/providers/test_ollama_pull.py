"""A download over a real socket: bytes summed over layers, success only after `success`, a broken line taken up."""

import asyncio
import json
from dataclasses import replace

import httpx
import pytest

from models_registry.domain.chat import Timeouts
from models_registry.domain.errors import ProviderRejected, ProviderTimeout, ProviderUnavailable
from models_registry.domain.residency import PullProgress
from models_registry.providers.ollama import OllamaSpeaker
from tests.models_registry.conftest import QUICK, endpoint_of, ollama_at
from tests.servers.ollama import Scenario

NEW = "qwen3:8b"


async def follow(speaker, model=NEW, told=None):
    """Return every step of a download."""
    told = [] if told is None else told
    async for progress in speaker.pull(model):
        told.append(progress)
    return told


def host(replies, *, timeouts=QUICK):
    """Return a speaker whose host answers one download after the other with these bodies."""
    waiting = iter(replies)

    async def reply(_request):
        found = next(waiting)
        if isinstance(found, Exception):
            raise found
        return httpx.Response(200, content=found)

    client = httpx.AsyncClient(transport=httpx.MockTransport(reply))
    return OllamaSpeaker(endpoint_of_nobody(timeouts), client=client)


def endpoint_of_nobody(timeouts: Timeouts):
    class Nobody:
        url = "http://127.0.0.1:9"

    return endpoint_of(Nobody(), timeouts=timeouts)  # type: ignore[arg-type] # only its address is read


def lines(*rows):
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def layer(name, completed, total=100):
    return {"status": f"pulling {name}", "digest": name, "total": total, "completed": completed}


async def test_a_download_is_told_step_by_step_and_ends_with_success(server, speaker):
    told = await follow(speaker)

    assert (told[0].status, told[0].completed_bytes, told[0].share) == ("pulling manifest", None, None)
    assert told[-1].is_done
    assert [progress.is_done for progress in told].count(True) == 1
    assert told[-1].completed_bytes == told[-1].total_bytes > 4_000_000_000
    assert told[-1].share == 1.0
    assert NEW in {model.tag for model in await speaker.list_models()}


async def test_bytes_are_summed_over_layers_by_digest():
    rows = [layer("a", 50), layer("a", 100), layer("b", 10, 20), layer("a", 100), {"status": "success"}]

    told = await follow(host([lines(*rows)]))

    sums = [(progress.completed_bytes, progress.total_bytes) for progress in told]
    assert sums == [(50, 100), (100, 100), (110, 120), (110, 120), (110, 120)]
    assert told[2] == PullProgress(status="pulling b", digest="b", completed_bytes=110, total_bytes=120)


async def test_an_error_line_is_told_as_it_is(server, speaker):
    server.use(Scenario.PULL_ERROR_LINE)

    told: list[PullProgress] = []
    with pytest.raises(ProviderRejected, match="max retries"):
        await follow(speaker, told=told)

    assert told
    assert len(server.requests_for("/api/pull")) == 1


async def test_a_name_that_is_none_is_refused(speaker):
    with pytest.raises(ProviderRejected):
        await follow(speaker, model="")


async def test_a_broken_line_is_taken_up_where_it_was():
    reset = httpx.ReadError("reset")
    speaker = host([lines(layer("a", 30)), reset, lines(layer("a", 60), {"status": "success"})])

    told = await follow(speaker)

    assert [progress.completed_bytes for progress in told] == [30, 60, 60]


async def test_a_line_that_breaks_without_getting_further_is_given_up():
    speaker = host([lines(layer("a", 30))] * 4)

    told: list[PullProgress] = []
    with pytest.raises(ProviderUnavailable, match="without a word"):
        await follow(speaker, told=told)

    assert len(told) == 3


async def test_every_step_forward_earns_new_attempts():
    bodies = [lines(layer("a", at)) for at in range(10, 60, 10)]

    told = await follow(host([*bodies, lines({"status": "success"})]))

    assert told[-1].is_done
    assert len(told) == 6


async def test_silence_is_limited_and_the_host_hung_up_on(server):
    server.use(Scenario.PULL_STALL)
    speaker = ollama_at(endpoint_of(server, timeouts=replace(QUICK, load_s=0.1)))

    with pytest.raises(ProviderTimeout):
        await follow(speaker)

    await server.until(lambda s: s.requests_for("/api/pull")[0].hung_up)


async def test_leaving_stops_the_download(server, speaker):
    server.pace.token_delay_s = 0.02

    listening = asyncio.create_task(follow(speaker))
    await server.until(lambda s: bool(s.requests_for("/api/pull")))
    await asyncio.sleep(0.05)
    listening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await listening

    await server.until(lambda s: s.requests_for("/api/pull")[0].hung_up)
