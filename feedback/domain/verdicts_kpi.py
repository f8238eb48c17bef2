"""Judge a week of turns by six figures, and whether a variant may go to everybody. Pure; too few data is unknown."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

FEWEST_TURNS = 30  # below it nothing is judged
FEWEST_VOTES = 10
LEAST_QUALITY = 0.80
SLOWEST_MS = 3000.0
NOTABLE_DROP = 0.05  # of the share of thumbs that are up; less is noise at this many votes


@dataclass(frozen=True, slots=True)
class Turn:
    """What one turn came to. `quality` is 0 to 1; counts are of the recommendations shown; None is unknown."""

    quality: float | None
    latency_ms: float | None
    shown: int | None = None
    needing_command: int | None = None
    with_command: int | None = None
    quantified: int | None = None


@dataclass(frozen=True, slots=True)
class Votes:
    """Thumbs of one arm."""

    up: int = 0
    down: int = 0

    @property
    def count(self) -> int:
        return self.up + self.down

    @property
    def satisfaction(self) -> float | None:
        """The share of thumbs that are up; None while there are few."""
        return self.up / self.count if self.count >= FEWEST_VOTES else None


@dataclass(frozen=True, slots=True)
class Bound:
    """The least or the most that a figure may be."""

    name: str
    limit: float
    is_most: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """One figure against its bound. `is_passed` None: too few data."""

    name: str
    value: float | None
    limit: float
    is_passed: bool | None

    @property
    def told(self) -> str:
        """The finding in one sentence."""
        words = self.name.replace("_", " ")
        if self.value is None or self.is_passed is None:
            return f"{words}: too few data"
        return f"{words} {self.value:.2f}, {'good' if self.is_passed else 'not good enough'} (limit {self.limit:g})"


BOUNDS = (
    Bound("avg_quality_score", LEAST_QUALITY),
    Bound("recommendations_per_response", 4.0),
    Bound("cli_commands_included_pct", 0.85),
    Bound("quantified_impact_pct", 0.90),
    Bound("user_satisfaction", 0.80),
    Bound("response_time_ms", SLOWEST_MS, is_most=True),
)


def kpis(turns: Sequence[Turn], votes: Votes) -> dict[str, float | None]:
    """Return the six figures of these turns (RO-07); None where too few of them tell."""
    shown = _known(turn.shown for turn in turns)
    needing = sum(_known(turn.needing_command for turn in turns))
    return {
        "avg_quality_score": _mean(_known(turn.quality for turn in turns)),
        "recommendations_per_response": _mean(shown),
        "cli_commands_included_pct": _part(_known(turn.with_command for turn in turns), needing, turns=len(shown)),
        "quantified_impact_pct": _part(_known(turn.quantified for turn in turns), sum(shown), turns=len(shown)),
        "user_satisfaction": votes.satisfaction,
        "response_time_ms": _mean(_known(turn.latency_ms for turn in turns)),
    }


def judge_kpis(figures: dict[str, float | None]) -> tuple[Finding, ...]:
    """Return the verdict on each of the six figures."""
    return tuple(_finding(bound, figures.get(bound.name)) for bound in BOUNDS)


def overall(findings: Sequence[Finding]) -> bool | None:
    """Return whether all passed; False as soon as one failed, None while one is unknown."""
    verdicts = {finding.is_passed for finding in findings}
    return False if False in verdicts else None if None in verdicts else True


def judge_gate(turns: Sequence[Turn], *, new: Votes, old: Votes) -> tuple[Finding, ...]:
    """Return the gates to everybody (RO-12): quality, the slowest twentieth, and no drop in satisfaction.

    Votes may never come: without enough of them nothing has dropped. Quality and latency must be known.
    """
    quality = _mean(_known(turn.quality for turn in turns))
    slow_ms = _slowest_twentieth(_known(turn.latency_ms for turn in turns))
    return (
        Finding("mean quality", quality, LEAST_QUALITY, None if quality is None else quality > LEAST_QUALITY),
        Finding("p95 of response time in ms", slow_ms, SLOWEST_MS, None if slow_ms is None else slow_ms < SLOWEST_MS),
        _no_drop(new.satisfaction, old.satisfaction),
    )


def _no_drop(new: float | None, old: float | None) -> Finding:
    change = None if new is None or old is None else new - old
    return Finding("change of satisfaction", change or 0.0, -NOTABLE_DROP, change is None or change >= -NOTABLE_DROP)


def _finding(bound: Bound, value: float | None) -> Finding:
    if value is None:
        return Finding(bound.name, None, bound.limit, None)
    return Finding(bound.name, value, bound.limit, value <= bound.limit if bound.is_most else value >= bound.limit)


def _known(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None]


def _mean(values: Sequence[float]) -> float | None:
    return math.fsum(values) / len(values) if len(values) >= FEWEST_TURNS else None


def _part(parts: Sequence[float], whole: float, *, turns: int) -> float | None:
    return sum(parts) / whole if turns >= FEWEST_TURNS and whole else None


def _slowest_twentieth(values: Sequence[float]) -> float | None:
    return float(np.percentile(values, 95)) if len(values) >= FEWEST_TURNS else None
