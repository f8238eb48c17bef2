"""Scores of rankings."""

import math

import pytest

from rag.domain.evaluation import full_recall, ndcg, reciprocal_rank, success_at


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


def test_the_eleventh_document_is_too_late() -> None:
    found = (*map(str, range(10)), "b")

    assert reciprocal_rank(found, relevant={"b"}) == 0.0
    assert ndcg(found, relevant={"b"}) == 0.0


@pytest.mark.parametrize(
    ("found", "relevant", "k", "expected"),
    [
        (("a", "b", "c"), {"a", "c"}, 1, 0.5),
        (("a", "b", "c"), {"a", "c"}, 3, 1.0),
        (("a", "a", "c"), {"a", "c"}, 2, 1.0),
        (("a",), set(), 1, 0.0),
    ],
)
def test_full_recall_is_the_share_of_the_relevant_documents(
    found: tuple[str, ...], relevant: set[str], k: int, expected: float
) -> None:
    assert full_recall(k, found=found, relevant=relevant) == expected


@pytest.mark.parametrize(
    ("found", "relevant", "expected"),
    [
        (("a",), {"a"}, 1.0),
        (("x", "a"), {"a"}, 1 / math.log2(3)),
        (("a", "x", "b"), {"a", "b"}, (1 + 1 / 2) / (1 + 1 / math.log2(3))),
        (("a", "a", "b"), {"a", "b"}, 1.0),  # the second passage of a document takes no place
        (("x",), {"a"}, 0.0),
        (("x",), set(), 0.0),
    ],
)
def test_ndcg_by_hand(found: tuple[str, ...], relevant: set[str], expected: float) -> None:
    assert ndcg(found, relevant=relevant) == pytest.approx(expected)
