"""A node with a past: channels of every kind, weeks of forwards and failures, closings and what they cost."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random

from recommendations.domain.graph_records import PolicyRecord
from recommendations.domain.readings import ClosedBy, FailedAt
from tests.servers.simulated.node import SimChannel, SimOpening, SimRebalance, SimulatedNode, txid

PUBKEY = "02" + "ab" * 32
BLOCKS_PER_DAY = 144
CAPACITIES_SAT = (2_000_000, 5_000_000, 1_000_000, 10_000_000, 3_000_000)
NAMES = ("Alice", "Bob ⚡", "Carol <b>", "Dave", "Eve", "Frank", "Grace", "Heidi", "Ivan", "Judy", "Mallory")


def simulated(
    pubkey: str = PUBKEY,
    *,
    channels: int = 12,
    forwards: int = 400,
    days: int = 28,
    at: datetime | None = None,
    seed: int = 1,
    peers: Sequence[str] = (),
) -> SimulatedNode:
    """Return a node with `channels` open channels and `forwards` settled forwards of the `days` before `at` (now).

    The first two channels go to one peer, the third is unannounced, the last peer is away. One more channel is being
    closed, two are closed. Every ninth forward failed here, every fifth behind us. `peers` are the keys to use for
    the peers; others are made up. The same seed gives the same node.
    """
    rng, moment = Random(seed), at or datetime.now(UTC)  # not for secrets
    node = SimulatedNode(pubkey, alias="simulated ⚡", now=at)
    keys = [*peers, *(f"03{number:064x}" for number in range(1, channels + 4))]
    for number in range(channels + 3):
        _open(node, number, peer=keys[max(0, number - 1)], at=moment, rng=rng)
    _close(node, at=moment, channels=channels)
    scids = list(node.channels)
    if len(scids) > 1:
        _remember(node, scids, forwards=forwards, days=days, at=moment, rng=rng)
    if channels > 3:
        node.channels[scids[2]].is_private = True
        node.go_offline(scids[-1])
    return node


def a_policy(fee_ppm: int, *, base_fee_msat: int = 0, time_lock_delta: int = 80, at: datetime) -> PolicyRecord:
    """Return a policy as nodes have it."""
    at_s = int(at.timestamp())
    return PolicyRecord(base_fee_msat, fee_ppm, time_lock_delta, 1_000, 990_000_000, False, 0, 0, at_s)


def _open(node: SimulatedNode, number: int, *, peer: str, at: datetime, rng: Random) -> None:
    capacity_sat = CAPACITIES_SAT[number % len(CAPACITIES_SAT)]
    opened_at = at - timedelta(days=200 - 5 * (number % 30))
    block = node.block_height - BLOCKS_PER_DAY * (200 - 5 * (number % 30))
    scid, point = f"{block}x{number + 1}x{number % 2}", f"{txid(f'open {number}')}:{number % 2}"
    node.channels[scid] = SimChannel(
        scid=scid,
        chan_point=point,
        peer_pubkey=peer,
        peer_alias=NAMES[max(0, number - 1) % len(NAMES)],
        capacity_sat=capacity_sat,
        local_sat=int(capacity_sat * rng.uniform(0.05, 0.95)),
        own_policy=a_policy(50 * (number + 1), base_fee_msat=1000 * (number % 2), at=at - timedelta(days=20)),
        peer_policy=a_policy(30 * (number + 1), time_lock_delta=40, at=at - timedelta(days=10)),
        is_initiator=number % 3 != 1,
        stable_since=at - timedelta(days=3, seconds=number),
    )
    if number % 3 != 1:
        node.openings.append(SimOpening(point, opened_at, fee_sat=1_500 + 10 * number))


def _close(node: SimulatedNode, *, at: datetime, channels: int) -> None:
    """Close the three youngest: two are gone, one is on its way."""
    first, second, third = list(node.channels)[channels:]
    node.drop_channel(first, closed_by=ClosedBy.COOPERATIVE, at=at - timedelta(days=12), fee_sat=700)
    node.drop_channel(second, closed_by=ClosedBy.REMOTE_FORCE, at=at - timedelta(days=5), fee_sat=900)
    node.begin_closing(third, closed_by=ClosedBy.LOCAL_FORCE)


def _remember(
    node: SimulatedNode, scids: Sequence[str], *, forwards: int, days: int, at: datetime, rng: Random
) -> None:
    begin, step = at - timedelta(days=days), timedelta(days=days) / (forwards + 1)
    for number in range(1, forwards + 1):
        incoming, outgoing = rng.sample(scids, 2)
        moment = (begin + number * step).replace(microsecond=0) + timedelta(microseconds=250_000)
        _forward(node, incoming, outgoing, number=number, at=moment, rng=rng)
    for number in range(3):
        out, into = scids[number % len(scids)], scids[(number + 1) % len(scids)]
        moment = (at - timedelta(days=3 + 5 * number)).replace(microsecond=0)
        amount_msat, fee_msat = 200_000_000 + number, 40_000 + number
        node.rebalances.append(SimRebalance(txid(f"rebalance {number}"), moment, out, into, amount_msat, fee_msat))


def _forward(node: SimulatedNode, incoming: str, outgoing: str, *, number: int, at: datetime, rng: Random) -> None:
    amount_msat = rng.randrange(1_000_000, 400_000_000, 1_000)
    if number % 9 == 0:
        node.refuse_forward(incoming, outgoing, amount_msat=amount_msat, fee_msat=100, at=at)
    if number % 5 == 0:
        failed = node.offer_forward(incoming, outgoing, amount_msat=amount_msat, fee_msat=90, at=at)
        node.fail(failed, failed_at=FailedAt.DOWNSTREAM, reason="", at=at)
    fee_msat = rng.randrange(0, 60_000)
    node.add_forward(incoming, outgoing, amount_msat=amount_msat, fee_msat=fee_msat, at=at)
