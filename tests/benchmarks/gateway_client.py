"""Ask for many streams and time them, in a process of its own so that the client's work is not the server's.

Reads one JSON job from standard input and writes one JSON result: `python -m tests.benchmarks.gateway_client`.
"""

import asyncio
import json
import re
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

FIRST_WORD = re.compile(rb'"content": ?"[^"]')
END = b"0\r\n\r\n"
LONGEST_S = 120.0


@dataclass(frozen=True, slots=True)
class Job:
    """What to ask, where, and how: `per_second` starts at a fixed rate, else `at_once` streams are kept open."""

    host: str
    port: int
    path: str
    body: dict[str, Any]
    streams: int
    headers: dict[str, str] = field(default_factory=dict)
    per_second: float | None = None
    at_once: int = 1
    must_contain: str = ""

    @property
    def request(self) -> bytes:
        body = json.dumps(self.body).encode()
        head = {"Host": f"{self.host}:{self.port}", "Content-Type": "application/json", **self.headers}
        lines = [f"POST {self.path} HTTP/1.1", *(f"{name}: {value}" for name, value in head.items())]
        return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body


@dataclass(slots=True)
class Tally:
    """What became of the streams."""

    first_word_ms: list[float] = field(default_factory=list)
    whole_ms: list[float] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    took_s: float = 0.0


class Stream(asyncio.Protocol):
    """One kept connection; one answer after the other."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.is_open = False
        self._done: asyncio.Future[None] | None = None
        self.received = bytearray()
        self.first_word_at: float | None = None
        self._searched = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport, self.is_open = transport, True

    def ask(self, request: bytes) -> "asyncio.Future[None]":
        assert self.transport
        self.received.clear()
        self.first_word_at, self._searched = None, 0
        self._done = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return self._done

    def data_received(self, received: bytes) -> None:
        self.received += received
        if self.first_word_at is None and FIRST_WORD.search(self.received, self._searched):
            self.first_word_at = time.perf_counter()
        self._searched = max(0, len(self.received) - 32)
        if self.received.endswith(END) and self._done and not self._done.done():
            self._done.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_open = False
        if self._done and not self._done.done():
            self._done.set_exception(ConnectionError(f"closed after {len(self.received)} bytes"))


async def run(job: Job) -> Tally:
    """Return the times of all streams of a job."""
    tally, request, idle = Tally(), job.request, list[Stream]()
    began = time.perf_counter()
    if job.per_second:
        await _at_a_rate(job, lambda: _one(job, request, idle, tally), per_second=job.per_second)
    else:
        left = iter(range(job.streams))

        async def worker() -> None:
            for _ in left:
                await _one(job, request, idle, tally)

        await asyncio.gather(*(worker() for _ in range(job.at_once)))
    tally.took_s = time.perf_counter() - began
    return tally


async def _at_a_rate(job: Job, start: Callable[[], Any], *, per_second: float) -> None:
    began, running = time.perf_counter(), list[asyncio.Task[None]]()
    for number in range(job.streams):
        await asyncio.sleep(max(0.0, began + number / per_second - time.perf_counter()))
        running.append(asyncio.ensure_future(start()))
    await asyncio.gather(*running)


async def _one(job: Job, request: bytes, idle: list[Stream], tally: Tally) -> None:
    try:
        stream = await _opened(job, idle)
        began = time.perf_counter()
        await asyncio.wait_for(stream.ask(request), LONGEST_S)
        ended = time.perf_counter()
    except (OSError, TimeoutError) as exc:
        tally.dropped.append(repr(exc)[:200])
        return
    idle.append(stream)
    if stream.first_word_at is None or job.must_contain.encode() not in stream.received:
        tally.dropped.append(bytes(stream.received[:400]).decode("utf-8", "replace"))
        return
    tally.first_word_ms.append((stream.first_word_at - began) * 1000)
    tally.whole_ms.append((ended - began) * 1000)


async def _opened(job: Job, idle: list[Stream]) -> Stream:
    while idle:
        stream = idle.pop()
        if stream.is_open:
            return stream
    _, stream = await asyncio.get_running_loop().create_connection(Stream, job.host, job.port)
    return stream


def main() -> None:
    job = Job(**json.loads(sys.stdin.read()))
    sys.stdout.write(json.dumps(asdict(asyncio.run(run(job)))))


if __name__ == "__main__":
    main()
