"""Requests over small pools: the first with room, and room again after each response."""

import httpx
import pytest

from models_registry.providers.shards import AT_ONCE, Shards


async def held(transport, count):
    request = httpx.Request("GET", "http://host/")
    return [await transport.handle_async_request(request) for _ in range(count)]


@pytest.fixture
def made():
    return []


@pytest.fixture
def transport(made):
    def new_pool():
        made.append(httpx.MockTransport(lambda _request: httpx.Response(200, content=b"yes")))
        return made[-1]

    return Shards(new_pool, most=2 * AT_ONCE)


@pytest.mark.parametrize(("open_at_once", "pools"), [(1, 1), (AT_ONCE, 1), (AT_ONCE + 1, 2), (3 * AT_ONCE, 2)])
async def test_as_many_pools_as_open_responses_need(transport, made, open_at_once, pools):
    await held(transport, open_at_once)
    assert len(made) == pools


async def test_responses_that_were_closed_leave_their_room(transport, made):
    for _ in range(3 * AT_ONCE):
        (response,) = await held(transport, 1)
        await response.stream.aclose()
        await response.stream.aclose()  # twice is once
    assert len(made) == 1


async def test_requests_that_failed_leave_their_room():
    made = []

    def refuse(_request):
        raise httpx.ConnectError("nobody there")

    def new_pool():
        made.append(httpx.MockTransport(refuse))
        return made[-1]

    transport = Shards(new_pool, most=2 * AT_ONCE)
    for _ in range(3 * AT_ONCE):
        with pytest.raises(httpx.ConnectError):
            await held(transport, 1)
    assert len(made) == 1
