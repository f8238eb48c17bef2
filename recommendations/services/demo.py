"""The demo network: built from a seed, stored and measured like a real one, and removed again."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import perf_counter

from django.db import transaction

from recommendations.domain.synthetic_node import (
    FORWARD_DAYS,
    MONITORED_DAYS,
    NODE_UPTIME,
    SUCCESS_RATE,
    Demo,
    demo_pubkey,
    invented_demo,
)
from recommendations.models import Forward, Network, Node, NodeConnection, PrivateChannel
from recommendations.services.import_graph import DEMO, store_snapshot
from recommendations.services.measure_betweenness import measure_betweenness
from recommendations.services.remove_network import remove_network
from recommendations.sources.graph_files import GraphFile

SYNTHETIC_FORMAT = "synthetic"
DEFAULT_SEED, DEFAULT_NODES = 7, 300
FEWEST_NODES = 40  # the demo node needs peers with a market


@dataclass(frozen=True, slots=True)
class DemoReport:
    """What stands in the demo network. `created` is False when it stood there before."""

    pubkey: str
    nodes: int
    channels: int
    forwards: int
    created: bool
    seconds: float


def load_demo(
    *, at: datetime, seed: int = DEFAULT_SEED, nodes: int = DEFAULT_NODES, refresh: bool = False
) -> DemoReport:
    """Make the demo network unless it is there; with `refresh`, make it anew, as of `at`.

    :raises ValueError: when so few nodes are wanted that the demo node would have no market to look at.
    """
    started = perf_counter()
    if nodes < FEWEST_NODES:
        raise ValueError(f"The demo needs at least {FEWEST_NODES} nodes.")
    with transaction.atomic():
        known = Network.objects.filter(slug=DEMO).exists()
        if known and refresh:
            remove_network(DEMO)
        created = refresh or not known
        if created:
            _build(invented_demo(seed, nodes=nodes, at=at), seed=seed, at=at)
    return _report(created=created, seconds=perf_counter() - started)


def _build(demo: Demo, *, seed: int, at: datetime) -> None:
    as_of = at.replace(microsecond=0)
    digest = hashlib.sha256(f"{seed} {len(demo.records.nodes)} {as_of.isoformat()}".encode()).hexdigest()
    file = GraphFile(records=demo.records, source_format=SYNTHETIC_FORMAT, sha256=digest)
    report = store_snapshot(
        file,
        network=DEMO,
        name=f"synthetic, seed {seed}",
        at=at,
        as_of=as_of,
        dry_run=False,
        progress=lambda percent, message: None,
        started=perf_counter(),
    )
    if report.snapshot_id is not None:
        measure_betweenness(report.snapshot_id)  # a few milliseconds here: the page need not wait for the job
    _store_private(demo, node=Node.objects.get(network__slug=DEMO, pubkey=demo.pubkey), at=as_of)


def _store_private(demo: Demo, *, node: Node, at: datetime) -> None:
    connection = NodeConnection.objects.create(
        node=node,
        owner=None,
        kind=NodeConnection.Kind.DEMO,
        measured_at=at,
        forwards_from=at - timedelta(days=FORWARD_DAYS),
        uptime_ratio=NODE_UPTIME,
        monitored_days=MONITORED_DAYS,
        success_rate=SUCCESS_RATE,
    )
    PrivateChannel.objects.bulk_create(
        PrivateChannel(
            connection=connection,
            scid=channel.scid,
            peer_pubkey=channel.peer_pubkey,
            local_sat=channel.local_sat,
            remote_sat=channel.remote_sat,
            is_active=channel.is_active,
            is_initiator=channel.is_initiator,
            peer_uptime_ratio=channel.peer_uptime_ratio,
            monitored_days=MONITORED_DAYS,
            measured_at=at,
        )
        for channel in demo.channels
    )
    Forward.objects.bulk_create(
        Forward(
            connection=connection,
            at=forward.at,
            incoming_scid=forward.incoming_scid,
            outgoing_scid=forward.outgoing_scid,
            amount_in_msat=forward.amount_in_msat,
            amount_out_msat=forward.amount_out_msat,
            fee_msat=forward.fee_msat,
        )
        for forward in demo.forwards
    )


def _report(*, created: bool, seconds: float) -> DemoReport:
    demo = NodeConnection.objects.filter(kind=NodeConnection.Kind.DEMO, node__network__slug=DEMO).first()
    snapshot = Network.objects.get(slug=DEMO).snapshots.order_by("-as_of").first()
    return DemoReport(
        pubkey=demo.node.pubkey if demo else demo_pubkey(DEFAULT_SEED),
        nodes=snapshot.node_count if snapshot else 0,
        channels=snapshot.channel_count if snapshot else 0,
        forwards=demo.forwards.count() if demo else 0,
        created=created,
        seconds=seconds,
    )
