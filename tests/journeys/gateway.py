"""Listen to the gateway as a stranger's program would, down to the bytes."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from models_registry.domain.breaker import breaker_name
from models_registry.models import Breaker, Provider
from tests.journeys.served import Served
from tests.journeys.stage import point_at

MODEL, OTHER = "llama3:8b-instruct", "phi3:medium"
PATIENCE_S = 30.0


@dataclass(frozen=True, slots=True)
class Streamed:
    """One whole stream: its lines in order, and its headers."""

    status: int
    headers: httpx.Headers
    lines: tuple[str, ...]

    @property
    def comments(self) -> list[str]:
        return [line[2:] for line in self.lines if line.startswith(": ")]

    @property
    def payloads(self) -> list[str]:
        return [line[6:] for line in self.lines if line.startswith("data: ")]

    @property
    def chunks(self) -> list[dict[str, Any]]:
        return [json.loads(payload) for payload in self.payloads if payload != "[DONE]"]

    @property
    def text(self) -> str:
        return "".join(choice["delta"].get("content", "") for choice in self._choices)

    @property
    def reasons(self) -> list[str]:
        return [choice["finish_reason"] for choice in self._choices if choice["finish_reason"]]

    @property
    def errors(self) -> list[dict[str, Any]]:
        return [chunk["error"] for chunk in self.chunks if "error" in chunk]

    @property
    def _choices(self) -> list[dict[str, Any]]:
        return [choice for chunk in self.chunks for choice in chunk.get("choices", ())]


def let_speak(url: str, *, slots: int = 4, queue_limit: int = 256, **limits: float) -> None:
    """Let the Ollama row name a stand-in that takes several at once. What failed in another test is forgotten."""
    point_at(url, slots=slots, **limits)
    Breaker.objects.filter(name__in=[breaker_name("ollama", model) for model in (MODEL, OTHER)]).delete()
    Provider.objects.filter(slug="ollama").update(queue_limit=queue_limit)


def question(text: str = "Why are my fees too low?", **more: Any) -> dict[str, Any]:
    return {"model": "auto", "messages": [{"role": "user", "content": text}], **more}


def ask(served: Served, key: str, *, path: str = "chat/completions", **more: Any) -> httpx.Response:
    """Ask and wait for the whole answer."""
    return httpx.post(f"{served.url}/v1/{path}", json=question(**more), headers=bearer(key), timeout=PATIENCE_S)


def stream(served: Served, key: str, **more: Any) -> Streamed:
    """Ask, and return the whole stream."""
    with opened(served, key, **more) as (response, lines):
        return Streamed(response.status_code, response.headers, tuple(lines))


@contextmanager
def opened(served: Served, key: str, **more: Any) -> Iterator[tuple[httpx.Response, Iterator[str]]]:
    """Yield the lines of a stream as they arrive; leaving closes the connection."""
    body = question(**more, stream=True)
    address, headers = f"{served.url}/v1/chat/completions", bearer(key)
    with httpx.stream("POST", address, json=body, headers=headers, timeout=PATIENCE_S) as response:
        yield response, (line for line in _lines(response) if line)


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def eventually(rows: Any, *, count: int, patience_s: float = 10.0) -> list[Any]:
    """Return the rows once there are that many, or what there is after a while: the ledger is written behind."""
    deadline = time.monotonic() + patience_s
    while rows.all().count() < count and time.monotonic() < deadline:
        time.sleep(0.05)
    return list(rows.all())


def _lines(response: httpx.Response) -> Iterator[str]:
    """Yield lines cut at newlines only, as the format says; not at what else Python takes for one."""
    rest = b""
    for received in response.iter_bytes():
        *whole, rest = (rest + received).split(b"\n")
        yield from (line.decode() for line in whole)
    yield rest.decode()
