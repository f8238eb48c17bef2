"""Which conversation a question belongs to, as doors are told it. Pure."""

from dataclasses import dataclass
from uuid import UUID

from rag.domain.errors import ConversationUnknown

NEW = "new"


@dataclass(frozen=True, slots=True)
class Conversing:
    """A conversation to go on with; `key` None begins a new one."""

    key: UUID | None = None


def conversing(named: object) -> Conversing | None:
    """Return what "new", an id or nothing asks for.

    :raises ConversationUnknown: when it is neither.
    """
    if not named:
        return None
    if named == NEW:
        return Conversing()
    try:
        return Conversing(UUID(str(named)))
    except ValueError as exc:
        raise ConversationUnknown from exc
