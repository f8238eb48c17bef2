"""Tracked advice as pages list it: the latest run of a node, and the inbox."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Count, Q

from recommendations.domain.advice import Priority, State
from recommendations.domain.card_shape import shaped
from recommendations.models import GraphUpload, Recommendation, RecommendationRun
from recommendations.queries.nodes import Viewer

PAGE_SIZE = 30
KEPT_DAYS = 7  # applied or dismissed advice stays beside the run it came from for a week
RANK = {priority.value: place for place, priority in enumerate(Priority)}


@dataclass(frozen=True, slots=True)
class StoredRun:
    """The latest finished turn of advice for a node, with what it recommended, as first shown."""

    id: UUID
    at: datetime
    summary: Mapping[str, Any]
    cards: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class InboxLine:
    """One tracked recommendation as the inbox lists it. Title and alias may hold strangers' words."""

    id: UUID
    pubkey: str
    alias: str
    title: str
    priority: str
    score: float
    state: State
    since: datetime | None


def latest_run(pubkey: str, *, user: Viewer, network: str) -> StoredRun | None:
    """Return the latest turn this viewer finished for a node, or None. Two queries."""
    if user is None or user.pk is None:
        return None
    finished = RecommendationRun.objects.filter(
        node__pubkey=pubkey, node__network__slug=network, user_id=user.pk, outcome=RecommendationRun.Outcome.COMPLETED
    )
    run = finished.first()
    if run is None:
        return None
    recent = Q(state__in=(State.APPLIED, State.REJECTED), generated_at__gt=run.started_at - timedelta(days=KEPT_DAYS))
    rows = Recommendation.objects.visible_to(user).filter(Q(run=run) | recent, node=run.node_id)
    cards = tuple(card_of(row) for row in sorted(rows, key=_rank))
    return StoredRun(run.pk, run.started_at, _summary(run, cards), cards)


def card_of(row: Recommendation) -> Mapping[str, Any]:
    """Return what the operator was shown, with what became of it since."""
    life = {"id": str(row.pk), "state": row.state, "note": row.note, "reject_reason": row.reject_reason}
    return shaped({**row.payload, **life})


def inbox_page(user: Viewer, *, state: str = "", number: int = 1, size: int = PAGE_SIZE) -> "Page[InboxLine]":
    """Return one page of the viewer's tracked advice, latest first. Two queries, whatever their number."""
    rows = Recommendation.objects.concerning(user).select_related("node").order_by("-generated_at", "-score", "pk")
    page: Any = Paginator(rows.filter(state=state) if state else rows, size).get_page(number)
    page.object_list = [_line(row) for row in page.object_list]  # the same page, of lines instead of rows
    lines: Page[InboxLine] = page
    return lines


def inbox_counts(user: Viewer) -> dict[str, int]:
    """Return how many of the viewer's tracked recommendations are in each state. One query."""
    rows = Recommendation.objects.concerning(user).order_by().values_list("state").annotate(Count("pk"))
    return dict(rows)


def upload_of(upload_id: int, *, user: Viewer) -> GraphUpload | None:
    """Return one upload of this viewer, or None."""
    if user is None or user.pk is None:
        return None
    return GraphUpload.objects.filter(pk=upload_id, user_id=user.pk).first()


def _line(row: Recommendation) -> InboxLine:
    moments = {
        State.VIEWED: row.viewed_at,
        State.APPLIED: row.applied_at,
        State.REJECTED: row.rejected_at,
        State.EXPIRED: row.expired_at,
    }
    state = State(row.state)
    return InboxLine(
        id=row.pk,
        pubkey=row.node.pubkey,
        alias=row.node.alias,
        title=row.title,
        priority=row.priority,
        score=row.score,
        state=state,
        since=moments.get(state) or row.generated_at,
    )


def _rank(row: Recommendation) -> tuple[bool, int, float, str]:
    is_decided = row.state in (State.APPLIED, State.REJECTED, State.EXPIRED)
    return is_decided, RANK[row.priority], -row.score, row.tracking_id


def _summary(run: RecommendationRun, cards: tuple[Mapping[str, Any], ...]) -> dict[str, Any]:
    counts = [card["priority"] for card in cards]
    return {
        **run.response,
        "degraded": run.is_degraded,
        "model_used": run.model or None,
        "quality_score": run.quality_score,
        "by_priority": {priority.value: counts.count(priority) for priority in Priority},
        "at": run.started_at,
    }
