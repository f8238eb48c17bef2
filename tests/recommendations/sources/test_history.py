"""Every forward is read once: whatever the size of a page, whenever it ends, and wherever a reading was broken off."""

import json
from collections import Counter
from datetime import timedelta
from random import Random

import pytest

from recommendations.domain.readings import FailedAt, FailureReading, ForwardReading, HistoryPage
from recommendations.sources.base import FailureSource
from tests.recommendations.sources.sources import AT, LONG_AGO, reading, whole_history
from tests.servers.cln import ClnServer
from tests.servers.simulated import SimForward, SimulatedNode, simulated


@pytest.mark.parametrize("size", [1, 7, 40, 10_000])
async def test_a_history_is_the_same_whatever_the_size_of_its_pages(server, size):
    server.node.forwards = simulated(at=AT, forwards=40).forwards
    async with reading(server, page_size=size) as source:
        pages = await whole_history(source)

    forwards = [forward for page in pages for forward in page.forwards]
    expected = server.node.settled()
    assert [(one.at, one.incoming_scid, one.outgoing_scid, one.fee_msat, one.amount_out_msat) for one in forwards] == [
        (one.resolved_at, one.incoming_scid, one.outgoing_scid, one.fee_msat, one.amount_out_msat) for one in expected
    ]
    assert [page.is_last for page in pages].index(True) == len(pages) - 1


@pytest.mark.parametrize("size", [4, 50])
async def test_a_reading_resumed_after_each_page_loses_and_repeats_nothing(server, size):
    server.node.forwards = simulated(at=AT, forwards=40).forwards
    forwards: list[ForwardReading] = []
    failures: list[FailureReading] = []
    cursor: dict[str, int | str] = {}
    for _ in range(50):
        async with reading(server, page_size=size) as source:
            page = await anext(source.history(cursor, since=LONG_AGO))
        forwards += page.forwards
        failures += page.failures
        cursor = json.loads(json.dumps(dict(page.cursor)))
        if page.is_last:
            break

    assert len(forwards) == len(set(forwards)) == 40
    assert len(failures) == len(set(failures)) == (0 if server.kind == "lnd" else 12)


async def test_what_comes_after_the_latest_page_is_read_next_also_within_the_same_second(server):
    node, (one, other, *_) = server.node, list(server.node.channels)
    async with reading(server) as source:
        cursor = (await whole_history(source))[-1].cursor
    async with reading(server, page_size=5) as source:
        first = [node.add_forward(one, other, amount_msat=number * 1000, at=AT) for number in range(1, 8)]
        pages = await whole_history(source, cursor)
        second = [node.add_forward(one, other, amount_msat=number * 1000, at=AT) for number in range(8, 11)]
        later = await whole_history(source, pages[-1].cursor)
        nothing = await whole_history(source, later[-1].cursor)

    assert _amounts(pages) == [forward.amount_out_msat for forward in first]
    assert _amounts(later) == [forward.amount_out_msat for forward in second]
    assert _amounts(nothing) == []
    assert nothing[-1].cursor == later[-1].cursor
    assert nothing[-1].is_last


async def test_a_forward_that_settles_late_is_read_once_and_when_it_settled(server):
    node, (one, other, *_) = server.node, list(server.node.channels)
    late = node.offer_forward(one, other, amount_msat=5_000_000, at=AT - timedelta(days=2))
    node.add_forward(other, one, amount_msat=6_000_000, at=AT - timedelta(days=1))
    async with reading(server, page_size=50) as source:
        before = await whole_history(source)
        node.settle(late, at=AT)
        after = await whole_history(source, before[-1].cursor)
        rest = await whole_history(source, after[-1].cursor)

    assert 5_000_000 not in _amounts(before)
    assert 6_000_000 in _amounts(before)
    assert _amounts(after) == [5_000_000]
    assert after[-1].forwards[0].at == AT
    assert _amounts(rest) == []


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_happens_between_two_pages_each_forward_is_read_once(server, seed):
    rng, node, (one, other, *_) = Random(seed), server.node, list(server.node.channels)
    node.forwards.clear()
    under_way: list[SimForward] = []
    pages: list[HistoryPage] = []
    async with reading(server, page_size=rng.choice((1, 2, 5))) as source:
        for number in range(1, 80):
            node.pass_time(timedelta(microseconds=rng.choice((1, 300_000, 1_000_000))))
            under_way.append(node.offer_forward(one, other, amount_msat=number, fee_msat=0))
            if rng.random() < 0.6:
                _end(node, under_way.pop(rng.randrange(len(under_way))), rng)
            if rng.random() < 0.2:
                node.refuse_forward(other, one, amount_msat=1_000 + number)
            if rng.random() < 0.4:
                cursor = pages[-1].cursor if pages else {}
                pages.append(await anext(source.history(cursor, since=LONG_AGO)))
        pages += await whole_history(source, pages[-1].cursor)

    settled = [forward.amount_out_msat for forward in node.settled()]
    failed = [forward.amount_out_msat for forward in node.forwards if forward.failed_at]
    assert _amounts(pages) == settled
    told = Counter(failure.amount_msat for page in pages for failure in page.failures)
    assert told == Counter([] if server.kind == "lnd" else failed)


async def test_nothing_is_read_from_before_the_moment_that_is_asked_for(server):
    since = AT - timedelta(days=7)
    async with reading(server) as source:
        pages = await whole_history(source, since=since)

    expected = [one for one in server.node.settled() if one.resolved_at >= since]
    assert 0 < len(expected) < 400
    assert _amounts(pages) == [one.amount_out_msat for one in expected]


async def test_a_first_reading_of_a_long_past_does_not_begin_at_its_beginning(server):
    server.node.forwards = simulated(at=AT, forwards=1_500, days=1_500).forwards
    since = AT - timedelta(days=6, hours=1)
    async with reading(server, page_size=30) as source:
        pages = await whole_history(source, since=since)

    assert _amounts(pages) == [one.amount_out_msat for one in server.node.settled() if one.resolved_at >= since]
    assert len(_amounts(pages)) == 6
    assert len(server.requests) < 60


async def test_failures_are_read_once_where_the_node_keeps_them():
    node = simulated(at=AT, forwards=40)
    one, other, *_ = node.channels
    with ClnServer(node) as server:
        async with reading(server, page_size=10) as source:
            pages = await whole_history(source)
            under_way = node.offer_forward(one, other)
            assert not isinstance(source, FailureSource)
            nothing = await whole_history(source, pages[-1].cursor)
            node.fail(under_way, failed_at=FailedAt.DOWNSTREAM, reason="", at=AT)
            later = await whole_history(source, nothing[-1].cursor)

    failures = [failure for page in pages for failure in page.failures]
    here = [failure for failure in failures if failure.failed_at is FailedAt.HERE]
    assert (len(here), len(failures) - len(here)) == (4, 8)
    assert {(one.reason, one.fee_msat) for one in here} == {("TEMPORARY_CHANNEL_FAILURE", 100)}
    assert not [failure for page in nothing for failure in page.failures]
    assert [failure.failed_at for page in later for failure in page.failures] == [FailedAt.DOWNSTREAM]


def _end(node: SimulatedNode, forward: SimForward, rng: Random) -> None:
    if rng.random() < 0.6:
        node.settle(forward)
    else:
        node.fail(forward, failed_at=rng.choice(tuple(FailedAt)))


def _amounts(pages):
    return [forward.amount_out_msat for page in pages for forward in page.forwards]
