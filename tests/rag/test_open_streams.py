"""Many readers at once, through the served application: tokens arrive apart, and nobody holds the database."""

import asyncio
import json
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.core.asgi import get_asgi_application
from django.db import connection

from models_registry.services import keys
from rag.models import Answer, Source
from tests.rag.conftest import ollama_host
from tests.servers.ollama import OllamaServer

pytestmark = [pytest.mark.load, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("tidy")]
STREAMS = 120
ARRIVING = 20  # at once
BODY = json.dumps({"query": "What is the default base fee?", "use_cache": False}).encode()


class Reader:
    """One HTTP client on the application's own interface: reads until it hears a token, then goes on when told."""

    def __init__(self, key: str) -> None:
        self.headers = [
            (b"host", b"testserver"),
            (b"authorization", f"Bearer {key}".encode()),
            (b"x-api-version", b"2025-10-15"),
            (b"content-type", b"application/json"),
            (b"content-length", str(len(BODY)).encode()),
        ]
        self.parts: list[bytes] = []
        self.status = 0
        self.has_token = asyncio.Event()
        self.may_go_on = asyncio.Event()
        self._is_sent = False

    async def ask(self, application: Any) -> None:
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": "/api/v1/streaming/rag/query",
            "raw_path": b"/api/v1/streaming/rag/query",
            "query_string": b"",
            "root_path": "",
            "headers": self.headers,
            "client": ("127.0.0.1", 1),
            "server": ("testserver", 80),
        }
        await application(scope, self.receive, self.send)

    async def receive(self) -> dict[str, Any]:
        if not self._is_sent:
            self._is_sent = True
            return {"type": "http.request", "body": BODY, "more_body": False}
        await asyncio.Event().wait()
        return {"type": "http.disconnect"}

    async def send(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            return
        self.parts.append(message.get("body", b""))
        if b'"token"' in self.parts[-1]:
            self.has_token.set()
            await self.may_go_on.wait()


def other_connections() -> int:
    """Return how many connections to the test database exist beside the one that asks."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        found: int = cursor.fetchone()[0]
    return found


def open_wide(url: str) -> None:
    """Let everybody in at once: the queue would hold the streams back."""
    host = ollama_host(url)
    host.slots = STREAMS
    host.save(update_fields=("slots",))


async def test_120_open_streams_hold_no_database_connection(library: Source) -> None:
    key = (await sync_to_async(keys.create)("crowd", requests_per_minute=STREAMS)).text
    application = get_asgi_application()
    before = await sync_to_async(other_connections)()
    with OllamaServer(num_parallel=STREAMS + 10) as host:
        host.respond_with(lambda *_: "The base fee is 1,000 msat [1] and so on.")
        await sync_to_async(open_wide)(host.url)
        readers = [Reader(key) for _ in range(STREAMS)]
        turns = []
        for start in range(0, STREAMS, ARRIVING):
            arriving = readers[start : start + ARRIVING]
            turns += [asyncio.create_task(reader.ask(application)) for reader in arriving]
            async with asyncio.timeout(60):
                await asyncio.gather(*(reader.has_token.wait() for reader in arriving))

        held = await sync_to_async(other_connections)() - before

        for reader in readers:
            reader.may_go_on.set()
        await asyncio.gather(*turns)
    assert held <= 1  # the process's own lease; the streams hold none
    assert {reader.status for reader in readers} == {200}
    assert all(b'"complete"' in reader.parts[-1] or b'"complete"' in reader.parts[-2] for reader in readers)
    assert all(len([part for part in reader.parts if part]) > 10 for reader in readers)
    assert await Answer.objects.filter(outcome="completed").acount() == STREAMS
