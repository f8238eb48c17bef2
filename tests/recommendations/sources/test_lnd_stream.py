"""LND tells of failed forwards only to who listens."""

import asyncio

import pytest

from recommendations.domain.readings import FailedAt, FailureReading
from recommendations.domain.source_errors import SourceRefused, SourceUnreachable
from recommendations.sources.base import FailureSource
from recommendations.sources.http import Limits
from tests.recommendations.sources.sources import AT, reading
from tests.servers.lnd import LndServer
from tests.servers.simulated import Fault, Kind, simulated


@pytest.fixture
def lnd():
    with LndServer(simulated(at=AT, forwards=0)) as server:
        yield server


async def listening(server, heard, *, limits=None):
    async with reading(server, **({"limits": limits} if limits else {})) as source:
        assert isinstance(source, FailureSource)
        async for failure in source.failures():
            heard.append(failure)


async def until(predicate):
    async with asyncio.timeout(5):
        while not predicate():
            await asyncio.sleep(0.005)


async def test_failures_are_heard_with_their_amounts_and_settled_forwards_are_not(lnd):
    heard: list[FailureReading] = []
    node, (one, other, *_) = lnd.node, list(lnd.node.channels)
    task = asyncio.create_task(listening(lnd, heard, limits=Limits(read_s=0.05)))
    await until(lambda: lnd.listeners == 1)
    await asyncio.sleep(0.2)  # longer than the read time-out: silence is no failure here
    here = node.offer_forward(one, other, amount_msat=1_000_000, fee_msat=70)
    downstream = node.offer_forward(other, one, amount_msat=2_000_000, fee_msat=80)
    node.add_forward(one, other)
    node.fail(here, failed_at=FailedAt.HERE)
    node.fail(downstream, failed_at=FailedAt.DOWNSTREAM, reason="")
    await until(lambda: len(heard) == 2)
    task.cancel()

    assert [(f.failed_at, f.incoming_scid, f.outgoing_scid, f.amount_msat, f.fee_msat, f.reason) for f in heard] == [
        (FailedAt.HERE, one, other, 1_000_000, 70, "TEMPORARY_CHANNEL_FAILURE"),
        (FailedAt.DOWNSTREAM, other, one, 2_000_000, 80, ""),
    ]
    assert {failure.at for failure in heard} == {AT}


async def test_a_failure_whose_beginning_was_not_heard_has_no_amount(lnd):
    heard: list[FailureReading] = []
    node, (one, other, *_) = lnd.node, list(lnd.node.channels)
    before = node.offer_forward(one, other)
    task = asyncio.create_task(listening(lnd, heard))
    await until(lambda: lnd.listeners == 1)
    node.fail(before, failed_at=FailedAt.DOWNSTREAM, reason="")
    await until(lambda: heard)
    task.cancel()

    assert (heard[0].amount_msat, heard[0].fee_msat) == (None, None)


async def test_a_node_that_goes_away_ends_the_stream_with_an_error(lnd):
    task = asyncio.create_task(listening(lnd, []))
    await until(lambda: lnd.listeners == 1)
    lnd.unplug()

    with pytest.raises(SourceUnreachable):
        await asyncio.wait_for(task, 5)


async def test_a_macaroon_that_may_not_listen_is_refused(lnd):
    lnd.allow(lnd.credential, "info")

    with pytest.raises(SourceRefused):
        await listening(lnd, [])


@pytest.mark.parametrize("fault", [Kind.RESET, Fault(Kind.STATUS, status=503), None])
async def test_a_node_that_does_not_answer_is_unreachable_at_once(lnd, fault):
    if fault is None:
        lnd.unplug()
    else:
        lnd.use(fault)

    with pytest.raises(SourceUnreachable):
        await listening(lnd, [])


async def test_leaving_closes_the_stream(lnd):
    task = asyncio.create_task(listening(lnd, []))
    await until(lambda: lnd.listeners == 1)
    task.cancel()

    await until(lambda: lnd.listeners == 0)
