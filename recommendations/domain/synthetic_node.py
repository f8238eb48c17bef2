"""Invent the demo operator's node: channels with something wrong, or right, in each, and two months of forwards.

Each channel below is a small story that one or two rules should tell back. All of it is synthetic, and said to be.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from recommendations.domain.graph_records import ChannelRecord, GraphRecords, NodeRecord, PolicyRecord, assembled
from recommendations.domain.synthetic import (
    SyntheticGraph,
    chan_point,
    invented_channel,
    invented_graph,
    node_key,
    scid,
)

DEMO_ALIAS = "lnrag demo node"
DEMO_COLOR = "#f7931a"
DEMO_ADDRESS = "203.0.113.250:9735"
FORWARD_DAYS = 60
FIRST_NUMBER = 100_000  # of the demo node's channels: far from those of the network
NODE_UPTIME, SUCCESS_RATE, MONITORED_DAYS = 0.972, 0.71, 60.0
SMALLEST_FORWARD_SAT = 1_000
FORWARD_SIGMA = 1.1


@dataclass(frozen=True, slots=True)
class Story:
    """One channel of the demo node. `peer` is the peer's place among the best connected nodes."""

    peer: int
    capacity_sat: int
    local_share: float
    fee_ppm: int
    out_per_day: float = 0.0  # forwards that leave through it
    in_per_day: float = 0.0
    typical_sat: int = 60_000
    base_fee_msat: int = 0
    time_lock_delta: int = 80
    limit_share: float | None = None  # of capacity, advertised as largest HTLC; None: what is there
    age_days: int = 300
    peer_uptime: float = 0.998
    is_initiator: bool = True
    is_active: bool = True
    is_stale: bool = False
    stops_days_ago: int = 0


STORIES = (
    Story(0, 20_000_000, 0.55, 240, 6.0, 4.0),  # a healthy main road
    Story(0, 16_000_000, 0.48, 240, 3.0, 3.0),  # its parallel: too much capital with one peer
    Story(0, 14_000_000, 0.61, 260, 2.0, 2.0),
    Story(1, 8_000_000, 0.93, 4_200, 0.3, stops_days_ago=20),  # full, silent, and far dearer than its market
    Story(2, 6_000_000, 0.05, 2, 7.0, 0.3, 90_000),  # earns, is nearly empty, and far too cheap
    Story(3, 5_000_000, 0.97, 60, age_days=240, stops_days_ago=400),  # dead for as long as we look
    Story(4, 4_000_000, 0.50, 320, 0.6, 0.5, peer_uptime=0.905),  # a peer that is often away
    Story(5, 3_000_000, 0.52, 150, 0.0, 1.2, base_fee_msat=1_000),  # a base fee on small payments
    Story(6, 5_000_000, 0.22, 210, 1.2, 0.8, limit_share=0.99),  # advertises more than it holds
    Story(7, 150_000, 0.60, 180, 0.2, 0.1, 8_000),  # too small to pay for itself
    Story(8, 200_000, 0.40, 180, 0.1, 0.2, 8_000),
    Story(9, 4_000_000, 0.47, 300, 0.9, 0.9, time_lock_delta=18),  # a time lock LND no longer takes
    Story(10, 3_000_000, 0.50, 280, is_stale=True, is_active=False, peer_uptime=0.12),  # a zombie
    Story(11, 7_000_000, 0.88, 120, 0.4, 3.5, 80_000),  # a source: fills up
    Story(12, 6_000_000, 0.10, 380, 4.0, 0.3, 85_000),  # a sink: dries up within days
    Story(13, 4_000_000, 0.53, 260, 0.8, 0.9),
    Story(14, 2_500_000, 0.45, 240, 0.7, 0.6),
    Story(15, 2_000_000, 0.58, 200, 0.5, 0.6, is_initiator=False),
    Story(16, 300_000, 0.55, 220, 0.2, 0.2, 8_000),  # small channels are a pattern here
    Story(17, 400_000, 0.35, 260, 0.3, 0.2, 8_000),
    Story(18, 1_500_000, 0.50, 300, is_stale=True, is_active=False, peer_uptime=0.41),  # and so are forgotten ones
    Story(19, 1_000_000, 0.62, 350, is_stale=True, is_active=False, peer_uptime=0.56),
)


@dataclass(frozen=True, slots=True)
class DemoChannel:
    """What the demo node says of one of its channels."""

    scid: str
    peer_pubkey: str
    local_sat: int
    remote_sat: int
    is_active: bool
    is_initiator: bool
    peer_uptime_ratio: float


@dataclass(frozen=True, slots=True)
class DemoForward:
    """One settled forward through the demo node."""

    at: datetime
    incoming_scid: str
    outgoing_scid: str
    amount_in_msat: int
    amount_out_msat: int
    fee_msat: int


@dataclass(frozen=True, slots=True)
class Demo:
    """A whole invented network, and what the node in it knows of itself."""

    records: GraphRecords
    pubkey: str
    channels: tuple[DemoChannel, ...]
    forwards: tuple[DemoForward, ...]


def invented_demo(seed: int, *, nodes: int, at: datetime) -> Demo:
    """Return the demo of a seed as of `at`: the same arguments, the same demo."""
    at = at.replace(microsecond=0)
    graph = invented_graph(seed, nodes=nodes, at=at)
    rng = Random(f"lnrag node {seed}")  # noqa: S311 - repeatable, not secret
    pubkey = node_key(seed, 0)
    own = [_channel(story, pubkey, graph, place=place, at=at, rng=rng) for place, story in enumerate(STORIES)]
    node = NodeRecord(pubkey, DEMO_ALIAS, DEMO_COLOR, (DEMO_ADDRESS,), int(at.timestamp()) - 3_600)
    known = tuple(_private(story, channel, pubkey) for story, channel in zip(STORIES, own, strict=True))
    return Demo(
        records=assembled((*graph.nodes, node), (*graph.channels, *own)),
        pubkey=pubkey,
        channels=known,
        forwards=_forwards(tuple(channel.scid for channel in own), at=at, rng=rng),
    )


def demo_pubkey(seed: int) -> str:
    """Return the key of the demo node of a seed."""
    return node_key(seed, 0)


def _channel(
    story: Story, pubkey: str, graph: SyntheticGraph, *, place: int, at: datetime, rng: Random
) -> ChannelRecord:
    peer = graph.by_degree[story.peer]
    number = FIRST_NUMBER + place
    plain = invented_channel(pubkey, peer, number=number, at=at, rng=rng, capacity_sat=story.capacity_sat)
    updated_s = int((at - timedelta(days=30 if story.is_stale else 2)).timestamp()) + place
    own = _policy(story, updated_s=updated_s)
    theirs = _policy_of_peer(plain, pubkey, story, updated_s=updated_s)
    first, second = (own, theirs) if plain.node1 == pubkey else (theirs, own)
    return plain._replace(
        scid=scid(number, age_days=story.age_days, at=at),
        chan_point=chan_point(pubkey, number),
        policy1=first,
        policy2=second,
    )


def _policy(story: Story, *, updated_s: int) -> PolicyRecord:
    limit_sat = story.capacity_sat * (story.limit_share if story.limit_share is not None else story.local_share)
    return PolicyRecord(
        base_fee_msat=story.base_fee_msat,
        fee_ppm=story.fee_ppm,
        time_lock_delta=story.time_lock_delta,
        min_htlc_msat=1_000,
        max_htlc_msat=int(limit_sat) * 1_000,
        is_disabled=False,
        inbound_base_fee_msat=0,
        inbound_fee_ppm=0,
        updated_s=updated_s,
    )


def _policy_of_peer(plain: ChannelRecord, pubkey: str, story: Story, *, updated_s: int) -> PolicyRecord:
    """Return the peer's side: as the network's dice made it, but present and enabled, so that its story can be told."""
    made = plain.policy2 if plain.node1 == pubkey else plain.policy1
    told = made or _policy(story, updated_s=updated_s)
    return told._replace(is_disabled=False, updated_s=updated_s)


def _private(story: Story, channel: ChannelRecord, pubkey: str) -> DemoChannel:
    local_sat = int(story.capacity_sat * story.local_share)
    return DemoChannel(
        scid=channel.scid,
        peer_pubkey=channel.node2 if channel.node1 == pubkey else channel.node1,
        local_sat=local_sat,
        remote_sat=story.capacity_sat - local_sat,
        is_active=story.is_active,
        is_initiator=story.is_initiator,
        peer_uptime_ratio=story.peer_uptime,
    )


def _forwards(scids: tuple[str, ...], *, at: datetime, rng: Random) -> tuple[DemoForward, ...]:
    """Return the forwards of FORWARD_DAYS days, oldest first: out by `out_per_day`, in by `in_per_day`."""
    rows = []
    for day in range(FORWARD_DAYS, 0, -1):
        for place, story in enumerate(STORIES):
            if day <= story.stops_days_ago:
                continue
            for _ in range(_count(story.out_per_day, rng)):
                moment = at - timedelta(days=day) + timedelta(seconds=rng.randrange(86_000))
                rows.append(_forward(place, scids, moment=moment, rng=rng))
    return tuple(sorted(rows, key=lambda row: (row.at, row.outgoing_scid, row.incoming_scid)))


def _forward(place: int, scids: tuple[str, ...], *, moment: datetime, rng: Random) -> DemoForward:
    story = STORIES[place]
    weights = [0.0 if other == place else candidate.in_per_day for other, candidate in enumerate(STORIES)]
    source = rng.choices(range(len(STORIES)), weights)[0]
    largest = min(story.capacity_sat, STORIES[source].capacity_sat) // 4
    amount_sat = int(min(max(rng.lognormvariate(0, FORWARD_SIGMA) * story.typical_sat, SMALLEST_FORWARD_SAT), largest))
    fee_msat = story.base_fee_msat + amount_sat * story.fee_ppm // 1_000
    amount_msat = amount_sat * 1_000
    return DemoForward(moment, scids[source], scids[place], amount_msat + fee_msat, amount_msat, fee_msat)


def _count(mean: float, rng: Random) -> int:
    """Return a whole number around `mean`: bursts and quiet days, as on real channels."""
    whole = int(mean * rng.choice((0.3, 0.7, 1.0, 1.4, 1.6)))
    return whole + (rng.random() < mean - int(mean))
