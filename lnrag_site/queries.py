"""What the home and status pages show, read from the rows of every floor. Text from the network stays text."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Sum
from django_q.models import Failure, OrmQ, Schedule, Success, Task

from models_registry.models import LanguageModel, Provider, Rollout
from rag.models import Chunk, Document, IndexVersion
from recommendations.models import GraphSnapshot, Network, NodeConnection, NodeView

POPULAR_DAYS = 7
POPULAR_COUNT = 8
JOB_COUNT = 10


@dataclass(frozen=True, slots=True)
class NetworkState:
    """The latest state of the default network. None where nothing was measured."""

    slug: str
    name: str
    is_synthetic: bool
    as_of: datetime
    source_name: str
    active_nodes: int
    public_channels: int
    network_capacity_sat: int
    median_fee_ppm: int | None
    median_base_fee_msat: int | None
    median_channel_sat: int | None
    fee_quantiles_ppm: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class ListedNode:
    """A node as a list names it. The alias is a stranger's text."""

    pubkey: str
    alias: str
    views: int | None = None


@dataclass(frozen=True, slots=True)
class ModelState:
    """Whether a model of the operator's can speak, in words for the page."""

    is_ready: bool
    words: str


def network_state() -> NetworkState | None:
    """Return the latest state of the default network, or None when none is imported."""
    snapshot = GraphSnapshot.objects.filter(network__is_default=True).select_related("network").first()
    if snapshot is None:
        return None
    quantiles = ((int(percentile), int(ppm)) for percentile, ppm in snapshot.fee_quantiles_ppm.items())
    return NetworkState(
        slug=snapshot.network.slug,
        name=snapshot.network.name,
        is_synthetic=snapshot.network.is_synthetic,
        as_of=snapshot.as_of,
        source_name=snapshot.source_name,
        active_nodes=snapshot.active_node_count,
        public_channels=snapshot.live_channel_count,
        network_capacity_sat=snapshot.live_capacity_sat,
        median_fee_ppm=snapshot.median_fee_ppm,
        median_base_fee_msat=snapshot.median_base_fee_msat,
        median_channel_sat=snapshot.median_channel_sat,
        fee_quantiles_ppm=tuple(sorted(quantiles)),
    )


def demo_node() -> ListedNode | None:
    """Return the synthetic operator's node while the demo network is there."""
    demo = NodeConnection.objects.filter(kind=NodeConnection.Kind.DEMO).select_related("node").order_by("pk").first()
    return ListedNode(demo.node.pubkey, demo.node.alias) if demo else None


def popular_nodes(*, at: datetime) -> tuple[ListedNode, ...]:
    """Return the nodes of the default network that were looked at most in the days before `at`."""
    rows = (
        NodeView.objects.filter(node__network__is_default=True, day__gt=at.date() - timedelta(days=POPULAR_DAYS))
        .values("node__pubkey", "node__alias")
        .annotate(views=Sum("count"))
        .order_by("-views", "node__pubkey")[:POPULAR_COUNT]
    )
    return tuple(ListedNode(row["node__pubkey"], row["node__alias"], row["views"]) for row in rows)


def model_state() -> ModelState:
    """Return whether an enabled, healthy host has a model that generates."""
    ready = LanguageModel.objects.filter(
        is_installed=True, is_enabled=True, provider__is_enabled=True, provider__is_healthy=True
    ).select_related("provider")
    model = next((row for row in ready if "embedding" not in row.capabilities), None)
    if model is not None:
        return ModelState(True, f"{model.tag} on {model.provider.name} answers.")
    host = Provider.objects.filter(is_enabled=True).first()
    if host is None:
        return ModelState(False, "No host for a local model is set up.")
    if host.is_healthy:
        return ModelState(False, f"{host.name} answers, but has no model that can speak.")
    return ModelState(False, f"{host.name} at {host.base_url} does not answer.")


def library_counts() -> dict[str, Any]:
    """Return how much the library holds, and the space it is indexed in."""
    space = IndexVersion.objects.filter(is_active=True).first()
    return {
        "documents": Document.objects.count(),
        "passages": Chunk.objects.count(),
        "space": space.slug if space else None,
    }


def queue_counts() -> dict[str, Any]:
    """Return what waits, what was done and what failed, and the timetable."""
    return {
        "waiting": OrmQ.objects.count(),
        "done": Success.objects.count(),
        "failed": Failure.objects.count(),
        "schedules": tuple(Schedule.objects.order_by("name").values("name", "next_run", "repeats")),
    }


def latest_jobs() -> tuple[dict[str, Any], ...]:
    """Return the jobs that ended last."""
    rows = Task.objects.order_by("-stopped").values("func", "stopped", "success")[:JOB_COUNT]
    return tuple({**row, "name": str(row["func"]).rsplit(".", 1)[-1].replace("_", " ")} for row in rows)


def rollouts() -> tuple[Rollout, ...]:
    """Return every rollout with its share."""
    return tuple(Rollout.objects.all())


def networks() -> tuple[Network, ...]:
    """Return every network with its snapshots at hand."""
    return tuple(Network.objects.prefetch_related("snapshots"))


def hosts() -> tuple[Provider, ...]:
    """Return every host as it was found at its latest check."""
    return tuple(Provider.objects.prefetch_related("language_models"))
