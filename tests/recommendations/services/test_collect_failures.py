"""Somebody listens to LND for failed forwards: they are kept once, and a long silence is not taken for a good month."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from models_registry.services.borrow import borrowing
from recommendations.models import FailedForward, NodeConnection
from recommendations.services import connect
from recommendations.services.collect_failures import Pace, collect_failures
from tests.recommendations.services.nodes import AT, LND_KEY, connected
from tests.servers.lnd import LndServer
from tests.servers.simulated import SimulatedNode, simulated

pytestmark = pytest.mark.django_db(transaction=True)
PACE = Pace(look_s=0.2, write_s=0.1, shortest_wait_s=0.1, longest_wait_s=0.2)


@contextlib.asynccontextmanager
async def listening() -> AsyncIterator[None]:
    stop = asyncio.Event()
    task = asyncio.create_task(collect_failures(stop, pace=PACE))
    try:
        yield
    finally:
        stop.set()
        await task


async def until(what: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not await borrowing(what):
            await asyncio.sleep(0.05)


def fail_one(node: SimulatedNode) -> None:
    first, second = list(node.channels)[:2]
    node.fail(node.offer_forward(first, second))


def the_row() -> NodeConnection:
    return NodeConnection.objects.get()


def since() -> datetime | None:
    return the_row().failures_from


async def test_failures_are_kept_as_they_happen_also_after_the_node_was_away(django_user_model):
    user = await borrowing(django_user_model.objects.create_user, "operator")
    with LndServer(simulated(LND_KEY, forwards=5, at=AT)) as server:
        await borrowing(connected, server, user)
        async with listening():
            await until(lambda: the_row().listened_at is not None)
            fail_one(server.node)
            await until(lambda: FailedForward.objects.count() == 1)
            began = await borrowing(since)
            server.unplug()
            server.plug_in()
            asked = len(server.requests)
            await until(lambda: any(one.path.endswith("htlcevents") for one in server.requests[asked:]))
            await asyncio.sleep(0.1)
            fail_one(server.node)
            await until(lambda: FailedForward.objects.count() == 2)

    kept = await borrowing(lambda: list(FailedForward.objects.values_list("failed_at", flat=True)))
    assert kept == ["here", "here"]
    assert await borrowing(since) == began is not None


async def test_after_a_long_silence_failures_are_known_only_from_then_on_and_a_paused_node_is_left_alone(
    django_user_model,
):
    user = await borrowing(django_user_model.objects.create_user, "operator")
    long_ago = timezone.now() - timedelta(days=2)
    with LndServer(simulated(LND_KEY, forwards=5, at=AT)) as server:
        row = await borrowing(connected, server, user)
        await borrowing(NodeConnection.objects.update, listened_at=long_ago, failures_from=long_ago)
        async with listening():
            await until(lambda: (since() or long_ago) > long_ago)
            await borrowing(connect.pause, row, is_paused=True)
            await asyncio.sleep(0.5)
            streams_before = len(server.requests)
            await asyncio.sleep(0.5)

            assert len(server.requests) == streams_before
