"""Scores of rankings."""

import pytest

from rag.domain.evaluation import RankedQuestion, recall_at, reciprocal_rank, success_at


@pytest.mark.parametrize(
    ("found", "k", "expected"),
    [(("a", "b"), 1, False), (("a", "b"), 2, True), (("a", "a", "b"), 2, True), ((), 5, False)],
)
def test_success_counts_distinct_documents(found: tuple[str, ...], k: int, expected: bool) -> None:
    assert success_at(k, found=found, relevant={"b"}) is expected


@pytest.mark.parametrize(
    ("found", "expected"), [(("b",), 1.0), (("a", "b"), 0.5), (("a", "a", "b"), 0.5), (("a",), 0.0)]
)
def test_reciprocal_rank(found: tuple[str, ...], expected: float) -> None:
    assert reciprocal_rank(found, relevant={"b"}) == expected


def test_recall_is_a_share_and_unknown_without_questions() -> None:
    hit = RankedQuestion("en", ("a",), frozenset({"a"}))
    miss = RankedQuestion("en", ("b",), frozenset({"a"}))

    assert recall_at(1, questions=[hit, miss]) == 0.5
    assert recall_at(1, questions=[]) is None
