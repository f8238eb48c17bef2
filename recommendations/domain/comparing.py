"""Lay two lists of advice side by side: what would be new, changed, gone, or stay as it is. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum

from recommendations.domain.recommendation import ScoredRecommendation
from recommendations.domain.scoring import Factors


class Fate(StrEnum):
    """What becomes of a finding, what needs attention first."""

    NEW = "new"
    CHANGED = "changed"
    GONE = "gone"
    UNCHANGED = "unchanged"


ORDER = tuple(Fate)


@dataclass(frozen=True, slots=True)
class Pair:
    """One finding before and after; None where it is not there."""

    fate: Fate
    before: ScoredRecommendation | None
    after: ScoredRecommendation | None

    @property
    def any(self) -> ScoredRecommendation:
        """Return the one that is there, the later one first."""
        found = self.after or self.before
        if found is None:
            raise ValueError("a pair of nothing")
        return found

    @property
    def factors(self) -> tuple[tuple[str, float | None, float | None], ...]:
        """Return each factor of the score with its value before and after, 0 to 1; None: unknown, or not there."""
        old, new = (None if one is None else one.factors for one in (self.before, self.after))
        names = (field.name for field in fields(Factors))
        return tuple((name, getattr(old, name, None), getattr(new, name, None)) for name in names)


def compared(before: Iterable[ScoredRecommendation], after: Iterable[ScoredRecommendation]) -> tuple[Pair, ...]:
    """Return every finding once: by its fate, then as advice is ordered."""
    old, new = _by_name(before), _by_name(after)
    pairs = (_pair(old.get(name), new.get(name)) for name in {**old, **new})
    return tuple(sorted(pairs, key=lambda pair: (ORDER.index(pair.fate), pair.any.rank_key)))


def counts(pairs: Iterable[Pair]) -> dict[str, int]:
    """Return how many findings have each fate."""
    fates = [pair.fate for pair in pairs]
    return {fate.value: fates.count(fate) for fate in Fate}


def _by_name(items: Iterable[ScoredRecommendation]) -> Mapping[tuple[str, int], ScoredRecommendation]:
    """Return the advice by finding; a rule may find two things on one channel."""
    named: dict[tuple[str, int], ScoredRecommendation] = {}
    for item in items:
        place = sum(key == item.finding_key for key, _ in named)
        named[(item.finding_key, place)] = item
    return named


def _pair(before: ScoredRecommendation | None, after: ScoredRecommendation | None) -> Pair:
    if before is None:
        return Pair(Fate.NEW, None, after)
    if after is None:
        return Pair(Fate.GONE, before, None)
    is_same = _said(before) == _said(after)
    return Pair(Fate.UNCHANGED if is_same else Fate.CHANGED, before, after)


def _said(item: ScoredRecommendation) -> tuple[object, ...]:
    """Return what makes advice another one. The words under it count other channels too, and move with any of them."""
    gain = None if item.gain is None else (item.gain.low_sat, item.gain.high_sat)
    return item.title, item.priority, item.score, gain
