"""How sure an answer is, and how good (FEATURES 3.2). Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rag.domain.grounding import Check, Kind
from rag.domain.language import detect_language
from rag.domain.passages import Citation, Retrieval

LOW_COSINE, HIGH_COSINE = 0.25, 0.70  # of unrelated and of closely matching passages in the built-in space
AGREEMENT_BONUS = 0.1  # both legs rank the first passage among their first five
AGREEMENT_DEPTH = 5
UNGROUNDED_PENALTY, EACH_FURTHER, MOST_PENALTY = 0.2, 0.05, 0.4
LIGHT_PENALTY = 0.05
UNCITED_CEILING = 0.3
WEIGHTS = {"grounding": 0.30, "evidence": 0.20, "usefulness": 0.10}  # the parts an answer has
INVENTED = frozenset({Kind.NUMBER, Kind.QUOTE, Kind.COMMAND})


@dataclass(frozen=True, slots=True)
class Quality:
    """0 to 1 over the components that apply; `coverage` is the weight they stand for."""

    score: float
    components: Mapping[str, float]
    coverage: float


def confidence(retrieval: Retrieval, *, citations: Sequence[Citation], checks: Sequence[Check]) -> float:
    """Return 0 to 1: how near the passages are, lowered for what nobody gave, capped when nothing is cited."""
    near = ((retrieval.best_cosine or 0.0) - LOW_COSINE) / (HIGH_COSINE - LOW_COSINE)
    first = retrieval.passages[0] if retrieval.passages else None
    if first and max(first.dense_rank or 99, first.lexical_rank or 99) <= AGREEMENT_DEPTH:
        near += AGREEMENT_BONUS
    ceiling = 1.0 if citations else UNCITED_CEILING
    return round(min(max(min(near, 1.0) - _penalty(checks), 0.0), ceiling), 3)


def quality(
    *, citations: Sequence[Citation], dropped: int, checks: Sequence[Check], claims: int, text: str, lang: str
) -> Quality:
    """Return the quality of an answer by what it can show; without a valid citation it is 0.

    `dropped` citations named no passage; `claims` are the numbers, quotes and commands of the answer.
    """
    light = sum(not one.is_grave for one in checks)
    components = {
        "evidence": len(citations) / max(len(citations) + dropped + light, 1),
        "usefulness": float(detect_language(text, default=lang) == lang),
    }
    if claims:
        components["grounding"] = 1 - min(sum(one.kind in INVENTED for one in checks) / claims, 1.0)
    coverage = sum(WEIGHTS[name] for name in components)
    score = sum(WEIGHTS[name] * value for name, value in components.items()) / coverage if citations else 0.0
    return Quality(round(score, 3), {name: round(value, 3) for name, value in components.items()}, round(coverage, 2))


def _penalty(checks: Sequence[Check]) -> float:
    grave = sum(one.is_grave for one in checks)
    for_grave = min(UNGROUNDED_PENALTY + EACH_FURTHER * (grave - 1), MOST_PENALTY) if grave else 0.0
    return for_grave + (LIGHT_PENALTY if len(checks) > grave else 0.0)
