"""Judge advice by its evidence, not its looks: does every number stand in the facts, does every reference resolve?

Pure. The score is a mean over the components that apply; which applied, and how, is always kept beside it.
"""

import re
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass

from recommendations.domain.grounding import grounded_share, numbers_in, numbers_of, ungrounded, verdicts
from recommendations.domain.model_output import Tally
from recommendations.domain.recommendation import ScoredRecommendation

__all__ = ["grounded_share", "numbers_in", "quality_score", "rules_quality", "spoken_quality"]

WEIGHTS = {
    "schema": 0.20,
    "grounding": 0.30,
    "evidence": 0.20,
    "commands": 0.10,
    "quantified": 0.10,
    "usefulness": 0.10,
}
FEWEST_WORDS = 4
TARGET_ITEMS = 4  # what an operator can act on in one sitting, and the gate of RO-07

_COMMAND_WORDS = frozenset(
    {"lncli", "updatechanpolicy", "openchannel", "closechannel", "bos", "rebalance", "loop", "lightning", "cli"}
    | {"setchannel", "fundchannel", "close", "sat", "msat", "ppm", "base", "fee", "rate", "time", "lock", "delta"}
    | {"chan", "point", "node", "key"}
)
_FRENCH = frozenset(
    {"le", "la", "les", "des", "du", "de", "et", "un", "une", "est", "votre", "vos", "pour", "sur", "dans", "par"}
    | {"avec", "que", "qui", "frais", "à", "au", "sont"}
)
_ENGLISH = frozenset(
    {"the", "a", "an", "of", "and", "is", "are", "your", "for", "on", "in", "by", "with", "that", "this", "to"}
    | {"channel", "fee", "fees", "at", "it", "from"}
)


@dataclass(frozen=True, slots=True)
class QualityItem:
    """One piece of advice as shown. `needs_command` is false for steps no command can do."""

    text: str
    is_valid: bool
    references: tuple[str, ...] = ()
    needs_command: bool = False
    has_checked_command: bool = False
    is_quantified: bool = False


@dataclass(frozen=True, slots=True)
class Ground:
    """What items are judged against: every number we know or derived, every reference there is, the language."""

    numbers: frozenset[float]
    references: Set[str]
    lang: str = "en"
    target_items: int = TARGET_ITEMS
    offered_items: int | None = None  # how many were offered before invalid ones were left out


@dataclass(frozen=True, slots=True)
class Quality:
    """0 to 1, with its components (None = not applicable), the share of weight that applied, and unknown numbers."""

    score: float
    components: Mapping[str, float | None]
    coverage: float
    ungrounded: tuple[float, ...] = ()


def quality_score(items: Iterable[QualityItem], ground: Ground, *, has_valid_citation: bool = False) -> Quality:
    """Return the quality of one run of advice (FEATURES 3.2). Nothing valid and nothing cited scores 0."""
    kept = tuple(items)
    valid = tuple(item for item in kept if item.is_valid and is_prose(item.text))
    if not valid and not has_valid_citation:
        return Quality(0.0, dict.fromkeys(WEIGHTS), 0.0)
    components = _components(kept, valid, ground)
    score, coverage = _weighted(components)
    missed = tuple(number for item in valid for number in ungrounded(item.text, ground.numbers))
    return Quality(score, components, coverage, missed)


def _components(
    kept: tuple[QualityItem, ...], valid: tuple[QualityItem, ...], ground: Ground
) -> dict[str, float | None]:
    offered = max(ground.offered_items or len(kept), len(kept))
    stated = [is_known for item in valid for is_known in verdicts(item.text, ground.numbers)]
    with_command = [item.has_checked_command for item in valid if item.needs_command]
    return {
        "schema": _share([True] * len(valid) + [False] * (offered - len(valid))),
        "grounding": _share(stated),
        "evidence": _share([_resolves(item, ground.references) for item in valid]),
        "commands": _share(with_command),
        "quantified": _share([item.is_quantified for item in valid]),
        "usefulness": _usefulness(valid, ground),
    }


def is_prose(text: str) -> bool:
    """Whether a text says something in words, beyond command vocabulary and digits."""
    words = re.findall(r"[^\W\d_]{2,}", text.lower())
    return len({word for word in words if word not in _COMMAND_WORDS}) >= FEWEST_WORDS


def speaks(text: str, *, lang: str) -> bool | None:
    """Whether a text is in the language asked for; None when it is too short to tell."""
    words = re.findall(r"[^\W\d_]+", text.lower())
    french, english = sum(word in _FRENCH for word in words), sum(word in _ENGLISH for word in words)
    if french == english:
        return None
    return (french > english) == (lang == "fr")


def _resolves(item: QualityItem, known: Set[str]) -> bool:
    return bool(item.references) and all(reference in known for reference in item.references)


def _usefulness(valid: tuple[QualityItem, ...], ground: Ground) -> float:
    in_language = speaks(" ".join(item.text for item in valid), lang=ground.lang)
    enough = min(len(valid) / ground.target_items, 1.0) if ground.target_items else 1.0
    return 0.0 if in_language is False else enough


def _share(verdicts: list[bool]) -> float | None:
    return sum(verdicts) / len(verdicts) if verdicts else None


def rules_quality(
    items: tuple[ScoredRecommendation, ...], *, lang: str = "en"
) -> tuple[float | None, dict[str, float | None]]:
    """Return quality and components of advice in the rules' own words; None where there was nothing to advise."""
    if not items:
        return None, dict.fromkeys(WEIGHTS)
    numbers = frozenset[float]().union(*(_ground_of(item) for item in items))
    references = frozenset(evidence.id for item in items for evidence in item.evidence)
    quality = quality_score((_item(item) for item in items), Ground(numbers, references, lang))
    return quality.score, {**quality.components, "coverage": quality.coverage}


def spoken_quality(
    items: tuple[ScoredRecommendation, ...], tally: Tally
) -> tuple[float | None, dict[str, float | None]]:
    """Return quality and components of advice a model chose and worded, from the counts kept while it spoke."""
    if not items or not tally.valid:
        return 0.0, {**dict.fromkeys(WEIGHTS), "coverage": 0.0}
    judged = [_item(item) for item in items]
    components = {
        "schema": _ratio(tally.valid, tally.offered),
        "grounding": _ratio(tally.grounded_texts, tally.texts),
        "evidence": _ratio(tally.resolved_references, tally.references) or 0.0,
        "commands": _share([item.has_checked_command for item in judged if item.needs_command]),
        "quantified": _share([item.is_quantified for item in judged]),
        "usefulness": min(tally.valid / TARGET_ITEMS, 1.0),
    }
    score, coverage = _weighted(components)
    return score, {**components, "coverage": coverage}


def _ground_of(item: ScoredRecommendation) -> frozenset[float]:
    """Return the numbers an item's words may state: its evidence and what was computed from it, not its own words."""
    facts = {evidence.id.rsplit(":", 1)[-1] + evidence.unit: evidence.value for evidence in item.evidence}
    gain = None if item.gain is None else (item.gain.low_sat, item.gain.high_sat, item.gain.horizon_days)
    impact = None if item.impact is None else (item.impact.low, item.impact.high, item.impact.horizon_days)
    values = () if item.commands is None else tuple((value.current, value.new) for value in item.commands.values)
    return numbers_of([facts, gain, impact, values, item.threshold, item.window_days, item.effort_hours])


def _item(item: ScoredRecommendation) -> QualityItem:
    return QualityItem(
        text=f"{item.title}. {item.explanation}",
        is_valid=bool(item.evidence),
        references=tuple(evidence.id for evidence in item.evidence),
        needs_command=item.needs_command,
        has_checked_command=item.commands is not None and item.commands.is_checked,
        is_quantified=item.gain is not None or item.impact is not None,
    )


def _weighted(components: Mapping[str, float | None]) -> tuple[float, float]:
    known = {name: value for name, value in components.items() if value is not None}
    coverage = sum(WEIGHTS[name] for name in known)
    score = sum(WEIGHTS[name] * value for name, value in known.items()) / coverage if coverage else 0.0
    return round(score, 4), round(coverage, 4)


def _ratio(part: int, whole: int) -> float | None:
    return min(part / whole, 1.0) if whole else None
