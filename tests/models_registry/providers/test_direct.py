"""Requests the short way: connections that are kept, closed when they must be, and never waited for in vain."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from models_registry.providers.direct import Client, Direct
from models_registry.providers.direct_connection import MOST_UNREAD

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n"
END = b"0\r\n\r\n"
LEFT = object()
TIMEOUT = httpx.Timeout(None, connect=2, pool=0.05)


def chunk(text: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(text), text)


class Host:
    """Answers every request with these bytes; None hangs up, an event is waited for, LEFT is the client's leaving."""

    def __init__(self, *said):
        self.said = said
        self.port, self.connections, self.requests = 0, 0, 0
        self.open = set()

    async def serve(self, reader, writer):
        self.connections += 1
        self.open.add(writer)
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                self.requests += 1
                for piece in self.said:
                    if piece is None:
                        return
                    if piece is LEFT:
                        await reader.read()
                        return
                    if isinstance(piece, asyncio.Event):
                        await piece.wait()
                        continue
                    writer.write(piece)
                    await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.open.discard(writer)
            writer.close()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/"


@asynccontextmanager
async def asking(host: Host, *, most: int = 5, keep_alive_s: float = 60.0) -> AsyncIterator[Client]:
    server = await asyncio.start_server(host.serve, "127.0.0.1", 0)
    host.port = server.sockets[0].getsockname()[1]
    async with server, Client(Direct(most=most, keep_alive_s=keep_alive_s), headers={}) as client:
        client.timeout = TIMEOUT
        yield client


async def opened(client, host):
    return await client.send(client.build_request("GET", host.url), stream=True)


async def closed(host):
    async with asyncio.timeout(5):
        while host.open:
            await asyncio.sleep(0.005)


async def test_answers_that_were_read_to_their_end_use_one_connection():
    host = Host(HEAD, chunk(b"yes"), END)
    async with asking(host) as client:
        assert [(await client.get(host.url)).content for _ in range(5)] == [b"yes"] * 5
    assert (host.connections, host.requests) == (1, 5)


async def test_an_answer_that_is_left_hangs_up_on_the_host():
    host = Host(HEAD, chunk(b"word"), LEFT)
    async with asking(host) as client:
        response = await opened(client, host)
        assert await anext(aiter(response.aiter_bytes())) == b"word"
        await response.aclose()
        await response.aclose()  # twice is once
        await asyncio.sleep(0.01)
        assert (await opened(client, host)).status_code == 200
    assert host.connections == 2


async def test_what_comes_while_nobody_waits_is_not_waited_for():
    more = asyncio.Event()
    host = Host(HEAD + chunk(b"one"), more, chunk(b"two") + END)
    async with asking(host) as client:
        response, heard = await opened(client, host), []
        async with asyncio.timeout(5):
            async for piece in response.aiter_bytes():
                heard.append(piece)
                more.set()
                await asyncio.sleep(0.05)  # the rest arrives meanwhile
    assert heard == [b"one", b"two"]


@pytest.mark.parametrize("ending", [(), (None,)], ids=["kept open", "closed by the host"])
async def test_a_kept_connection_that_the_host_closed_is_not_used(ending):
    host = Host(HEAD, chunk(b"yes") + END, *ending)
    async with asking(host) as client:
        for _ in range(3):
            assert (await client.get(host.url)).content == b"yes"
            await asyncio.sleep(0.02)
    assert host.connections == (3 if ending else 1)


async def test_a_connection_that_speaks_unasked_is_not_used_again():
    host = Host(HEAD, chunk(b"yes") + END + b"HTTP/1.1 200 OK\r\n\r\n")
    async with asking(host) as client:
        for _ in range(2):
            assert (await client.get(host.url)).content == b"yes"
            await asyncio.sleep(0.02)
    assert host.connections == 2


async def test_a_connection_is_kept_for_its_time_only():
    host = Host(HEAD, chunk(b"yes"), END)
    async with asking(host, keep_alive_s=0.01) as client:
        for _ in range(2):
            await client.get(host.url)
            await asyncio.sleep(0.03)
    assert host.connections == 2


@pytest.mark.parametrize(
    ("said", "failure"),
    [
        ((None,), httpx.RemoteProtocolError),
        ((b"SSH-2.0-OpenSSH\r\n\r\n",), httpx.RemoteProtocolError),
        ((b"HTTP/1.1 100 Continue\r\n\r\n", None), httpx.RemoteProtocolError),
        ((HEAD, chunk(b"half"), None), httpx.RemoteProtocolError),
        ((HEAD, b"not a size\r\n", None), httpx.RemoteProtocolError),
    ],
    ids=["silence", "no HTTP", "only a promise", "a half answer", "a broken chunk"],
)
async def test_what_is_no_answer_is_an_error_and_leaves_room(said, failure):
    host = Host(*said)
    async with asking(host, most=1) as client:
        for _ in range(2):
            with pytest.raises(failure):
                await client.get(host.url)
    await closed(host)


async def test_what_came_before_the_break_is_heard():
    host = Host(HEAD + chunk(b"half an answer") + b"nonsense\r\n")
    async with asking(host) as client:
        pieces = aiter((await opened(client, host)).aiter_bytes())
        assert await anext(pieces) == b"half an answer"
        with pytest.raises(httpx.RemoteProtocolError):
            await anext(pieces)


async def test_nobody_there_is_told_so():
    async with Client(Direct(most=1, keep_alive_s=1), headers={}) as client:
        for _ in range(2):
            with pytest.raises(httpx.ConnectError):
                await client.get("http://127.0.0.1:9/")


async def test_an_encrypted_host_is_not_spoken_to_in_clear():
    async with Client(Direct(most=1, keep_alive_s=1), headers={}) as client:
        with pytest.raises(httpx.UnsupportedProtocol):
            await client.get("https://127.0.0.1:9/")


async def test_there_is_room_for_so_many_and_again_once_one_is_closed():
    host = Host(HEAD, chunk(b"word"), LEFT)
    async with asking(host, most=2) as client:
        first, _second = [await opened(client, host) for _ in range(2)]
        with pytest.raises(httpx.PoolTimeout):
            await opened(client, host)
        await first.aclose()
        assert (await opened(client, host)).status_code == 200


async def test_a_request_that_is_canceled_leaves_its_room_and_hangs_up():
    host = Host(LEFT)
    async with asking(host, most=1) as client:
        for _ in range(2):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(opened(client, host), 0.05)
        await closed(host)


async def test_a_slow_reader_makes_the_host_wait_and_misses_nothing():
    size, told = 40 * MOST_UNREAD, asyncio.Event()

    async def serve(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
        for _ in range(40):
            writer.write(b"x" * MOST_UNREAD)
            await writer.drain()
        told.set()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    async with server, Client(Direct(most=1, keep_alive_s=1), headers={}) as client:
        response = await client.send(client.build_request("GET", url), stream=True)
        await asyncio.sleep(0.1)
        assert not told.is_set()
        assert sum([len(piece) async for piece in response.aiter_bytes()]) == size
        await response.aclose()
