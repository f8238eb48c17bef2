"""The timed steps of an answer (WF-12, MO-11): stored with it, shown on its page. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Span:
    """One step: when it began after the question came, and how long it took, in milliseconds.

    `within` names the step it is a part of; `detail` says what is worth knowing of it.
    """

    step: str
    start_ms: int
    ms: int
    within: str = ""
    detail: str = ""

    def as_data(self) -> dict[str, Any]:
        named = {"step": self.step, "start_ms": self.start_ms, "ms": self.ms}
        return named | {name: value for name, value in (("within", self.within), ("detail", self.detail)) if value}


def outermost_first(spans: Iterable[Span]) -> list[Span]:
    """Return the steps with each before its parts, the earliest first."""
    listed = list(spans)
    within = {one.step: one.within for one in listed}

    def depth(step: str) -> int:
        return 1 + depth(within[step]) if within.get(step) else 0

    return sorted(listed, key=lambda one: (depth(one.step), one.start_ms))


@dataclass(slots=True)
class Trace:
    """The steps of one turn, in the order in which they ended."""

    spans: list[Span] = field(default_factory=list)

    def add(self, step: str, *, start_ms: int, ms: int, within: str = "", detail: str = "") -> None:
        self.spans.append(Span(step, start_ms, ms, within, detail))

    def lap(self, step: str, since_s: float, now_s: float, *, began_s: float, within: str = "") -> None:
        """Note a step between two moments of a clock, of a turn that began at a third."""
        self.add(step, start_ms=round((since_s - began_s) * 1000), ms=round((now_s - since_s) * 1000), within=within)

    def add_parts(self, parts: Iterable[Span], *, of: str, start_ms: int) -> None:
        """Note what a step was made of; its parts are timed from its own beginning."""
        self.spans.extend(replace(part, start_ms=part.start_ms + start_ms, within=part.within or of) for part in parts)

    def as_data(self) -> list[dict[str, Any]]:
        """Return the steps as they are stored and sent, the earliest first."""
        return [one.as_data() for one in sorted(outermost_first(self.spans), key=lambda one: one.start_ms)]
