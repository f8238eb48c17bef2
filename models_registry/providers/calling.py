"""Ask one host over HTTP within its limits. Knows no wire; what was opened is closed whatever happens."""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import httpx
import msgspec

from models_registry.domain.chat import Endpoint
from models_registry.domain.errors import ModelError, ProviderUnavailable
from models_registry.providers.base import Patience, persist
from models_registry.providers.deadlines import StreamClock, within
from models_registry.providers.refusals import Refusal, broken_connection

T = TypeVar("T")
LONGEST_ERROR_BODY = 65_536  # bytes
SETTLE_S = 0.25  # for the closing chunk after the last word; a connection read to its end can be used again


def no_headers() -> Mapping[str, str]:
    """Return what a host without a key is sent beside the usual headers: nothing."""
    return {}


class Caller:
    """One host's address, client and patience. `headers` is asked at each call, since a key may change."""

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        client: httpx.AsyncClient,
        refusal: Refusal,
        patience: Patience | None = None,
        root: str = "",
        headers: Callable[[], Mapping[str, str]] = no_headers,
    ) -> None:
        self.patience = patience or Patience.of(endpoint.timeouts)
        self._endpoint = endpoint
        self._client = client
        self._refusal = refusal
        self._root = root or endpoint.base_url
        self._headers = headers
        connect_s = endpoint.timeouts.connect_s
        self._timeout = httpx.Timeout(None, connect=connect_s, pool=connect_s)
        self._urls: dict[str, httpx.URL] = {}  # by path; there are few

    async def get(self, path: str, shape: type[T]) -> T:
        """Return what the host answers, asked once.

        :raises ModelError: when it refuses, breaks off, is silent too long or answers with something else.
        """
        return await self._once("GET", path, None, shape, limit_s=self._endpoint.timeouts.default_s)

    async def post(self, path: str, body: Mapping[str, Any], shape: type[T], *, limit_s: float | None = None) -> T:
        """Return what the host answers; asked again as the patience permits.

        :raises ModelError: as `get`.
        """
        limit_s = limit_s or self._endpoint.timeouts.default_s
        return await persist(lambda: self._once("POST", path, body, shape, limit_s=limit_s), patience=self.patience)

    @asynccontextmanager
    async def opened(self, path: str, body: Mapping[str, Any], *, clock: StreamClock) -> AsyncIterator[httpx.Response]:
        """Open the response to a POST and close it whatever happens; only a closed connection makes the host stop.

        :raises ModelError: when the host refuses, or does not begin to answer in time.
        """
        request = self._request("POST", path, body)
        try:
            response = await clock.wait(self._client.send(request, stream=True))
        except httpx.HTTPError as exc:
            raise broken_connection(exc, where=self._endpoint.slug) from exc
        try:
            if not response.is_success:
                raise self._refused(response, await clock.wait(self.beginning_of(response)))
            yield response
        finally:
            await close_for_sure(response)

    async def bytes_of(self, response: httpx.Response) -> AsyncGenerator[bytes, None]:
        """Yield the body as it comes.

        :raises ModelError: when the connection breaks.
        """
        try:
            async for chunk in response.aiter_bytes():
                yield chunk
        except httpx.HTTPError as exc:
            raise broken_connection(exc, where=self._endpoint.slug) from exc

    async def beginning_of(self, response: httpx.Response) -> bytes:
        """Return the body, or enough of a long one to tell what it is."""
        body = b""
        async for chunk in self.bytes_of(response):
            body += chunk
            if len(body) >= LONGEST_ERROR_BODY:
                break
        return body

    async def _once(
        self, method: str, path: str, body: Mapping[str, Any] | None, shape: type[T], *, limit_s: float
    ) -> T:
        asked = self._client.send(self._request(method, path, body))
        try:
            response = await within(asked, limit_s=limit_s, what=f"{method} {path}")
        except httpx.HTTPError as exc:
            raise broken_connection(exc, where=self._endpoint.slug) from exc
        if not response.is_success:
            raise self._refused(response, response.content)
        return decoded(response.content, shape)

    def _request(self, method: str, path: str, body: Mapping[str, Any] | None) -> httpx.Request:
        """Build a request. Only connecting is httpx's to time; silence is judged by our own clocks."""
        # In ASCII: a text may hold half a surrogate pair, which no host could be sent otherwise.
        content = None if body is None else json.dumps(body, allow_nan=False).encode("ascii")
        headers = dict(self._headers()) | ({} if body is None else {"content-type": "application/json"})
        try:
            url = self._urls.get(path) or self._urls.setdefault(path, httpx.URL(f"{self._root}{path}"))
            return self._client.build_request(method, url, content=content, headers=headers, timeout=self._timeout)
        except httpx.InvalidURL as exc:
            raise broken_connection(exc, where=self._endpoint.slug) from exc

    def _refused(self, response: httpx.Response, body: bytes) -> ModelError:
        return self._refusal(response.status_code, body, retry_after=response.headers.get("retry-after"))


def decoded(body: bytes, shape: type[T]) -> T:
    """Return the body as a value of this shape.

    :raises ProviderUnavailable: when it is not such JSON; whatever answers there is another program, or broken.
    """
    try:
        return msgspec.json.decode(body, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        raise ProviderUnavailable("The host sent something that is not the expected JSON.") from exc


async def settle(rest: AsyncGenerator[T, None]) -> None:
    """Read what is left after the last word, for a moment: then the connection can be used again."""
    with contextlib.suppress(ModelError, TimeoutError):
        async with asyncio.timeout(SETTLE_S):
            async for _ in rest:
                pass


async def close_for_sure(response: httpx.Response) -> None:
    """Close the response even while this task is being canceled a second time."""
    closing = asyncio.ensure_future(response.aclose())
    try:
        await asyncio.shield(closing)
    except asyncio.CancelledError:
        await asyncio.wait({closing})
        raise
