"""Tell a whole turn again while nothing it rests on has changed: one statement says so, one read brings it (CA-03).

`recall` remembers a model's words, and the rules still look at the facts anew; that takes twenty statements. A turn
that was told from memory once is kept here as it was told, under a mark of everything it rests on (`queries.standing`),
so that the next reader with the same question gets the same figures as a fresh look would give.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
from django.db import connection
from django.utils import timezone

from models_registry.services.text_cache import keep_text, kept_text
from rag.domain.events import Event, EventType
from recommendations.domain.advice import Engine, Priority
from recommendations.metrics import GENERATED, QUALITY
from recommendations.queries.standing import public_standing
from recommendations.services.prepare import AdviceRequest
from recommendations.services.recall import TTL_S
from recommendations.services.store import FROZEN_STATES, Result

COPIED = """node_id, snapshot_id, engine, analysis_type, is_degraded, model, rollout, weights_id, quality_score,
  quality_components, response"""
# Not worth waiting for the disk: a run that a crash forgets told nothing new.
RECORD = f"""
WITH haste AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true)), fresh AS (
  INSERT INTO recommendations_recommendationrun
    (id, user_id, outcome, error_code, started_at, processing_ms, {COPIED})
  SELECT %(id)s, %(user)s, %(outcome)s, %(error_code)s, %(at)s, %(processing_ms)s, {COPIED}
  FROM recommendations_recommendationrun CROSS JOIN haste WHERE id = %(origin)s RETURNING id
), renewed AS (
  UPDATE recommendations_recommendation held SET run_id = fresh.id FROM fresh
  WHERE held.id = ANY(%(rows)s) AND held.state <> ALL(%(frozen)s) AND %(user)s::bigint IS NOT NULL
)
SELECT id FROM fresh
"""  # noqa: S608 - constants of this file


@dataclass(frozen=True, slots=True)
class Kept:
    """A finished turn: its events up to the last, and what `complete` said. `origin` is the run it was kept from."""

    origin: UUID
    events: tuple[tuple[str, int, dict[str, Any]], ...]
    completed: dict[str, Any]
    until: datetime | None = None  # from then on a model is asked anew; None: kept by an older release

    def told(self, *, at: datetime) -> tuple[Event, ...]:
        """Return the events as a fresh look would tell them at `at`."""
        for card in self.cards:
            card["generated_at"] = at.isoformat()
        return tuple(Event(EventType(kind), progress, data) for kind, progress, data in self.events)

    @property
    def cards(self) -> tuple[dict[str, Any], ...]:
        """Return the recommendations as shown."""
        return tuple(data["recommendation"] for kind, _, data in self.events if kind == EventType.RECOMMENDATION)


def mark_of(request: AdviceRequest, *, at: datetime) -> str:
    """Return the key of this very turn as things stand; "" for one that is never told again. One statement, or none."""
    is_plain = request.engine is Engine.V2 and request.include_ai and request.use_cache and not request.is_prose
    standing = public_standing(request.pubkey, at=at) if is_plain else None
    return "" if standing is None else mark_under(standing, request)


def mark_under(standing: str, request: AdviceRequest) -> str:
    """Return the key of this very turn while things stand so."""
    asked = {name: value for name, value in _fields(request).items() if name not in ("user", "pubkey")}
    digest = hashlib.sha256(msgspec.json.encode([standing, asked], order="sorted")).hexdigest()[:32]
    return f"recommendations_v2:{request.pubkey}:{request.query_type}:turn:{digest}"


def kept(mark: str) -> Kept | None:
    """Return the turn kept under this mark, or None."""
    content = kept_text(mark) if mark else None
    return None if content is None else msgspec.json.decode(content, type=Kept)


def keep(mark: str, events: tuple[Event, ...], completed: dict[str, Any], *, run_id: UUID) -> None:
    """Keep a turn that was told from memory, for TTL_S; telling it again does not extend that."""
    told = tuple((event.type.value, event.progress, dict(event.data)) for event in events)
    until = timezone.now() + timedelta(seconds=TTL_S)  # as the cache counts it
    keep_text(mark, msgspec.json.encode(Kept(run_id, told, completed, until)).decode(), ttl_s=TTL_S)


def record(turn: Kept, result: Result, *, user_id: int | None, at: datetime) -> UUID:
    """Write the run of a turn that was told again; its reader's rows belong to it from now on. One statement."""
    run_id = uuid4()
    names: dict[str, Any] = {
        "id": run_id,
        "user": user_id,
        "outcome": result.outcome,
        "error_code": result.error_code,
        "at": at,
        "processing_ms": result.processing_ms,
        "origin": turn.origin,
        "rows": [UUID(card["id"]) for card in turn.cards],
        "frozen": [state.value for state in FROZEN_STATES],
    }
    with connection.cursor() as cursor:
        cursor.execute(RECORD, names)
    _count(turn)
    return run_id


def _count(turn: Kept) -> None:
    for card in turn.cards:
        GENERATED.labels(category=card["category"], priority=Priority(card["priority"]), source=Engine.V2).inc()
    if turn.completed["quality_score"] is not None:
        QUALITY.labels(category=turn.completed["analysis_type"]).observe(turn.completed["quality_score"])


def _fields(request: AdviceRequest) -> dict[str, Any]:
    return {name: getattr(request, name) for name in request.__slots__}
