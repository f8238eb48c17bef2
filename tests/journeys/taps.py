"""Listen to the four taps as a stranger's program would, and note when each event arrived."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from websockets.sync.client import ClientConnection, connect

from tests.journeys.served import Served

VERSION = {"X-API-Version": "2025-10-15"}
NDJSON, SSE, JSON = "application/x-ndjson", "text/event-stream", "application/json"
PATIENCE_S = 30.0


@dataclass(frozen=True, slots=True)
class Heard:
    """One whole stream: its dictionaries in order, and when each was here (seconds, monotonic)."""

    events: tuple[dict[str, Any], ...]
    arrived_s: tuple[float, ...] = ()

    @property
    def types(self) -> list[str]:
        return [event["type"] for event in self.events]

    @property
    def progress(self) -> list[int]:
        return [event["progress"] for event in self.events]

    @property
    def cards(self) -> list[dict[str, Any]]:
        return [event["data"]["recommendation"] for event in self.events if event["type"] == "recommendation"]

    @property
    def latest(self) -> dict[str, Any]:
        return self.events[-1]

    def data(self, kind: str) -> dict[str, Any]:
        """Return what the only event of this type says."""
        (found,) = [event["data"] for event in self.events if event["type"] == kind]
        return dict(found)


def headers(key: str, *, accept: str = NDJSON) -> dict[str, str]:
    return {**VERSION, "Authorization": f"Bearer {key}", "Accept": accept}


def advice_path(pubkey: str, *, of: str = "recommendations") -> str:
    return f"/api/v1/streaming/node/{pubkey}/{of}"


def get(served: Served, path: str, *, key: str, **params: Any) -> httpx.Response:
    """Ask one of the plain JSON doors."""
    return httpx.get(f"{served.url}{path}", params=params, headers=headers(key, accept=JSON), timeout=PATIENCE_S)


@contextmanager
def opened(served: Served, path: str, *, key: str, accept: str = NDJSON, **params: Any) -> Iterator[Iterator[Any]]:
    """Yield the events of a stream as they arrive; leaving closes the connection."""
    asked = httpx.stream(
        "GET", f"{served.url}{path}", params=params, headers=headers(key, accept=accept), timeout=PATIENCE_S
    )
    with asked as response:
        assert response.status_code == 200, response.read()
        assert response.headers["content-type"].startswith(accept)
        yield _events(response, accept)


def listen(served: Served, path: str, *, key: str, accept: str = NDJSON, **params: Any) -> Heard:
    """Hear a stream to its end by NDJSON or SSE."""
    with opened(served, path, key=key, accept=accept, **params) as events:
        return _timed(events)


def drained(served: Served, path: str, *, key: str, **params: Any) -> Heard:
    """Take the same stream as one JSON body."""
    response = get(served, path, key=key, **params)
    assert response.status_code == 200, response.text
    return Heard(tuple(response.json()["events"]))


@contextmanager
def socket(served: Served, path: str, *, key: str) -> Iterator[ClientConnection]:
    with connect(f"{served.ws_url}{path}", additional_headers={"Authorization": f"Bearer {key}"}) as connection:
        yield connection


def overheard(served: Served, path: str, message: dict[str, Any], *, key: str) -> Heard:
    """Send one message over a websocket and hear what comes, to its end."""
    with socket(served, path, key=key) as connection:
        connection.send(json.dumps(message))
        return _timed(events_of(connection))


def events_of(connection: ClientConnection) -> Iterator[dict[str, Any]]:
    """Yield the messages of one turn, the terminal one included."""
    while True:
        event = json.loads(connection.recv(timeout=PATIENCE_S))
        yield event
        if event["type"] in ("complete", "error"):
            return


def until(events: Iterator[dict[str, Any]], kind: str) -> dict[str, Any]:
    """Return the first event of this type."""
    return next(event for event in events if event["type"] == kind)


def _events(response: httpx.Response, accept: str) -> Iterator[dict[str, Any]]:
    for line in response.iter_lines():
        text = line.removeprefix("data: ") if accept == SSE else line
        if line and (accept == NDJSON or line.startswith("data: ")):
            yield json.loads(text)


def _timed(events: Iterator[dict[str, Any]]) -> Heard:
    heard = [(event, time.monotonic()) for event in events]
    return Heard(tuple(event for event, _ in heard), tuple(moment for _, moment in heard))
