"""Sum up what came of judged questions: shares with their 95 % intervals, by language and difficulty. Pure.

A figure without questions to count is None. Shares are 0 to 1.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rag.domain.evaluation import full_recall, ndcg, reciprocal_rank, success_at

DEPTHS = (1, 5, 10)
RESAMPLES = 1_000
SEED = 20_261_121  # fixed: the same outcomes have the same intervals
ROUNDING = 4  # digits: one of ten thousand questions
DIFFICULTIES = ("easy", "medium", "hard")  # in the order of reports; others follow


@dataclass(frozen=True, slots=True)
class Found:
    """One passage that was found, as a report shows it; `has_answer`: it stands where a judge said the answer is."""

    uid: str
    breadcrumb: str
    has_answer: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one question. `documents`: the distinct ones, best first; `answer_rank` counts passages from 1."""

    id: str
    question: str
    lang: str
    difficulty: str
    is_answerable: bool
    relevant: tuple[str, ...]
    documents: tuple[str, ...]
    answer_rank: int | None
    is_refused: bool
    elapsed_ms: float
    best_cosine: float | None = None
    missing_terms: tuple[str, ...] = ()
    found: tuple[Found, ...] = ()
    expected: tuple[str, ...] = ()

    def finds_document(self, k: int) -> bool:
        return success_at(k, found=self.documents, relevant=self.relevant)

    def finds_answer(self, k: int) -> bool:
        return self.answer_rank is not None and self.answer_rank <= k

    @property
    def is_failure(self) -> bool:
        """Nothing right among the first five, refused though answerable, or answered though not."""
        if not self.is_answerable:
            return not self.is_refused
        return self.is_refused or not self.finds_document(5) or not self.finds_answer(5)


Score = Callable[[Outcome], float]


def _recall(k: int) -> Score:
    return lambda one: float(one.finds_document(k))


def _full_recall(k: int) -> Score:
    return lambda one: full_recall(k, found=one.documents, relevant=one.relevant)


def _answer_recall(k: int) -> Score:
    return lambda one: float(one.finds_answer(k))


def _answer_reciprocal_rank(one: Outcome) -> float:
    return 1 / one.answer_rank if one.answer_rank and one.answer_rank <= 10 else 0.0


# Of the answerable questions.
SCORES: Mapping[str, Score] = {
    **{f"recall_at_{k}": _recall(k) for k in DEPTHS},
    **{f"full_recall_at_{k}": _full_recall(k) for k in DEPTHS},
    "mrr_at_10": lambda one: reciprocal_rank(one.documents, relevant=one.relevant),
    "ndcg_at_10": lambda one: ndcg(one.documents, relevant=one.relevant),
    **{f"answer_recall_at_{k}": _answer_recall(k) for k in DEPTHS},
    "answer_mrr_at_10": _answer_reciprocal_rank,
    "wrong_refusals": lambda one: float(one.is_refused),
}


def figures(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Return all figures, with `intervals`, and the same under `by_lang` and `by_difficulty`."""
    return summary(outcomes) | {
        "by_lang": _grouped(outcomes, key=lambda one: one.lang),
        "by_difficulty": _grouped(outcomes, key=lambda one: one.difficulty or "unknown"),
    }


def summary(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Return the figures of these outcomes alone, and `intervals` of those that are means: [low, high]."""
    samples = _samples(outcomes)
    answerable = sum(one.is_answerable for one in outcomes)
    return {
        "n": len(outcomes),
        "answerable_n": answerable,
        "unanswerable_n": len(outcomes) - answerable,
        **{name: _mean(values) for name, values in samples.items()},
        "wrong_refusals_n": sum(one.is_refused and one.is_answerable for one in outcomes),
        "right_refusals_n": sum(one.is_refused and not one.is_answerable for one in outcomes),
        "latency_p50_ms": percentile([one.elapsed_ms for one in outcomes], 50),
        "latency_p95_ms": percentile([one.elapsed_ms for one in outcomes], 95),
        "intervals": {name: interval(values) for name, values in samples.items()},
    }


def interval(values: Sequence[float], *, resamples: int = RESAMPLES, seed: int = SEED) -> list[float] | None:
    """Return the 95 % interval of the mean by bootstrap, None without values."""
    if not values:
        return None
    draws = np.random.default_rng(seed).integers(0, len(values), size=(resamples, len(values)))
    low, high = np.percentile(np.asarray(values, dtype=float)[draws].mean(axis=1), [2.5, 97.5])
    return [round(float(low), ROUNDING), round(float(high), ROUNDING)]


def percentile(values: Sequence[float], share: float) -> float | None:
    """Return a percentile of `values`, in their unit, None without values."""
    return round(float(np.percentile(values, share)), 2) if values else None


def in_order(names: Iterable[str]) -> list[str]:
    """Return names of groups as a report has them: difficulties as they rise, everything else by the alphabet."""
    return sorted(names, key=lambda name: (DIFFICULTIES.index(name) if name in DIFFICULTIES else 0, name))


def _samples(outcomes: Iterable[Outcome]) -> dict[str, list[float]]:
    """Return for each mean the values it is taken of."""
    outcomes = tuple(outcomes)
    answerable = [one for one in outcomes if one.is_answerable]
    return {
        **{name: [score(one) for one in answerable] for name, score in SCORES.items()},
        "abstention_recall": [float(one.is_refused) for one in outcomes if not one.is_answerable],
        "abstention_precision": [float(not one.is_answerable) for one in outcomes if one.is_refused],
    }


def _mean(values: Sequence[float]) -> float | None:
    return round(sum(values) / len(values), ROUNDING) if values else None


def _grouped(outcomes: Sequence[Outcome], *, key: Callable[[Outcome], str]) -> dict[str, dict[str, Any]]:
    names = in_order({key(one) for one in outcomes})
    return {name: summary([one for one in outcomes if key(one) == name]) for name in names}
