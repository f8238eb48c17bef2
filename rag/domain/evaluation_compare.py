"""Compare two runs of equal questions, question by question: won, lost, and whether that is noise. Pure."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from rag.domain.evaluation_figures import Outcome

NOISE = 0.05  # p from which a difference may well be chance


@dataclass(frozen=True, slots=True)
class Paired:
    """One measure in two runs: ids of questions that only the second or only the first got right, and the p-value."""

    name: str
    won: tuple[str, ...]
    lost: tuple[str, ...]
    both: int
    neither: int
    p_value: float

    @property
    def is_noise(self) -> bool:
        return self.p_value >= NOISE


def _has_found_document(one: Outcome) -> bool:
    return one.finds_document(5)


def _has_found_answer(one: Outcome) -> bool:
    return one.finds_answer(5)


def _has_decided_rightly(one: Outcome) -> bool:
    return one.is_refused != one.is_answerable


# What is compared, and of which questions: of the answerable ones (True) or of all (False).
MEASURES: Mapping[str, tuple[Callable[[Outcome], bool], bool]] = {
    "document among the first 5": (_has_found_document, True),
    "answer among the first 5 passages": (_has_found_answer, True),
    "answered or refused rightly": (_has_decided_rightly, False),
}


def compare(first: Sequence[Outcome], second: Sequence[Outcome]) -> tuple[Paired, ...]:
    """Return each measure of the questions that both runs asked, in the order of the first."""
    later = {one.id: one for one in second}
    pairs = [(one, later[one.id]) for one in first if one.id in later]
    return tuple(
        _paired(name, [pair for pair in pairs if pair[0].is_answerable or not answerable_only], is_right=is_right)
        for name, (is_right, answerable_only) in MEASURES.items()
    )


def sign_test(won: int, lost: int) -> float:
    """Return the two-sided p-value, 0 to 1, of so many wins and losses being a fair coin's (exact McNemar test)."""
    total = won + lost
    if total == 0:
        return 1.0
    tail = sum(math.comb(total, count) for count in range(min(won, lost) + 1))
    return min(1.0, 2 * tail / (1 << total))


def _paired(name: str, pairs: Sequence[tuple[Outcome, Outcome]], *, is_right: Callable[[Outcome], bool]) -> Paired:
    judged = [(before.id, is_right(before), is_right(after)) for before, after in pairs]
    won = tuple(id_ for id_, before, after in judged if after and not before)
    lost = tuple(id_ for id_, before, after in judged if before and not after)
    both = sum(before and after for _, before, after in judged)
    neither = sum(not before and not after for _, before, after in judged)
    return Paired(name, won, lost, both, neither, sign_test(len(won), len(lost)))
