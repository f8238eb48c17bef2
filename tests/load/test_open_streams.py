"""Streams that wait for a model hold no database connection: PostgreSQL has two hundred, readers come in crowds."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterator

import pytest
from django.db import connection
from websockets.asyncio.client import connect

from recommendations.models import RecommendationRun
from tests.journeys import taps
from tests.journeys.served import HOST, Served
from tests.journeys.stage import Stage, point_at
from tests.servers.ollama import OllamaServer, Scenario

pytestmark = pytest.mark.load

READERS = 120
MOST_KEPT = 40  # idle connections that pools may keep for whoever comes next; a stream holds none
AT_ONCE = 20  # opened together; a crowd arrives over seconds, not in one millisecond
LONGEST_S = 30.0
LAST_BEFORE_THE_MODEL = "technical_recommendations"
Close = Callable[[], Awaitable[None]]
Tap = Callable[[Served, Stage], Awaitable[Close]]


@pytest.fixture
def mute(stage: Stage) -> Iterator[OllamaServer]:
    """A host that takes every question and answers none."""
    with OllamaServer(scenario=Scenario.STALL_AFTER_HEADERS, num_parallel=2 * READERS) as server:
        point_at(server.url, first_token_s=80, idle_s=80, total_s=85, slots=2 * READERS)
        connection.close()  # ours would be counted too
        yield server


def foreign_connections() -> int:
    """Return how many connections to the test database others hold."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return int(cursor.fetchone()[0])


def settled(*, most: int = MOST_KEPT, patience_s: float = 5.0) -> int:
    """Return the count once it is down to `most`, or what is left after a while."""
    deadline = time.monotonic() + patience_s
    while (left := foreign_connections()) > most and time.monotonic() < deadline:
        time.sleep(0.05)
    return left


async def by_stream(served: Served, stage: Stage) -> Close:
    """Open one NDJSON stream and hear it until the model is asked; return what closes it."""
    reader, writer = await asyncio.open_connection(HOST, served.port)
    head = [f"GET {taps.advice_path(stage.pubkey)}?use_cache=false HTTP/1.1", f"Host: {HOST}:{served.port}"]
    lines = [*head, *(f"{name}: {value}" for name, value in taps.headers(stage.key).items()), "", ""]
    writer.write("\r\n".join(lines).encode())

    async def close() -> None:
        writer.close()

    kind = ""
    while kind != LAST_BEFORE_THE_MODEL:
        line = await asyncio.wait_for(reader.readline(), LONGEST_S)
        assert line, f"closed after {kind}"
        kind = json.loads(line)["type"] if line.startswith(b"{") else kind
    return close


async def by_socket(served: Served, stage: Stage) -> Close:
    """Do the same over a websocket."""
    address = f"{served.ws_url}/ws/nodes/{stage.pubkey}/ask"
    bearer = {"Authorization": f"Bearer {stage.key}"}
    opened = await connect(address, additional_headers=bearer, open_timeout=LONGEST_S)
    await opened.send(json.dumps({"action": "recommend", "use_cache": False}))
    kind = ""
    while kind != LAST_BEFORE_THE_MODEL:
        kind = json.loads(await asyncio.wait_for(opened.recv(), LONGEST_S))["type"]
    return opened.close


@pytest.mark.parametrize("tap", [by_stream, by_socket], ids=["ndjson", "websocket"])
async def test_120_open_streams_hold_no_database_connection(
    served: Served, stage: Stage, mute: OllamaServer, tap: Tap
) -> None:
    closes: list[Close] = []
    try:
        for _ in range(READERS // AT_ONCE):
            closes += await asyncio.gather(*(tap(served, stage) for _ in range(AT_ONCE)))
        await mute.until(lambda server: len(server.generations) == READERS, timeout=LONGEST_S)

        held = await asyncio.to_thread(unblocked, settled)
        alive = await asyncio.to_thread(taps.get, served, f"/api/v1/node/{stage.pubkey}", key=stage.key)

        assert held <= MOST_KEPT
        assert alive.status_code == 200  # and somebody else is still served
    finally:
        await asyncio.gather(*(close() for close in closes))
    await mute.until(lambda server: all(one.closed_by_client for one in server.generations), timeout=LONGEST_S)
    assert await asyncio.to_thread(unblocked, abandoned) == READERS


def abandoned() -> int:
    """Return how many runs were written as abandoned, once all are."""
    deadline = time.monotonic() + LONGEST_S
    runs = RecommendationRun.objects.filter(outcome="abandoned")
    while runs.count() < READERS and time.monotonic() < deadline:
        time.sleep(0.1)
    return RecommendationRun.objects.count()


def unblocked(work: Callable[[], int]) -> int:
    """Run in a thread of its own, with a connection of its own that is closed again."""
    try:
        return work()
    finally:
        connection.close()
