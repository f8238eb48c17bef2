"""What was answered, and what people ask."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Q

from models_registry.models import Generation
from rag.models import Answer
from rag.queries.reader import Reader

POPULAR_DAYS = 30


def popular_questions(*, at: datetime, lang: str | None = None, limit: int = 8) -> tuple[str, ...]:
    """Return the questions answered most often in the latest 30 days, that more than one asker put.

    What only one asked may tell who asked; questions about a node always do, and are left out.
    """
    answered = Answer.objects.filter(
        asked_at__gte=at - timedelta(days=POPULAR_DAYS),
        outcome=Answer.Outcome.COMPLETED,
        node_pubkey="",
        is_abstention=False,
    )
    if lang:
        answered = answered.filter(lang=lang)
    counted = answered.values("question").annotate(askers=Count("unit", distinct=True), times=Count("pk"))
    popular = counted.filter(askers__gt=1).order_by("-times", "question")[:limit]
    return tuple(row["question"] for row in popular)


def recent_answers(
    user: Reader, *, unit: str = "", node_pubkey: str = "", limit: int = 10, is_alone: bool = False
) -> tuple[dict[str, Any], ...]:
    """Return the latest answers of this asker, newest first, under the names that the `answer` event uses.

    With a signed-in user the user decides, else the unit, which must not be empty. With a key: those about that node.
    `is_alone`: those that belong to no conversation.
    """
    if user is not None and user.pk is not None:
        rows = Answer.objects.filter(user_id=user.pk)
    elif unit:
        rows = Answer.objects.filter(user__isnull=True, unit=unit)
    else:
        return ()
    if node_pubkey:
        rows = rows.filter(node_pubkey=node_pubkey)
    if is_alone:
        rows = rows.filter(conversation__isnull=True)
    answered = rows.filter(outcome=Answer.Outcome.COMPLETED).order_by("-asked_at")[:limit]
    return tuple(_answer(row) for row in answered)


def answers_in(conversation: UUID, *, limit: int = 100) -> tuple[dict[str, Any], ...]:
    """Return the answered turns of a conversation, the oldest first, as the `answer` event names them.

    Whose conversation it is, the caller has made sure.
    """
    rows = Answer.objects.filter(conversation_id=conversation, outcome=Answer.Outcome.COMPLETED)
    return tuple(_answer(row) for row in reversed(rows.order_by("-asked_at")[:limit]))


def doubted_share(*, at: datetime) -> float | None:
    """Return the share of the latest day's answers by a model with something that nobody gave; None without any."""
    spoken = Answer.objects.filter(
        asked_at__gte=at - timedelta(days=1),
        outcome=Answer.Outcome.COMPLETED,
        is_degraded=False,
        is_abstention=False,
        is_cached=False,
    )
    counted = spoken.aggregate(
        answers=Count("pk"), doubted=Count("pk", filter=Q(checks__contains=[{"is_grave": True}]))
    )
    return counted["doubted"] / counted["answers"] if counted["answers"] else None


def answer_exists(answer_id: UUID, *, user: Reader) -> bool:
    """Tell whether there is such an answer that `user` may speak of: their own, or one without an owner."""
    own = Q(user__isnull=True)
    if user is not None and user.pk is not None:
        own |= Q(user_id=user.pk)
    return Answer.objects.filter(own, pk=answer_id).exists()


def answer_generation(answer_id: UUID) -> UUID | None:
    """Return the generation that said this answer; None where no model spoke, or it was kept from before."""
    return Answer.objects.filter(pk=answer_id).values_list("generation_id", flat=True).first()


def answer_turn(answer_id: UUID) -> tuple[str, tuple[str, ...]]:
    """Return who asked, and every rollout the answer's model followed, as `rollout:variant`."""
    row = Answer.objects.filter(pk=answer_id).values("unit", "generation_id").first()
    if row is None or row["generation_id"] is None:
        return "", ()
    plan = Generation.objects.filter(pk=row["generation_id"]).values_list("plan", flat=True).first()
    return row["unit"], tuple((plan or {}).get("experiments", ()))


def _answer(row: Answer) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "answer_id": str(row.pk),
        "question": row.question,
        "asked_at": row.asked_at,
        "lang": row.lang,
        "answer": row.text,
        "citations": row.citations,
        "confidence_score": row.confidence,
        "model_used": row.model,
        "degraded": row.is_degraded,
        "abstained": row.is_abstention,
        "cached": row.is_cached,
        "standalone": row.standalone,
        "checks": row.checks,
        "passages": row.passages,
        "trace": row.trace,
        "processing_time_ms": row.processing_ms,
        "conversation_id": str(row.conversation_id) if row.conversation_id else None,
    }
