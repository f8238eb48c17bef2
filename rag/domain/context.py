"""Facts that an upper floor lends to an answer, e.g. of the node a question names. Pure.

A context source is a class named in `settings.RAG_CONTEXT_SOURCES` with one method:
`facts(self, pubkey: str, *, user, at) -> ContextBlock | None`. It may use the database: it is called outside the event
loop.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class ContextBlock:
    """Lines for the prompt (facts with their units, "unknown" where unknown) and JSON-safe `data` for the page."""

    title: str
    lines: tuple[str, ...]
    data: Mapping[str, Any] = field(default_factory=dict)


class ContextSource(Protocol):
    def facts(self, pubkey: str, *, user: Any, at: datetime) -> ContextBlock | None: ...
