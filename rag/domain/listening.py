"""Listen to a model's answer piece by piece: what of it may be shown, and what of it holds. Pure.

In this order: the mark of a refusal is taken away, citations of no passage are dropped, what nobody may be made to open
or run is left out, and each finished sentence is held against what the model was given.
"""

from dataclasses import dataclass

from rag.domain.citing import CitationFilter
from rag.domain.grounding import Check, Evidence, Grounding
from rag.domain.guarding import AnswerGuard, Given
from rag.domain.refusing import RefusalFilter


@dataclass(frozen=True, slots=True)
class Shown:
    """What a piece lets be shown, and what is wrong with the sentences it completes."""

    text: str
    checks: tuple[Check, ...] = ()


class Listener:
    """Takes the pieces of one answer. One use only."""

    def __init__(self, *, passages: int, given: Given, evidence: Evidence, lang: str) -> None:
        self._refusal = RefusalFilter()
        self._citations = CitationFilter(passages=passages)
        self._guard = AnswerGuard(given, lang=lang)
        self._grounding = Grounding(evidence)
        self._said: list[str] = []

    @property
    def has_refused(self) -> bool:
        """Whether the model said that the passages do not hold the answer."""
        return self._refusal.has_refused

    @property
    def has_spoken(self) -> bool:
        """Whether anything was shown."""
        return bool(self._said)

    @property
    def text(self) -> str:
        return "".join(self._said)

    @property
    def dropped_citations(self) -> tuple[int, ...]:
        return tuple(self._citations.dropped)

    @property
    def removed(self) -> tuple[str, ...]:
        return tuple(self._guard.removed)

    def feed(self, piece: str) -> Shown:
        """Return what can be shown now."""
        shown = self._guard.feed(self._citations.feed(self._refusal.feed(piece)))
        return self._noted(shown, self._grounding.feed(shown))

    def flush(self) -> Shown:
        """Return the rest, when the answer ends."""
        last = self._citations.feed(self._refusal.flush()) + self._citations.flush()
        shown = self._guard.feed(last) + self._guard.flush()
        return self._noted(shown, (*self._grounding.feed(shown), *self._grounding.flush()))

    def _noted(self, shown: str, checks: tuple[Check, ...]) -> Shown:
        if shown:
            self._said.append(shown)
        return Shown(shown, checks)
