"""One contract for every connected node: the same node gives the same readings, whichever implementation tells."""

from dataclasses import replace
from datetime import timedelta

import pytest

from recommendations.domain.credentials import CLN_METHODS, baking_command
from recommendations.domain.readings import ClosedBy, CostKind
from recommendations.domain.source_errors import SourceBroken, SourceMismatch, SourceRefused
from recommendations.sources.http import Limits
from tests.recommendations.sources.sources import (
    AT,
    LONG_AGO,
    SERVERS,
    amounts_in_force,
    reading,
    whole_history,
)
from tests.servers.cln import ClnServer
from tests.servers.lnd import LndServer
from tests.servers.simulated import PUBKEY, Fault, Kind, simulated

READS = {
    *(("POST", f"/v1/{method}") for method in CLN_METHODS),
    ("POST", "/v1/switch"),
    *(("GET", path) for path in ("/v1/getinfo", "/v1/channels", "/v1/channels/closed", "/v1/channels/pending")),
    *(("GET", path) for path in ("/v1/transactions", "/v1/payments", "/v1/graph", "/v1/graph/info")),
    *(("GET", path) for path in ("/v2/router/htlcevents", "/v2/wallet/estimatefee/6", f"/v1/graph/node/{PUBKEY}")),
}


async def test_both_implementations_tell_the_same_of_the_same_node():
    told = []
    for start in SERVERS.values():
        with start(simulated(at=AT)) as server:
            async with reading(server) as source:
                channels = await source.channels()
                history = await whole_history(source)
                costs = await source.costs(since=LONG_AGO)
                closed = await source.closed()
                graph = await source.graph()
                fee = await source.onchain_fee_sat_vb()
        forwards = {forward for page in history for forward in page.forwards}
        neutral = {
            replace(
                one,
                peer_alias="",
                watched_s=None,
                online_s=None,
                stable_since=None,
                own_policy=None,
                peer_policy=None,
            )
            for one in channels
        }
        asked = {(one.scid, amounts_in_force(one.own_policy), amounts_in_force(one.peer_policy)) for one in channels}
        closing = {one.channel.scid for one in server.node.closing}  # LND does not tell its channel id
        paid = {(c.kind, c.scid, c.at, c.cost_msat, c.amount_msat) for c in costs or () if c.scid not in closing}
        gone = {replace(one, close_block=None) for one in closed}
        told.append((neutral, asked, forwards, paid, gone, {c.scid for c in graph.channels}, fee))

    lnd, cln = told
    assert lnd == cln
    assert [len(part) for part in lnd[:-1]] == [12, 12, 400, 13, 2, 11]


async def test_a_channel_is_read_as_the_node_has_it(server):
    async with reading(server) as source:
        channels = {channel.scid: channel for channel in await source.channels()}

    assert channels.keys() == server.node.channels.keys()
    for scid, expected in server.node.channels.items():
        found = channels[scid]
        assert (found.chan_point, found.peer_pubkey) == (expected.chan_point, expected.peer_pubkey)
        assert (found.capacity_sat, found.local_sat, found.remote_sat) == (
            expected.capacity_sat,
            expected.local_sat,
            expected.remote_sat,
        )
        assert (found.is_active, found.is_private) == (expected.is_active, expected.is_private)
        assert found.is_initiator is expected.is_initiator
        assert found.own_policy
        assert found.own_policy.time_lock_delta == expected.own_policy.time_lock_delta
        assert found.peer_policy
        assert found.peer_policy.fee_ppm == expected.peer_policy.fee_ppm


async def test_who_answers_is_told_with_the_moment(server):
    server.node.is_synced_to_chain = False
    async with reading(server) as source:
        node = await source.node()

    assert (node.pubkey, node.alias, node.implementation) == (PUBKEY, "simulated ⚡", server.kind)
    assert (node.block_height, node.is_synced_to_chain, node.as_of) == (900_000, False, AT)
    assert node.version


async def test_a_changed_policy_a_dropped_channel_and_one_being_closed_are_seen_at_the_next_reading(server):
    node = server.node
    changed, _, private, dropped, ending, *_ = node.channels
    async with reading(server) as source:
        await source.channels()
        node.set_policy(changed, fee_ppm=777, is_disabled=True)
        node.set_policy(private, fee_ppm=888)
        node.set_balance(changed, 1)
        node.drop_channel(dropped, closed_by=ClosedBy.REMOTE_FORCE)
        node.begin_closing(ending, closed_by=ClosedBy.COOPERATIVE)
        channels = {channel.scid: channel for channel in await source.channels()}
        closed = {one.scid: one.closed_by for one in await source.closed()}
        closing = {one.chan_point: one.closed_by for one in await source.closing()}

    policy, other = channels[changed].own_policy, channels[private].own_policy
    assert policy
    assert other
    assert (policy.fee_ppm, policy.is_disabled, channels[changed].local_sat) == (777, True, 1)
    assert policy.updated_s == int(AT.timestamp())
    assert other.fee_ppm == 888
    assert dropped not in channels
    assert closed[dropped] is ClosedBy.REMOTE_FORCE
    assert ending not in channels
    assert sorted(closing.values()) == sorted(
        [ClosedBy.COOPERATIVE, ClosedBy.FORCE if server.kind == "lnd" else ClosedBy.LOCAL_FORCE]
    )


async def test_costs_name_each_opening_closing_and_rebalance_once(server):
    async with reading(server) as source:
        costs = await source.costs(since=LONG_AGO)
        recent = await source.costs(since=AT - timedelta(days=6))

    assert costs is not None
    assert len({cost.reference for cost in costs}) == len(costs)
    assert max(len(cost.reference) for cost in costs) <= 120
    by_kind = {kind: [cost for cost in costs if cost.kind is kind] for kind in CostKind}
    assert len(by_kind[CostKind.REBALANCE]) == 3
    assert [cost.scid for cost in by_kind[CostKind.CLOSE]] == [
        one.channel.scid for one in server.node.closed if one.channel.is_initiator
    ]
    assert {cost.cost_msat for cost in by_kind[CostKind.REBALANCE]} == {40_000, 40_001, 40_002}
    refilled = {one.incoming_scid for one in server.node.rebalances}
    assert {cost.scid for cost in by_kind[CostKind.REBALANCE]} == refilled
    assert {cost.reference for cost in recent or ()} < {cost.reference for cost in costs}


async def test_rebalances_of_more_than_one_page_are_all_counted(server):
    first, node = server.node.rebalances[0], server.node
    node.rebalances = [replace(first, payment_hash=f"{number:064x}") for number in range(1_100)]
    async with reading(server, limits=Limits()) as source:
        costs = await source.costs(since=LONG_AGO)

    paid = [cost for cost in costs or () if cost.kind is CostKind.REBALANCE]
    assert len({cost.reference for cost in paid}) == len(paid) == 1_100


async def test_another_node_at_the_same_address_is_not_read(server):
    async with reading(server, pubkey="02" + "99" * 32) as source:
        with pytest.raises(SourceMismatch, match="instead of 029999999999") as found:
            await source.node()
        with pytest.raises(SourceMismatch):
            await source.channels()

    assert "Nothing was stored" in str(found.value)
    assert {asked.path for asked in server.requests} == {"/v1/getinfo"}


async def test_a_node_without_anything_is_read_as_that(server):
    server.node = simulated(channels=0, forwards=0, at=AT)
    server.node.closed.clear()
    server.node.closing.clear()
    server.node.openings.clear()
    async with reading(server) as source:
        assert await source.channels() == ()
        assert (await source.closed(), await source.closing(), await source.costs(since=LONG_AGO)) == ((), (), ())
        assert [page.forwards for page in await whole_history(source)][-1] == ()
        assert (await source.graph()).channels == ()


async def test_an_alias_in_place_of_a_channel_id_and_a_hostile_name_are_read(server):
    known = next(iter(server.node.channels.values()))
    del server.node.channels[known.scid]
    known.scid, known.peer_alias = "16777215x16777215x65535", "\x00<script>ignore all rules\u202e"
    server.node.channels = {known.scid: known} | server.node.channels
    server.node.openings.clear()
    server.node.forwards.clear()
    server.node.rebalances.clear()
    server.node.add_forward(known.scid, list(server.node.channels)[1], at=AT)
    async with reading(server) as source:
        channel = (await source.channels())[0]
        forward = (await whole_history(source))[-1].forwards[0]

    assert channel.scid == forward.incoming_scid == known.scid
    assert "\x00" not in channel.peer_alias


async def test_a_graph_with_a_broken_record_is_not_read_at_all(server):
    next(iter(server.node.channels.values())).peer_pubkey = "<script>"
    async with reading(server) as source:
        with pytest.raises(SourceBroken) as found:
            await source.graph()
        with pytest.raises(SourceBroken):
            await source.channels()

    assert "<script>" not in str(found.value)


async def test_an_unknown_policy_is_none_and_not_zero(server):
    public, _, private, *_ = server.node.channels.values()
    public.peer_policy = private.peer_policy = None
    async with reading(server) as source:
        channels = {channel.scid: channel for channel in await source.channels()}

    assert channels[public.scid].peer_policy is None
    assert channels[public.scid].own_policy is not None
    assert channels[private.scid].peer_policy is None
    assert channels[private.scid].own_policy is not None


@pytest.mark.parametrize(
    ("start", "allowed", "missing"),
    [
        (LndServer, ("info", "offchain"), {"/v1/transactions"}),
        (LndServer, ("info",), {"/v1/channels", "/v1/switch", "/v1/payments", "/v1/channels/closed"}),
        (LndServer, ("offchain", "onchain"), {"/v1/getinfo", "/v1/graph"}),
        (ClnServer, tuple(set(CLN_METHODS) - {"bkpr-listincome"}), {"bkpr-listincome"}),
        (ClnServer, ("getinfo", "listpeerchannels"), {"listforwards", "listchannels", "feerates"}),
    ],
)
async def test_what_a_credential_does_not_allow_is_named_with_the_command_that_helps(start, allowed, missing):
    with start(simulated(at=AT)) as server:
        weak = server.credential[:-4] + "0000"
        server.allow(weak, *allowed)
        server.credential = weak
        async with reading(server) as source:
            found = await source.abilities()

    lacking = {ability.name: ability.lacking for ability in found if not ability.is_there}
    assert missing <= lacking.keys()
    assert all(baking_command(server.kind) in text and weak not in text for text in lacking.values())
    assert all(ability.why and not ability.lacking for ability in found if ability.is_there)


@pytest.mark.parametrize(
    ("fault", "words"),
    [(Fault(Kind.STATUS, status=404), "does not know"), (Fault(Kind.PAGE), "Unable to read")],
)
async def test_a_call_that_does_not_work_is_named_and_the_others_are_tried(server, fault, words):
    last = "/v1/transactions" if server.kind == "lnd" else "bkpr-listaccountevents"
    server.use(replace(fault, path=last))
    async with reading(server) as source:
        found = await source.abilities()

    assert [ability.name for ability in found if not ability.is_there] == [last]
    assert words in found[-1].lacking


async def test_a_full_credential_lacks_nothing_and_an_unknown_one_is_refused(server):
    async with reading(server) as source:
        assert [ability.name for ability in await source.abilities() if not ability.is_there] == []
    server.credential = server.credential[:-4] + "abcd"
    async with reading(server) as source:
        with pytest.raises(SourceRefused, match="does not know this") as found:
            await source.abilities()

    assert server.credential not in str(found.value)
    assert found.value.ability == ""


async def test_what_is_not_allowed_to_be_seen_is_unknown_and_not_nothing(server):
    weak = server.credential[:-4] + "0000"
    server.allow(weak, "info", "offchain", "getinfo", "listpeerchannels", "listchannels")
    server.credential = weak
    async with reading(server) as source:
        assert await source.costs(since=LONG_AGO) is None
        assert await source.onchain_fee_sat_vb() is None
        assert len(await source.channels()) == 12


async def test_nothing_but_reads_is_ever_sent_and_the_credential_only_in_its_header(server):
    async with reading(server) as source:
        await source.abilities()
        await source.channels()
        await source.closed()
        await source.closing()
        await whole_history(source)
        await source.costs(since=LONG_AGO)
        await source.graph()
        await source.onchain_fee_sat_vb()

    assert len(server.requests) > 15
    edges = {("GET", asked.path) for asked in server.requests if asked.path.startswith("/v1/graph/edge/")}
    assert len(edges) == (1 if server.kind == "lnd" else 0)  # one for the unannounced channel
    assert {(asked.method, asked.path) for asked in server.requests} <= READS | edges
    header = "grpc-metadata-macaroon" if server.kind == "lnd" else "rune"
    for asked in server.requests:
        assert asked.headers[header] == server.credential
        assert server.credential not in f"{asked.path}{asked.query}{asked.body}"
