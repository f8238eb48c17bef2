"""Conversations of one asker: which there are, what was said in one, and what a follow-up leans on."""

from uuid import UUID

from django.db.models import Count, Q, QuerySet

from rag.domain.followups import EarlierTurn
from rag.models import Answer, Conversation
from rag.queries.reader import Reader

MOST_LISTED = 50


def conversations_of(user: Reader, *, unit: str = "") -> QuerySet[Conversation]:
    """Return this asker's conversations, the latest first. With a user the user decides, else the unit."""
    if user is not None and user.pk is not None:
        return Conversation.objects.filter(user_id=user.pk)
    return Conversation.objects.filter(user__isnull=True, unit=unit) if unit else Conversation.objects.none()


def listed_conversations(user: Reader, *, unit: str = "") -> tuple[Conversation, ...]:
    """Return the latest conversations that are about no node, with `turn_count` each. One statement."""
    answered = Count("turns", filter=Q(turns__outcome=Answer.Outcome.COMPLETED))
    rows = conversations_of(user, unit=unit).filter(node_pubkey="").annotate(turn_count=answered)
    return tuple(rows[:MOST_LISTED])


def find_conversation(key: UUID, *, user: Reader, unit: str = "") -> Conversation | None:
    """Return this asker's conversation, or None: another's is as unknown as none at all."""
    return conversations_of(user, unit=unit).filter(pk=key).first()


def earlier_turns(key: UUID, *, limit: int) -> tuple[EarlierTurn, ...]:
    """Return the latest answered turns of a conversation, from old to new; the question as it stood alone."""
    rows = Answer.objects.filter(conversation_id=key, outcome=Answer.Outcome.COMPLETED).order_by("-asked_at")
    told = rows.values_list("question", "standalone", "text")[:limit]
    return tuple(EarlierTurn(standalone or question, text) for question, standalone, text in reversed(told))
