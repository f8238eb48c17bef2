"""Demand figures of an evaluation: at least so much, or at most so much where less is better. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rag.domain.errors import QuestionsUnusable
from rag.domain.evaluation_figures import SCORES

LESS_IS_BETTER = frozenset({"wrong_refusals", "wrong_refusals_n", "latency_p50_ms", "latency_p95_ms"})
NAMES = (*SCORES, "abstention_recall", "abstention_precision", "wrong_refusals_n", "latency_p50_ms", "latency_p95_ms")
USUAL = {"recall_at_5": 0.8, "latency_p95_ms": 2_500.0}  # TE-04


@dataclass(frozen=True, slots=True)
class Verdict:
    """One demand and what was measured, None where there was nothing to measure: that does not pass."""

    name: str
    wanted: float
    measured: float | None

    @property
    def is_met(self) -> bool:
        if self.measured is None:
            return False
        return self.measured <= self.wanted if self._is_most else self.measured >= self.wanted

    @property
    def words(self) -> str:
        """Return the demand as a sentence has it."""
        sign = "≤" if self._is_most else "≥"
        measured = "not measured" if self.measured is None else f"{self.measured:g}"
        return f"{self.name} {sign} {self.wanted:g}: {measured}"

    @property
    def _is_most(self) -> bool:
        return self.name.rpartition(".")[2] in LESS_IS_BETTER


def parse_gates(texts: Sequence[str]) -> dict[str, float]:
    """Return what `recall_at_5=0.85` or `fr.recall_at_5=0.6` demand.

    :raises QuestionsUnusable: naming the demand that cannot be read.
    """
    found: dict[str, float] = {}
    for text in texts:
        name, _, value = text.replace(" ", "").partition("=")
        name = name.removeprefix("by_lang.").removeprefix("by_difficulty.")
        if name.rpartition(".")[2] not in NAMES:
            raise QuestionsUnusable((f"gate {text}: there is no such figure. There are: {', '.join(NAMES)}.",))
        try:
            found[name] = float(value)
        except ValueError as exc:
            raise QuestionsUnusable((f"gate {text}: a number is needed, as in recall_at_5=0.85.",)) from exc
    return found


def judge_gates(figures: Mapping[str, Any], *, gates: Mapping[str, float]) -> tuple[Verdict, ...]:
    """Return a verdict per demand; `fr.recall_at_5` is looked up by language, then by difficulty."""
    return tuple(Verdict(name, wanted, _measured(figures, name)) for name, wanted in gates.items())


def _measured(figures: Mapping[str, Any], name: str) -> float | None:
    group, _, figure = name.rpartition(".")
    groups: Mapping[str, Any] = {**figures.get("by_difficulty", {}), **figures.get("by_lang", {})}
    values = groups.get(group, {}) if group else figures
    value = values.get(figure)
    return None if value is None else float(value)
