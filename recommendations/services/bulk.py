"""Advise on every node of a snapshot by rules and public facts alone: one job, in slices that take each other's place.

What lands in the rows is what the serving code would store for somebody who asked now (`store_bulk`). A slice reads the
whole snapshot once; a part of it is PART nodes, judged and written in one transaction, after which the job can stop.
"""

import logging
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django_q.tasks import async_task

from models_registry.domain.query_types import QueryType
from recommendations.domain.advice import Thresholds
from recommendations.domain.facts import NetworkFacts
from recommendations.domain.findings.catalog import examine
from recommendations.domain.findings.profiles import profiled
from recommendations.domain.recommendation import ScoredRecommendation, recommend
from recommendations.domain.scoring import Weights
from recommendations.domain.shapes import SHAPES
from recommendations.domain.tracking import row_id
from recommendations.models import BulkRun, GraphSnapshot, Network, Node
from recommendations.queries import network_facts, newest_snapshot
from recommendations.queries.bulk import (
    Surroundings,
    channels_of,
    metrics_of,
    nodes_after,
    rejected_among,
    surroundings,
)
from recommendations.queries.networks import onchain_of
from recommendations.services.cite import cited
from recommendations.services.snapshot import GraphRows, facts_from
from recommendations.services.stances import Stance
from recommendations.services.store_bulk import RowOf, remove_outdated, write
from recommendations.services.weights import active_thresholds, active_weights

logger = logging.getLogger(__name__)
TASK = "recommendations.tasks.advise_all_nodes"
PART = 500  # nodes in one transaction: some seconds, and 15 MB of rows
SLICE_S = 60.0  # well under half the queue's time-out, and others want a turn at its few workers
SILENT = timedelta(minutes=15)  # a run nobody worked on for so long was interrupted
MOST_SHOWN = min(10, SHAPES[QueryType.DETAILED].most_shown)  # what somebody sees who asks without further words
GOAL = "balanced"
UNEXPECTED = "It stopped for an unexpected reason, which stands in the log. Start it again: what is done is kept."
OUTDATED = "A newer graph came in between. Start it again for that one."
Progress = Callable[[int, int], None]  # (nodes done, of)
State = BulkRun.State


@dataclass(frozen=True, slots=True)
class Bench:
    """What all nodes of a slice are judged by."""

    around: Surroundings
    network: NetworkFacts
    thresholds: Mapping[str, Thresholds]
    weights: Weights


def start(network: Network | str | None = None, *, at: datetime) -> BulkRun:
    """Return the run over the newest snapshot of a network: the one under way, else a new one. Nothing is queued.

    :raises NetworkNotFound: when there is no such network or no graph.
    """
    snapshot = newest_snapshot(network)
    with transaction.atomic():
        GraphSnapshot.objects.select_for_update().get(pk=snapshot.pk)  # two who start at once share one run
        unfinished = BulkRun.objects.filter(snapshot=snapshot, state__in=(State.QUEUED, State.RUNNING)).first()
        return unfinished or BulkRun.objects.create(snapshot=snapshot, started_at=at, total=snapshot.node_count)


def enqueue(network: Network | str | None = None, *, at: datetime) -> bool:
    """Start a run, or take up one that was interrupted; return whether it was queued: not where one is at work.

    :raises NetworkNotFound: when there is no such network or no graph.
    """
    with transaction.atomic():
        run = start(network, at=at)
        if run.alive_at is not None and run.alive_at > at - SILENT:
            return False
        BulkRun.objects.filter(pk=run.pk).update(alive_at=at)
        enqueue_next(run.pk)  # beside the write: it commits or vanishes with it
    return True


def enqueue_next(run_id: UUID) -> None:
    """Queue the next slice of a run."""
    async_task(TASK, run_id=str(run_id))


def run_slice(
    run_id: UUID, *, slice_s: float | None = SLICE_S, progress: Progress | None = None, part: int = PART
) -> bool:
    """Work on a run for `slice_s` seconds (None: to its end); return whether it needs another slice.

    A run that is gone, or over, needs nothing. Delivered twice, both take turns at the parts.
    """
    run = BulkRun.objects.select_related("snapshot__network").filter(pk=run_id).first()
    if run is None or run.state in (State.DONE, State.FAILED):
        return False
    if newest_snapshot(run.snapshot.network).pk != run.snapshot_id:
        _end(run_id, State.FAILED, message=OUTDATED, at=timezone.now())
        return False
    began, bench = time.monotonic(), _bench(run)
    while _advise_part(run_id, bench, part=part, progress=progress):
        if slice_s is not None and time.monotonic() - began > slice_s:
            return True
    removed = remove_outdated(run)
    logger.info("recommendations.bulk.completed", extra={"run": str(run_id), "removed": removed})
    return False


def give_up(run_id: UUID, *, at: datetime) -> None:
    """Mark a run that failed for no reason we know, so that nobody waits for it."""
    _end(run_id, State.FAILED, message=UNEXPECTED, at=at)


def _bench(run: BulkRun) -> Bench:
    snapshot = run.snapshot
    network = network_facts(snapshot, onchain=onchain_of(snapshot, at=run.started_at))
    thresholds = profiled(active_thresholds(), Stance().profile)  # of a reader who chose nothing
    return Bench(surroundings(snapshot), network, thresholds, active_weights(GOAL).weights)


def _end(run_id: UUID, state: str, *, message: str, at: datetime) -> None:
    unfinished = BulkRun.objects.filter(pk=run_id).exclude(state=State.DONE)
    unfinished.update(state=state, message=message, finished_at=at)


def _advise_part(run_id: UUID, bench: Bench, *, part: int, progress: Progress | None) -> bool:
    """Judge and store the next nodes; return whether there may be more. The row's lock lets one at a time do so."""
    began = time.monotonic()
    with transaction.atomic():
        run = BulkRun.objects.select_for_update().get(pk=run_id)
        if run.state in (State.DONE, State.FAILED):
            return False
        nodes = nodes_after(run.latest_node, snapshot=bench.around.snapshot, limit=part)
        advice = _advice(nodes, bench, at=run.started_at)
        write(advice, at=run.started_at)
        run.done, run.items = run.done + len(nodes), run.items + len(advice)
        run.latest_node, run.state = max(nodes, default=run.latest_node), State.RUNNING if nodes else State.DONE
        run.seconds, run.alive_at = (run.seconds or 0.0) + time.monotonic() - began, timezone.now()
        run.finished_at = None if nodes else run.alive_at
        run.save()
    if progress:
        progress(run.done, run.total)
    return bool(nodes)


def _advice(nodes: Mapping[int, Node], bench: Bench, *, at: datetime) -> tuple[RowOf, ...]:
    """Return what is to be stored of these nodes: for each the best, without what somebody dismissed."""
    scored = dict(_scored(nodes, bench, at=at))
    rows = [RowOf(_row_id(node_id, item), node_id, item) for node_id, items in scored.items() for item in items]
    rejected = rejected_among([row.key for row in rows])
    kept: dict[int, list[RowOf]] = defaultdict(list)
    for row in rows:
        if row.key not in rejected and len(kept[row.node_id]) < MOST_SHOWN:
            kept[row.node_id].append(row)
    chosen = [row for of_node in kept.values() for row in of_node]
    with_passages = cited(row.item for row in chosen)
    return tuple(replace(row, item=item) for row, item in zip(chosen, with_passages, strict=True))


def _scored(
    nodes: Mapping[int, Node], bench: Bench, *, at: datetime
) -> Iterator[tuple[int, tuple[ScoredRecommendation, ...]]]:
    snapshot, ids = bench.around.snapshot, list(nodes)
    channels, metrics = channels_of(ids, network_id=snapshot.network_id), metrics_of(ids, snapshot=snapshot)
    for node_id, node in nodes.items():
        rows = GraphRows(
            node=node,
            metrics=metrics[node_id],
            channels=channels.get(node_id, ()),
            peers=bench.around.peers,
            candidates=bench.around.candidates(node_id),
        )
        facts = facts_from(rows, snapshot=snapshot, network=bench.network)
        yield node_id, recommend(facts, examine(facts, bench.thresholds), bench.weights, at=at)


def _row_id(node_id: int, item: ScoredRecommendation) -> UUID:
    return row_id(item.tracking_id, node_id=node_id, connection_id=None)
