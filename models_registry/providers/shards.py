"""Spread one client's requests over small pools: a pool looks at each of its connections for every request.

One pool of hundreds of busy connections spends more time looking than speaking. The first pool with room is taken, so
few requests use few connections, one after the other the same one.
"""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import cast

import httpx

AT_ONCE = 8  # requests of one pool
NewPool = Callable[[], httpx.AsyncBaseTransport]


@dataclass(slots=True)
class _Shard:
    pool: httpx.AsyncBaseTransport
    busy: int = 0


class Shards(httpx.AsyncBaseTransport):
    """Pools of one address, made when they are needed: at most `most` connections in all."""

    def __init__(self, new_pool: NewPool, *, most: int) -> None:
        self._new_pool = new_pool
        self._most_shards = -(-most // AT_ONCE)
        self._shards: list[_Shard] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        shard = self._shard()
        shard.busy += 1
        try:
            response = await shard.pool.handle_async_request(request)
        except BaseException:
            shard.busy -= 1
            raise
        response.stream = _Counted(cast(httpx.AsyncByteStream, response.stream), shard)
        return response

    async def aclose(self) -> None:
        for shard in self._shards:
            await shard.pool.aclose()

    def _shard(self) -> _Shard:
        """Return the first pool with room, a new one, or the least busy one, where the request waits its turn."""
        for shard in self._shards:
            if shard.busy < AT_ONCE:
                return shard
        if len(self._shards) < self._most_shards:
            self._shards.append(_Shard(self._new_pool()))
            return self._shards[-1]
        return min(self._shards, key=lambda shard: shard.busy)


class _Counted(httpx.AsyncByteStream):
    """The body of a response; its shard has room again once it is closed."""

    def __init__(self, stream: httpx.AsyncByteStream, shard: _Shard) -> None:
        self._stream, self._shard, self._is_open = stream, shard, True

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._stream.__aiter__()

    async def aclose(self) -> None:
        try:
            await self._stream.aclose()
        finally:
            if self._is_open:
                self._is_open = False
                self._shard.busy -= 1
