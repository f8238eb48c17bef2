"""Keep questions that follow on from each other together; rename and remove such a conversation."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from rag.domain.errors import ConversationUnknown
from rag.domain.hygiene import strip_invisible
from rag.models import Conversation
from rag.queries.conversations import find_conversation
from rag.queries.reader import Reader

LONGEST_TITLE = 120  # characters of the column


def require(key: UUID, *, user: Reader, unit: str, node_pubkey: str | None = None) -> Conversation:
    """Return the asker's conversation.

    :raises ConversationUnknown: when it is somebody else's, about another node, or does not exist.
    """
    found = find_conversation(key, user=user, unit=unit)
    if found is None or found.node_pubkey != (node_pubkey or ""):
        raise ConversationUnknown
    return found


def note_turn(key: UUID, *, user: Reader, unit: str, node_pubkey: str, question: str, at: datetime) -> None:
    """Make the conversation's row with its first turn, named by the question; later turns move it up."""
    _, is_new = Conversation.objects.get_or_create(
        pk=key,
        defaults={
            "user_id": user.pk if user else None,
            "unit": unit[:80],
            "node_pubkey": node_pubkey,
            "title": question[:LONGEST_TITLE],
            "created_at": at,
            "latest_at": at,
        },
    )
    if not is_new:
        Conversation.objects.filter(pk=key, latest_at__lt=at).update(latest_at=at)


def rename(key: UUID, *, title: str, user: Reader, unit: str) -> Conversation:
    """Give a conversation another title; one without words keeps the old one.

    :raises ConversationUnknown: when the asker has no such conversation.
    """
    row = require_any(key, user=user, unit=unit)
    row.title = " ".join(strip_invisible(title).split())[:LONGEST_TITLE] or row.title
    row.save(update_fields=["title"])
    return row


@transaction.atomic
def remove(key: UUID, *, user: Reader, unit: str) -> None:
    """Remove a conversation with its questions and answers.

    :raises ConversationUnknown: when the asker has no such conversation.
    """
    row = require_any(key, user=user, unit=unit)
    row.turns.all().delete()
    row.delete()


def require_any(key: UUID, *, user: Reader, unit: str) -> Conversation:
    """Return the asker's conversation, whatever node it is about.

    :raises ConversationUnknown: when the asker has no such conversation.
    """
    found = find_conversation(key, user=user, unit=unit)
    if found is None:
        raise ConversationUnknown
    return found
