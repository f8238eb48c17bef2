"""Ask one node over HTTP within limits of time and size. Knows neither LND nor Core Lightning; what opens is closed."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random, SystemRandom
from typing import Any, Protocol, TypeVar

import httpx
import msgspec

from recommendations.domain.source_errors import SourceBroken, SourceError, SourceUnreachable, SourceUntrusted
from recommendations.sources.decoding import decoded

T = TypeVar("T")
MEGABYTE = 1024**2
LONGEST_ERROR_BODY = 65_536  # bytes; only its code is read
JITTER = 0.5  # share of a wait; many readings that failed together must not come back together
LONGEST_WAIT_S = 86_400.0
RETRIED = frozenset({502, 503, 504})
UNTRUSTED = (
    "The node presents another certificate than the one that was handed in, or none that a public authority signed. "
    "Nothing was sent. Hand in the node's own certificate (LND: tls.cert, Core Lightning: server.pem)."
)


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how much. The public graph may be large (60 MB in 2025); everything else is small or paged."""

    connect_s: float = 5.0
    read_s: float = 30.0  # of silence
    call_s: float = 60.0  # in all
    graph_read_s: float = 120.0  # a small machine puts the graph together before it sends the first byte
    graph_call_s: float = 300.0
    body_bytes: int = 64 * MEGABYTE
    graph_bytes: int = 400 * MEGABYTE


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a call that met no answer is repeated, and after which waits. Everything asked is a read."""

    attempts: int = 3
    wait_s: float = 0.5
    rng: Random = field(default_factory=SystemRandom)
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def pause(self, attempt: int) -> None:
        """Wait before the next attempt, twice as long each time."""
        await self.sleep(self.wait_s * 2 ** (attempt - 1) * self.rng.uniform(1 - JITTER, 1 + JITTER))


class Refusal(Protocol):
    """Tells what an answer that is no success means. Nothing of its text may enter the message."""

    def __call__(self, status: int, body: bytes, *, call: str, retry_after_s: float | None) -> SourceError: ...


class _Repeatable(Exception):
    """No answer came; the same call may be tried again."""

    def __init__(self, failure: SourceError) -> None:
        super().__init__()
        self.failure = failure


class Caller:
    """One node: its address, the header that opens it, and the limits."""

    def __init__(
        self, client: httpx.AsyncClient, *, refusal: Refusal, limits: Limits, patience: Patience, success: int
    ) -> None:
        self.limits = limits
        self._client = client
        self._refusal = refusal
        self._patience = patience
        self._success = success

    async def get(self, path: str, shape: type[T], *, query: Mapping[str, str] | None = None) -> T:
        """Return what GET answers, as a value of this shape.

        :raises SourceError: when the node does not answer, refuses, or answers with something else.
        """
        return decoded(await self._body("GET", path, query=query), shape, record=path)

    async def post(self, path: str, body: Mapping[str, Any], shape: type[T]) -> T:
        """Return what a POST that only reads answers.

        :raises SourceError: as `get`.
        """
        return decoded(await self._body("POST", path, content=msgspec.json.encode(body)), shape, record=path)

    async def large(self, method: str, path: str, shape: type[T], *, body: Mapping[str, Any] | None = None) -> T:
        """Return an answer that may be as large and take as long as the public graph does.

        :raises SourceError: as `get`.
        """
        content = None if body is None else msgspec.json.encode(body)
        return decoded(await self._body(method, path, content=content, is_large=True), shape, record=path)

    async def lines(self, path: str) -> AsyncIterator[bytes]:
        """Yield the lines of an answer that has no end, however long it is silent.

        :raises SourceError: as `get`; also when the node ends it.
        """
        timeout = httpx.Timeout(self.limits.connect_s, read=None)
        request = self._client.build_request("GET", path, timeout=timeout)
        held = b""
        try:
            async with self._opened(request, call=path) as response:
                async for piece in self._pieces(response, call=path):
                    *whole, held = (held + piece).split(b"\n")
                    if len(held) > MEGABYTE:
                        raise SourceBroken(record=path, field="line", reason="it is longer than 1 MB")
                    for line in filter(None, map(bytes.strip, whole)):
                        yield line
        except _Repeatable as exc:  # who listens comes back anyway
            raise exc.failure from exc.__cause__
        raise SourceUnreachable(f"The node ended {path}.")

    async def _body(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        content: bytes | None = None,
        is_large: bool = False,
    ) -> bytes:
        headers = {} if content is None else {"content-type": "application/json"}
        attempt = 1
        while True:
            request = self._client.build_request(
                method, path, params=query, content=content, headers=headers, timeout=self._timeout(is_large=is_large)
            )
            try:
                return await self._once(request, call=path, is_large=is_large)
            except _Repeatable as exc:
                if attempt >= self._patience.attempts:
                    raise exc.failure from exc.__cause__
            await self._patience.pause(attempt)
            attempt += 1

    def _timeout(self, *, is_large: bool) -> httpx.Timeout:
        return httpx.Timeout(self.limits.connect_s, read=self.limits.graph_read_s if is_large else self.limits.read_s)

    async def _once(self, request: httpx.Request, *, call: str, is_large: bool) -> bytes:
        limit_s = self.limits.graph_call_s if is_large else self.limits.call_s
        limit_bytes = self.limits.graph_bytes if is_large else self.limits.body_bytes
        try:
            async with asyncio.timeout(limit_s), self._opened(request, call=call) as response:
                return await self._whole(response, call=call, limit_bytes=limit_bytes)
        except TimeoutError as exc:
            raise SourceUnreachable(f"The node did not finish {call} within {limit_s:g} s.") from exc

    @asynccontextmanager
    async def _opened(self, request: httpx.Request, *, call: str) -> AsyncIterator[httpx.Response]:
        """Open a successful answer and close it whatever happens."""
        try:
            response = await self._client.send(request, stream=True)
        except httpx.HTTPError as exc:
            raise _without_answer(exc, call=call) from exc
        try:
            if response.status_code != self._success:
                raise await self._refused(response, call=call)
            yield response
        finally:
            await response.aclose()

    async def _refused(self, response: httpx.Response, *, call: str) -> Exception:
        body = b""
        async for piece in self._pieces(response, call=call):
            body += piece
            if len(body) > LONGEST_ERROR_BODY:
                break
        wait_s = retry_after_s(response.headers.get("retry-after"))
        failure = self._refusal(response.status_code, body, call=call, retry_after_s=wait_s)
        return _Repeatable(failure) if response.status_code in RETRIED and wait_s is None else failure

    async def _whole(self, response: httpx.Response, *, call: str, limit_bytes: int) -> bytes:
        pieces, size = [], 0
        async for piece in self._pieces(response, call=call):
            size += len(piece)
            if size > limit_bytes:
                reason = f"it is larger than {limit_bytes // MEGABYTE} MB"
                raise SourceBroken(record=call, field="size", reason=reason)
            pieces.append(piece)
        return b"".join(pieces)

    async def _pieces(self, response: httpx.Response, *, call: str) -> AsyncIterator[bytes]:
        try:
            async for piece in response.aiter_bytes():
                yield piece
        except httpx.DecodingError as exc:
            raise SourceBroken(record=call, field="content-encoding", reason="it does not unpack") from exc
        except httpx.TimeoutException as exc:
            raise SourceUnreachable(f"The node stopped in the midst of {call}.") from exc
        except httpx.HTTPError as exc:
            raise SourceUnreachable(f"The node broke off in the midst of {call}.") from exc


def retry_after_s(header: str | None) -> float | None:
    """Return a Retry-After in seconds, a day at most; None when it is absent or a date."""
    return min(float(header), LONGEST_WAIT_S) if header and header.isascii() and header.isdigit() else None


def usual_refusal(status: int, *, call: str, retry_after_s: float | None) -> SourceError:
    """Return what a status means that says the same at every node."""
    if status == 429:
        return SourceUnreachable("The node asks to come back later (status 429).", retry_after_s=retry_after_s)
    if status >= 500:
        return SourceUnreachable(f"The node failed at {call} (status {status}).", retry_after_s=retry_after_s)
    return SourceBroken(record=call, field="status", reason=f"{status} is not what a node answers")


def _without_answer(exc: httpx.HTTPError, *, call: str) -> Exception:
    """Return the error for a call that got no answer."""
    if _is_untrusted(exc):
        return SourceUntrusted(UNTRUSTED)
    if isinstance(exc, httpx.TimeoutException) and not isinstance(exc, httpx.ConnectTimeout):
        return SourceUnreachable(f"The node did not answer {call} in time.")
    if isinstance(exc, httpx.ConnectError | httpx.ConnectTimeout):
        return _Repeatable(SourceUnreachable("Nothing answers at this address. Is the node running, the port open?"))
    return _Repeatable(SourceUnreachable(f"The node broke off before it answered {call}."))


def _is_untrusted(exc: BaseException | None) -> bool:
    while exc is not None:
        if isinstance(exc, ssl.SSLCertVerificationError):
            return True
        exc = exc.__cause__ or exc.__context__
    return False
