"""What was answered, and what people ask."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Q

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
    user: Reader, *, unit: str = "", node_pubkey: str = "", limit: int = 10
) -> tuple[dict[str, Any], ...]:
    """Return the latest answers of this asker, newest first, under the names that the `answer` event uses.

    With a signed-in user the user decides, else the unit, which must not be empty. With a key: those about that node.
    """
    if user is not None and user.pk is not None:
        rows = Answer.objects.filter(user_id=user.pk)
    elif unit:
        rows = Answer.objects.filter(user__isnull=True, unit=unit)
    else:
        return ()
    if node_pubkey:
        rows = rows.filter(node_pubkey=node_pubkey)
    answered = rows.filter(outcome=Answer.Outcome.COMPLETED).order_by("-asked_at")[:limit]
    return tuple(_answer(row) for row in answered)


def answer_exists(answer_id: UUID, *, user: Reader) -> bool:
    """Tell whether there is such an answer that `user` may speak of: their own, or one without an owner."""
    own = Q(user__isnull=True)
    if user is not None and user.pk is not None:
        own |= Q(user_id=user.pk)
    return Answer.objects.filter(own, pk=answer_id).exists()


def answer_generation(answer_id: UUID) -> UUID | None:
    """Return the generation that said this answer; None where no model spoke, or it was kept from before."""
    return Answer.objects.filter(pk=answer_id).values_list("generation_id", flat=True).first()


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
    }
