"""What a node does wrong becomes one of five errors, and none of them tells the credential or the node's own words."""

import asyncio
import logging
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from recommendations.domain.source_errors import (
    SourceBroken,
    SourceError,
    SourceLacks,
    SourceRefused,
    SourceUnreachable,
)
from recommendations.sources.catalog import connect
from recommendations.sources.http import Limits, Patience
from tests.recommendations.sources.sources import AT, LONG_AGO, Waits, manners, reading, whole_history
from tests.servers.cln import ClnServer
from tests.servers.lnd import LndServer
from tests.servers.simulated import Fault, Kind, simulated

SECRET_WORDS = "the node's own words"


def status(number: int, **particulars: Any) -> Fault:
    return Fault(Kind.STATUS, status=number, message=SECRET_WORDS, **particulars)


FAULTS = [
    (Fault(Kind.SLOW, delay_s=5), SourceUnreachable, 1),
    (Fault(Kind.RESET), SourceUnreachable, 3),
    (Fault(Kind.HANG_UP), SourceUnreachable, 3),
    (Fault(Kind.TRUNCATED), SourceUnreachable, 1),
    (Fault(Kind.STALLED), SourceUnreachable, 1),
    (Fault(Kind.MISPACKED), SourceBroken, 1),
    (Fault(Kind.ENDLESS), SourceBroken, 1),
    (Fault(Kind.BROKEN_JSON), SourceBroken, 1),
    (Fault(Kind.CUT_JSON), SourceBroken, 1),
    (Fault(Kind.PAGE), SourceBroken, 1),
    (Fault(Kind.EMPTY), SourceBroken, 1),
    (Fault(Kind.WRONG_TYPES), SourceBroken, 1),
    (Fault(Kind.REDIRECT), SourceBroken, 1),
    (status(401), SourceRefused, 1),
    (status(403), SourceRefused, 1),
    (status(404), SourceLacks, 1),
    (status(429, retry_after_s=7), SourceUnreachable, 1),
    (status(500), SourceUnreachable, 1),
    (status(502), SourceUnreachable, 3),
    (status(503), SourceUnreachable, 3),
    (status(503, retry_after_s=9), SourceUnreachable, 1),
    (status(504), SourceUnreachable, 3),
]


async def test_every_fault_becomes_its_error_and_tells_no_secret(server, caplog):
    caplog.set_level(logging.DEBUG)
    limits = Limits(connect_s=2.0, read_s=0.2, call_s=2.0, body_bytes=3 * 1024**2)
    for fault, expected, requests in FAULTS:
        server.use(fault)
        server.forget()
        async with reading(server, limits=limits) as source:
            with pytest.raises(SourceError) as found:
                await source.node()

        error = found.value
        assert type(error) is expected, f"{fault}: {error!r}"
        assert len(server.requests) == requests, fault
        assert getattr(error, "retry_after_s", None) == fault.retry_after_s
        told = f"{error!r} {error} {error.args}"
        assert server.credential not in told
        assert SECRET_WORDS not in told
        assert "Welcome" not in told
    assert server.credential not in caplog.text


@pytest.mark.parametrize("kind", [Kind.EMPTY, Kind.WRONG_TYPES, Kind.CUT_JSON])
async def test_no_answer_reads_as_an_empty_one(server, kind):
    """An empty list says that there are no channels; an answer without one says nothing."""
    async with reading(server) as source:
        calls = (
            source.channels(),
            source.closed(),
            source.closing(),
            whole_history(source),
            source.costs(since=LONG_AGO),
            source.graph(),
        )
        server.use(Fault(kind, path="/v1/"))
        for call in calls:
            with pytest.raises(SourceBroken) as found:
                await call

        assert "Nothing of it was stored" in str(found.value)


async def test_a_node_that_is_unplugged_is_unreachable_and_read_again_when_it_is_back(server):
    waits = Waits()
    async with reading(server, patience=Patience(sleep=waits, rng=Random(1))) as source:
        await source.node()
        server.unplug()
        with pytest.raises(SourceUnreachable, match="Nothing answers at this address"):
            await source.node()
        server.plug_in()
        await source.node()

    first, second = waits.slept[:2]
    assert 0.25 <= first <= 0.75
    assert 0.5 <= second <= 1.5


async def test_a_call_that_met_a_gateway_twice_succeeds_at_the_third(server):
    server.enqueue(status(503), Kind.RESET)
    async with reading(server) as source:
        assert (await source.node()).pubkey == server.node.pubkey

    assert [asked.status for asked in server.requests[::2]] == [503, 200 if server.kind == "lnd" else 201]


async def test_a_fault_at_the_policy_of_one_channel_is_a_fault_and_an_unknown_edge_is_not():
    with LndServer(simulated(at=AT)) as server:
        async with reading(server) as source:
            server.use(Fault(Kind.STATUS, status=503, path="/v1/graph/edge"))
            with pytest.raises(SourceUnreachable):
                await source.channels()
            server.use(Fault(Kind.STATUS, status=500, message="edge not found", path="/v1/graph/edge"))
            channels = await source.channels()

    assert [channel.own_policy is None for channel in channels].count(True) == 1


async def test_a_reading_that_is_cancelled_ends_at_once(server):
    server.use(Kind.SLOW)
    async with reading(server, limits=Limits()) as source:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(source.node(), 0.1)


async def test_an_answer_that_drips_longer_than_a_call_may_take_is_given_up(server):
    server.use(Fault(Kind.SLOW, delay_s=5))
    async with reading(server, limits=Limits(read_s=5, call_s=0.2)) as source:
        with pytest.raises(SourceUnreachable, match=r"within 0\.2 s"):
            await source.node()


@pytest.mark.parametrize(
    ("message", "expected", "words"),
    [
        ("wallet locked, unlock it to enable full RPC access", SourceUnreachable, "lncli unlock"),
        ("the RPC server is in the process of starting up, but not yet ready to accept calls", SourceUnreachable, "st"),
        ("waiting to start, RPC services not available", SourceUnreachable, "starting"),
        ("verification failed: signature mismatch after caveat verification", SourceRefused, "does not know"),
        ("cannot get macaroon: root key with id 0 doesn't exist", SourceRefused, "does not know"),
        ("expected 1 macaroon, got 0", SourceRefused, "does not know"),
        ("permission denied", SourceRefused, "/v1/getinfo"),
        ("unknown service lnrpc.Lightning", SourceLacks, "/v1/getinfo"),
        ("runtime error", SourceUnreachable, "status 500"),
    ],
)
async def test_lnd_says_in_words_with_status_500_what_is_the_matter(message, expected, words):
    with LndServer(simulated(at=AT)) as server:
        server.use(Fault(Kind.STATUS, status=500, message=message))
        async with reading(server) as source:
            with pytest.raises(expected, match=words):
                await source.node()


@pytest.mark.parametrize(
    ("number", "code", "expected", "ability"),
    [
        (401, 1501, SourceRefused, ""),
        (403, 1501, SourceRefused, ""),
        (401, 1502, SourceRefused, "getinfo"),
        (403, None, SourceRefused, "getinfo"),
        (404, -32601, SourceLacks, "getinfo"),
        (500, -32602, SourceLacks, "getinfo"),
    ],
)
async def test_core_lightning_says_by_its_code_what_is_the_matter(number, code, expected, ability):
    with ClnServer(simulated(at=AT)) as server:
        server.use(Fault(Kind.STATUS, status=number, code=code))
        async with reading(server) as source:
            with pytest.raises(expected) as found:
                await source.node()

    assert found.value.ability == ability


@pytest.mark.parametrize("kind", ["lnd", "cln"])
@pytest.mark.parametrize(
    "credential", ["", "two words", "line\r\nbreak: yes", "ümlaut" * 8, "<script>" * 8, "a" * 9999]
)
async def test_what_cannot_be_a_credential_is_refused_before_anything_is_sent(kind, credential):
    server = {"lnd": LndServer, "cln": ClnServer}[kind](simulated(at=AT))
    with server:
        endpoint = replace(server.endpoint, credential=credential)
        with pytest.raises(SourceRefused) as found:
            async with connect(endpoint, manners=manners()):
                pass

    assert server.requests == []
    assert not credential or credential not in f"{found.value!r} {endpoint!r}"
