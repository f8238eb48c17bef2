"""Measure a whole network at once: statistics of the graph and metrics of every node, over arrays. Pure.

Live channels only (one side updated within the window), except the two counts that say otherwise. Medians, never means:
a few policies announce rates of thousands of percent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from recommendations.domain.market import capacity_weighted_ppm
from recommendations.domain.network import Ints, tip_block

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

QUANTILES = (5, 25, 50, 75, 90, 95, 99)
FEE_STEPS_PPM = (0, 1, 11, 51, 101, 251, 501, 1_001, 2_001, 5_001)  # lowest rate of each bar of the histogram


@dataclass(frozen=True, slots=True)
class NetworkArrays:
    """The rows of one graph as columns. Ends of channels are positions in `node_ids`."""

    node_ids: Ints
    node1: Ints
    node2: Ints
    capacity_sat: Ints
    block: Ints
    is_live: Bools
    policy_channel: Ints  # position of the channel
    policy_direction: Ints
    base_fee_msat: Ints
    fee_ppm: Ints
    is_disabled: Bools


@dataclass(frozen=True, slots=True)
class NetworkMeasures:
    """Statistics of one graph, in the words of GraphSnapshot."""

    node_count: int
    channel_count: int
    live_channel_count: int
    active_node_count: int
    capacity_sat: int
    live_capacity_sat: int
    median_fee_ppm: int | None
    median_base_fee_msat: int | None
    median_channel_sat: int | None
    fee_quantiles_ppm: tuple[tuple[int, int], ...]
    fee_histogram: tuple[tuple[int, int | None, int], ...]
    tip_block: int


@dataclass(frozen=True, slots=True)
class NodeMeasures:
    """Metrics of every node, one entry per node in the order of `node_ids`; None where there is nothing to measure."""

    channel_count: Ints
    capacity_sat: Ints
    live_channel_count: Ints
    live_capacity_sat: Ints
    peer_ids: list[list[int]]
    median_channel_sat: list[int | None]
    median_fee_ppm: list[int | None]
    capacity_percentile: list[float | None]
    channels_percentile: list[float | None]
    fee_percentile: list[float | None]
    hhi: list[float | None]
    largest_peer_share: list[float | None]
    largest_peer_id: list[int | None]
    oldest_block: list[int | None]
    market_ppm: list[list[int]]


def measure_network(graph: NetworkArrays, *, as_of: datetime) -> NetworkMeasures:
    """Return the statistics of a graph as of its own time."""
    live_sat = np.sort(graph.capacity_sat[graph.is_live])
    usable = graph.is_live[graph.policy_channel] & ~graph.is_disabled
    fees, bases = np.sort(graph.fee_ppm[usable]), np.sort(graph.base_fee_msat[usable])
    ends = np.concatenate((graph.node1[graph.is_live], graph.node2[graph.is_live]))
    return NetworkMeasures(
        node_count=int(graph.node_ids.size),
        channel_count=int(graph.capacity_sat.size),
        live_channel_count=int(live_sat.size),
        active_node_count=int(np.unique(ends).size),
        capacity_sat=int(graph.capacity_sat.sum()),
        live_capacity_sat=int(live_sat.sum()),
        median_fee_ppm=_middle(fees),
        median_base_fee_msat=_middle(bases),
        median_channel_sat=_middle(live_sat),
        fee_quantiles_ppm=tuple((q, round(float(np.percentile(fees, q)))) for q in QUANTILES) if fees.size else (),
        fee_histogram=_histogram(fees),
        tip_block=tip_block(graph.block, as_of=as_of),
    )


def measure_nodes(graph: NetworkArrays) -> NodeMeasures:
    """Return the metrics of every node. Parallel channels count as one peer; a channel to oneself as no peer."""
    total = graph.node_ids.size
    owner, peer, channel = _halves(graph)
    live = graph.is_live[channel]
    counts = np.bincount(owner[live], minlength=total)
    capacities = _sums(owner[live], graph.capacity_sat[channel[live]], total=total)
    fees = medians_by_group(*_usable_fees(graph), total=total)
    hhi, share, largest, peer_ids = _concentration(graph, owner[live], peer[live], channel[live])
    return NodeMeasures(
        channel_count=np.bincount(owner, minlength=total),
        capacity_sat=_sums(owner, graph.capacity_sat[channel], total=total),
        live_channel_count=counts,
        live_capacity_sat=capacities,
        peer_ids=peer_ids,
        median_channel_sat=medians_by_group(owner[live], graph.capacity_sat[channel[live]], total=total),
        median_fee_ppm=fees,
        capacity_percentile=percentiles([int(c) if n else None for c, n in zip(capacities, counts, strict=True)]),
        channels_percentile=percentiles([int(n) or None for n in counts]),
        fee_percentile=percentiles(fees),
        hhi=hhi,
        largest_peer_share=share,
        largest_peer_id=largest,
        oldest_block=_oldest(owner, graph.block[channel], total=total),
        market_ppm=_markets(graph),
    )


def percentiles(values: Sequence[float | None]) -> list[float | None]:
    """Return, for each known value, the share of the known values strictly below it, 0-100.

    That is (total - rank) / total with rank 1 the largest and equal values sharing the worst rank.
    """
    known = np.sort(np.array([value for value in values if value is not None]))
    below = np.searchsorted(known, np.array([known[0] if v is None else v for v in values])) if known.size else known
    shares = (100 * below / max(1, known.size)).tolist()
    return [None if value is None else shares[i] for i, value in enumerate(values)]


def medians_by_group(group: Ints, value: Ints, *, total: int) -> list[int | None]:
    """Return the median of each group's values, rounded, for groups 0 to total - 1; None for empty groups."""
    medians: list[int | None] = [None] * total
    if group.size == 0:
        return medians
    order = np.lexsort((value, group))
    ordered_group, ordered_value = group[order], value[order]
    present, start, size = np.unique(ordered_group, return_index=True, return_counts=True)
    low, high = ordered_value[start + (size - 1) // 2], ordered_value[start + size // 2]
    for index, median in zip(present.tolist(), ((low + high) // 2).tolist(), strict=True):
        medians[index] = median
    return medians


def _middle(ordered: Ints) -> int | None:
    return round(float(np.percentile(ordered, 50))) if ordered.size else None


def _histogram(fees_ppm: Ints) -> tuple[tuple[int, int | None, int], ...]:
    edges = np.searchsorted(fees_ppm, FEE_STEPS_PPM)
    counts = np.diff(np.append(edges, fees_ppm.size)).tolist()
    tops = (*(step - 1 for step in FEE_STEPS_PPM[1:]), None)
    return tuple(zip(FEE_STEPS_PPM, tops, counts, strict=True))


def _sums(group: Ints, value: Ints, *, total: int) -> Ints:
    sums = np.zeros(total, dtype=np.int64)
    np.add.at(sums, group, value)  # bincount would go through floats
    return sums


def _halves(graph: NetworkArrays) -> tuple[Ints, Ints, Ints]:
    """Return owner, peer and channel of every half of a channel; a channel to oneself has one half."""
    channel = np.arange(graph.capacity_sat.size)
    other = graph.node1 != graph.node2
    owner = np.concatenate((graph.node1, graph.node2[other]))
    peer = np.concatenate((graph.node2, graph.node1[other]))
    return owner, peer, np.concatenate((channel, channel[other]))


def _usable_fees(graph: NetworkArrays) -> tuple[Ints, Ints]:
    """Return owner and rate of every live, enabled policy."""
    usable = graph.is_live[graph.policy_channel] & ~graph.is_disabled
    channel = graph.policy_channel[usable]
    owner = np.where(graph.policy_direction[usable] == 0, graph.node1[channel], graph.node2[channel])
    return owner, graph.fee_ppm[usable]


def _oldest(owner: Ints, block: Ints, *, total: int) -> list[int | None]:
    oldest = np.full(total, np.iinfo(np.int64).max)
    mined = block > 0
    np.minimum.at(oldest, owner[mined], block[mined])
    return [None if block == np.iinfo(np.int64).max else block for block in oldest.tolist()]


def _concentration(
    graph: NetworkArrays, owner: Ints, peer: Ints, channel: Ints
) -> tuple[list[float | None], list[float | None], list[int | None], list[list[int]]]:
    """Return HHI, the largest peer's share, that peer's id and all peers' ids, by capacity with parallels summed."""
    total = graph.node_ids.size
    hhi: list[float | None] = [None] * total
    share: list[float | None] = [None] * total
    largest: list[int | None] = [None] * total
    peer_ids: list[list[int]] = [[] for _ in range(total)]
    apart = owner != peer
    pair, inverse = np.unique(owner[apart] * total + peer[apart], return_inverse=True)
    capacity = _sums(inverse, graph.capacity_sat[channel[apart]], total=pair.size)
    owners, starts = np.unique(pair // total, return_index=True)
    ends = np.append(starts, pair.size)[1:].tolist()
    for index, start, end in zip(owners.tolist(), starts.tolist(), ends, strict=True):
        peer_ids[index] = graph.node_ids[pair[start:end] % total].tolist()
        whole = int(capacity[start:end].sum())
        if whole:
            shares = capacity[start:end] / whole
            best = int(shares.argmax())
            hhi[index], share[index] = float(10_000 * (shares**2).sum()), float(shares[best])
            largest[index] = peer_ids[index][best]
    return hhi, share, largest, peer_ids


def _markets(graph: NetworkArrays) -> list[list[int]]:
    """Return per node the ascending rates others charge into it: one per neighbor, live and enabled."""
    total = graph.node_ids.size
    markets: list[list[int]] = [[] for _ in range(total)]
    channel = graph.policy_channel
    toward_node2 = graph.policy_direction == 0
    charger = np.where(toward_node2, graph.node1[channel], graph.node2[channel])
    target = np.where(toward_node2, graph.node2[channel], graph.node1[channel])
    usable = graph.is_live[channel] & ~graph.is_disabled & (charger != target)
    pair, inverse, size = np.unique(target[usable] * total + charger[usable], return_inverse=True, return_counts=True)
    rates = np.zeros(pair.size, dtype=np.int64)
    rates[inverse] = graph.fee_ppm[usable]  # exact where there is one channel
    _weigh_parallels(rates, inverse, size, graph.capacity_sat[channel[usable]], graph.fee_ppm[usable])
    targets, starts = np.unique(pair // total, return_index=True)
    ends = np.append(starts, pair.size)[1:].tolist()
    for index, start, end in zip(targets.tolist(), starts.tolist(), ends, strict=True):
        markets[index] = np.sort(rates[start:end]).tolist()
    return markets


def _weigh_parallels(rates: Ints, inverse: Ints, size: Ints, capacity: Ints, fee_ppm: Ints) -> None:
    """Write the capacity-weighted rate of every pair of nodes with several channels into `rates`."""
    parallel = np.flatnonzero(size[inverse] > 1)
    if parallel.size == 0:
        return
    parallel = parallel[np.argsort(inverse[parallel], kind="stable")]
    position, starts = np.unique(inverse[parallel], return_index=True)
    for index, halves in zip(position.tolist(), np.split(parallel, starts[1:]), strict=True):
        pairs = list(zip(capacity[halves].tolist(), fee_ppm[halves].tolist(), strict=True))
        rate = capacity_weighted_ppm(pairs)
        rates[index] = rate if rate is not None else 0
