"""The record phase of a turn of advice: one write with the run, its tracked advice and the generation behind it."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import JSONField, Value

from models_registry.domain.chat import GenerationRecord, Outcome
from models_registry.domain.guardrail import CAPACITY_CODES
from models_registry.services import guarding, ledger
from models_registry.services.guarding import Heard
from recommendations.domain import french
from recommendations.domain.advice import Engine, State
from recommendations.domain.quality import rules_quality
from recommendations.domain.recommendation import ScoredRecommendation
from recommendations.metrics import GENERATED, QUALITY
from recommendations.models import Recommendation, RecommendationRun
from recommendations.services.cards import lacking
from recommendations.services.decide import NOT_APPLIED
from recommendations.services.prepare import Prepared
from recommendations.services.recall import remember
from recommendations.services.shadow_offer import offer

logger = logging.getLogger(__name__)
LOW_QUALITY_NOTE = (
    "The model's words have a quality of {score:.2f}, less than {least:.2f}: rely on the numbers and commands, which "
    "come from lnrag's exact rules."
)
FROZEN_STATES = frozenset({State.APPLIED, State.REJECTED, State.EXPIRED})  # what was decided on stays as it was shown
REFRESHED_FIELDS = ("run", "priority", "score", "confidence", "title", "payload", "category", "target")


@dataclass(slots=True)
class Result:
    """What a turn came to. Filled while events flow; written once, whatever the tap and however it ends."""

    outcome: str = RecommendationRun.Outcome.FAILED
    error_code: str = "internal"  # unless the turn says how it ended
    is_degraded: bool = False
    model: str = ""
    note: str = ""
    shown: list[ScoredRecommendation] = field(default_factory=list)
    summary: str = ""
    analysis: Mapping[str, Any] = field(default_factory=dict)
    quality_score: float | None = None
    quality_components: Mapping[str, Any] = field(default_factory=dict)
    generation: GenerationRecord | None = None
    earlier: list[GenerationRecord] = field(default_factory=list)  # of the same turn: a first try that was not kept
    processing_ms: int | None = None
    run_id: UUID | None = None
    is_cached: bool = False
    said: dict[str, Any] = field(default_factory=dict)  # the wording, to be remembered

    def heard(self, record: GenerationRecord) -> None:
        """Note how a generation ended; the latest is the turn's own."""
        if self.generation is not None:
            self.earlier.append(self.generation)
        self.generation = record

    def spoken(self) -> "Spoken":
        """Return what the turn's words came to so far."""
        return Spoken(**{name: getattr(self, name) for name in Spoken.__slots__} | {"shown": tuple(self.shown)})

    def restore(self, spoken: "Spoken") -> None:
        """Let earlier words stand instead of these."""
        for name in Spoken.__slots__:
            setattr(self, name, getattr(spoken, name))
        self.shown = list(spoken.shown)

    def end(self, outcome: str, error_code: str = "", *, processing_ms: int) -> None:
        """Note how the turn ended. Once the run is written, a reader who leaves changes nothing."""
        if self.run_id is None:
            self.outcome, self.error_code, self.processing_ms = outcome, error_code, processing_ms


@dataclass(frozen=True, slots=True)
class Spoken:
    """The words of a turn at one moment: a second try may bring better ones, or worse."""

    model: str
    note: str
    is_degraded: bool
    shown: tuple[ScoredRecommendation, ...]
    summary: str
    analysis: Mapping[str, Any]
    quality_score: float | None
    quality_components: Mapping[str, Any]


def store(prepared: Prepared, result: Result, *, at: datetime) -> UUID:
    """Write the run and upsert its advice; the same advice in the same ISO week stays one row. Return the run's id."""
    is_low = _note_low_quality(prepared, result)
    with transaction.atomic():
        generation_id = _write_generations(prepared, result)
        run = RecommendationRun.objects.create(
            node_id=prepared.identity.node_id,
            snapshot_id=prepared.identity.snapshot_id,
            user_id=getattr(prepared.request.user, "pk", None),
            engine=prepared.engine,
            analysis_type=prepared.request.query_type,
            outcome=result.outcome,
            error_code=result.error_code,
            is_degraded=result.is_degraded,
            model=result.model,
            generation_id=generation_id,
            rollout=_rollout(prepared),
            weights_id=prepared.weights.revision_id,
            quality_score=result.quality_score,
            quality_components=dict(result.quality_components),
            response=_response(prepared, result),
            started_at=at,
            processing_ms=result.processing_ms,
        )
        _upsert(prepared, result, run, at=at)
        if heard := _heard(prepared, result):
            guarding.note(prepared.rollout.assignments, unit=prepared.request.pubkey, heard=heard, at=at)
        if result.model and heard:
            offer(prepared, shown=_measures(prepared, result), at=at)
    if is_low and not result.is_cached:
        logger.warning(
            "recommendations.quality.low",
            extra={"run_id": str(run.pk), "model": result.model, "quality_score": result.quality_score},
        )
    _count(prepared, result)
    if prepared.memory_key and result.said and result.outcome == RecommendationRun.Outcome.COMPLETED:
        remember(prepared.memory_key, result.said)
    return run.pk


def _write_generations(prepared: Prepared, result: Result) -> UUID | None:
    """Write what models were asked in this turn; return the id of the one whose words stand."""
    if prepared.plan is None or result.generation is None:
        return None
    for record in result.earlier:
        ledger.write(record, prepared.plan)
    return ledger.write(result.generation, prepared.plan)


def _note_low_quality(prepared: Prepared, result: Result) -> bool:
    """Say in the run's note that a model's words are below the least quality; return whether they are."""
    bar, score = prepared.quality_bar, result.quality_score
    is_spoken = bool(result.model) and result.outcome == RecommendationRun.Outcome.COMPLETED
    if score is None or not is_spoken or not bar.is_missed_by(score):
        return False
    note = LOW_QUALITY_NOTE.format(score=score, least=bar.min_score)
    result.note = result.note or french.said(note, lang=prepared.request.lang)
    return True


def _response(prepared: Prepared, result: Result) -> dict[str, Any]:
    words = {"summary": result.summary, "analysis": dict(result.analysis), "note": result.note}
    kept = {"profile": prepared.profile.value, "held_back": prepared.examination.held_back, "counts": _counts(result)}
    return {**words, **kept, "insufficient": lacking(prepared)}


def _rollout(prepared: Prepared) -> dict[str, Any]:
    choice = prepared.rollout
    if not choice.assignments:
        return {}
    share = None if choice.share_percent is None else float(choice.share_percent)
    met = {"rollout": choice.rollout, "engine": choice.engine, "bucket": choice.bucket, "share_percent": share}
    return {**met, "experiments": list(choice.experiments)}


def _heard(prepared: Prepared, result: Result) -> Heard | None:
    """Return what the turn says of the variants it met; None where it says nothing: left, remembered, too busy."""
    said = result.generation
    is_silent = prepared.engine is Engine.V2 and said is None  # v2 that nobody could or should put into words
    is_busy = said is not None and said.error_code in CAPACITY_CODES
    if result.outcome == RecommendationRun.Outcome.ABANDONED or result.is_cached or is_silent or is_busy:
        return None
    has_failed = result.outcome == RecommendationRun.Outcome.FAILED or bool(said and said.outcome is Outcome.FAILED)
    grounding = result.quality_components.get("grounding")
    return Heard(
        has_failed=has_failed,
        broke_contract=None if has_failed else result.is_degraded,
        is_ungrounded=None if grounding is None else grounding < 1,
        latency_ms=result.processing_ms,
    )


def _measures(prepared: Prepared, result: Result) -> dict[str, Any]:
    """Return what a turn in the shadow is compared with, judged by the one function that both are judged by."""
    quality, _ = rules_quality(tuple(result.shown), lang=prepared.request.lang)
    return {"quality": quality, "latency_ms": result.processing_ms, "broke_contract": result.is_degraded}


def _counts(result: Result) -> dict[str, int]:
    """Return how many recommendations were shown, with a command, and with a stated gain: what RO-07 asks for."""
    shown = result.shown
    return {
        "shown": len(shown),
        "needing_command": sum(item.needs_command for item in shown),
        "with_command": sum(item.commands is not None for item in shown),
        "quantified": sum(item.gain is not None or item.impact is not None for item in shown),
    }


def _upsert(prepared: Prepared, result: Result, run: RecommendationRun, *, at: datetime) -> None:
    rows = {row.pk: row for row in (_row(prepared, item, run, at=at) for item in result.shown)}
    _keep_decisions(rows)
    Recommendation.objects.bulk_create(
        [rows[key] for key in sorted(rows)],  # two turns at once take the rows in one order, or they would block
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=list(REFRESHED_FIELDS),
    )


def _keep_decisions(rows: dict[UUID, Recommendation]) -> None:
    """Leave out what was decided on by now, be it while the model spoke; nobody decides until we are done."""
    known = Recommendation.objects.select_for_update().filter(pk__in=list(rows)).order_by("pk")
    for key, state, is_not_applied in known.values_list("pk", "state", f"payload__{NOT_APPLIED}"):
        if state in FROZEN_STATES:
            del rows[key]
        elif is_not_applied:
            rows[key].payload = Value({**rows[key].payload.value, NOT_APPLIED: True}, JSONField())


def _row(prepared: Prepared, item: ScoredRecommendation, run: RecommendationRun, *, at: datetime) -> Recommendation:
    return Recommendation(
        id=prepared.row_ids[item.tracking_id],
        tracking_id=item.tracking_id,
        node_id=prepared.identity.node_id,
        connection_id=prepared.identity.connection_id,
        run=run,
        rule=item.rule,
        category=item.category,
        priority=item.priority,
        score=item.score,
        confidence=item.confidence,
        target=item.target,
        title=item.title[:300],
        # An expression makes Django send plain rows: in arrays (UNNEST) psycopg escapes JSON sign by sign, for 6 ms.
        payload=Value(item.to_payload(), JSONField()),
        generated_at=at,
    )


def _count(prepared: Prepared, result: Result) -> None:
    for item in result.shown:
        GENERATED.labels(category=item.category, priority=item.priority, source=prepared.engine).inc()
    if result.quality_score is not None:
        QUALITY.labels(category=prepared.request.query_type).observe(result.quality_score)
