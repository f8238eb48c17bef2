"""Networks and their measured state, read from the snapshot that measured it. Unknown is None, never a constant."""

from dataclasses import dataclass
from datetime import datetime

from recommendations.domain.errors import NetworkNotFound
from recommendations.domain.facts import NetworkFacts
from recommendations.domain.onchain import UNKNOWN, OnchainState
from recommendations.models import GraphSnapshot, Network
from recommendations.queries.onchain import onchain_state


@dataclass(frozen=True, slots=True)
class FeeBar:
    """One bar of the fee histogram: live, enabled policies from `low_ppm` to `high_ppm`, which is open at the top."""

    low_ppm: int
    high_ppm: int | None
    count: int


@dataclass(frozen=True, slots=True)
class ListedNetwork:
    """A network as a list names it."""

    slug: str
    name: str
    is_default: bool
    is_synthetic: bool
    as_of: datetime | None
    node_count: int | None
    channel_count: int | None


def default_network(slug: str | None = None) -> Network:
    """Return the named network, or the default one.

    :raises NetworkNotFound: when there is none.
    """
    wanted = {"slug": slug} if slug else {"is_default": True}
    network = Network.objects.filter(**wanted).first()
    if network is None:
        raise NetworkNotFound(f"There is no network {slug!r}.") if slug else NetworkNotFound()
    return network


def newest_snapshot(network: Network | str | None = None) -> GraphSnapshot:
    """Return the newest snapshot of a network (by default the default one), with its network. One query.

    :raises NetworkNotFound: when there is none.
    """
    snapshot = _newest(network)
    if snapshot is None:
        slug = network.slug if isinstance(network, Network) else network
        raise NetworkNotFound(f"There is no graph of a network {slug!r}.") if slug else NetworkNotFound()
    return snapshot


def network_state(network: Network | str | None = None, *, at: datetime | None = None) -> NetworkFacts | None:
    """Return the measured state of a network as of its newest snapshot, or None when there is none. Two queries.

    :param at: the moment whose on-chain fees are meant; None: they stay unknown.
    """
    snapshot = _newest(network)
    return None if snapshot is None else network_facts(snapshot, onchain=onchain_of(snapshot, at=at))


def onchain_of(snapshot: GraphSnapshot, *, at: datetime | None, connection_id: int | None = None) -> OnchainState:
    """Return what a transaction costs at `at` in the chain of a snapshot's network. One query.

    Unknown for a synthetic network: its channels stand in no chain, and real fees beside made-up ones would mislead.
    """
    if at is None or snapshot.network.is_synthetic:
        return UNKNOWN
    return onchain_state(at, connection_id=connection_id)


def network_facts(snapshot: GraphSnapshot, *, onchain: OnchainState = UNKNOWN) -> NetworkFacts:
    """Return a snapshot's statistics as facts, with what a transaction costs where that is known."""
    quantiles = sorted((int(percent), int(ppm)) for percent, ppm in snapshot.fee_quantiles_ppm.items())
    return NetworkFacts(
        slug=snapshot.network.slug,
        is_synthetic=snapshot.network.is_synthetic,
        as_of=snapshot.as_of,
        active_nodes=snapshot.active_node_count,
        public_channels=snapshot.live_channel_count,
        network_capacity_sat=snapshot.live_capacity_sat,
        median_fee_ppm=snapshot.median_fee_ppm,
        fee_quantiles_ppm=tuple(quantiles),
        median_base_fee_msat=snapshot.median_base_fee_msat,
        median_channel_sat=snapshot.median_channel_sat,
        congestion_level=onchain.congestion_level,
        onchain_fee_sat_vb=onchain.sat_vb,
        onchain_fee_percentile=onchain.percentile_30d,
        onchain_fee_percentile_14d=onchain.percentile_14d,
        onchain_as_of=onchain.as_of,
        onchain_source=onchain.source,
    )


def fee_histogram(network: Network | str | None = None) -> tuple[FeeBar, ...]:
    """Return how many live, enabled policies charge what; () when no graph is there. One query."""
    snapshot = _newest(network)
    return () if snapshot is None else tuple(FeeBar(*bar) for bar in snapshot.fee_histogram)


def listed_networks() -> tuple[ListedNetwork, ...]:
    """Return every network with its newest snapshot, the default one first. Two queries."""
    newest = {s.network_id: s for s in GraphSnapshot.objects.order_by("network_id", "-as_of").distinct("network_id")}
    rows = []
    for network in Network.objects.order_by("-is_default", "slug"):
        snapshot = newest.get(network.pk)
        figures = (snapshot.as_of, snapshot.node_count, snapshot.channel_count) if snapshot else (None, None, None)
        rows.append(ListedNetwork(network.slug, network.name, network.is_default, network.is_synthetic, *figures))
    return tuple(rows)


def _newest(network: Network | str | None) -> GraphSnapshot | None:
    snapshots = GraphSnapshot.objects.select_related("network").order_by("-as_of")
    if isinstance(network, Network):
        return snapshots.filter(network=network).first()
    if network:
        return snapshots.filter(network__slug=network).first()
    return snapshots.filter(network__is_default=True).first()
