"""Merging rankings, dropping repeats, and the order of IX-03."""

from datetime import date, timedelta

import pytest

from rag.domain.fusion import RerankSignals, distinct, freshness, reciprocal_rank_fusion, rerank

TODAY = date(2026, 11, 21)


@pytest.mark.parametrize(
    ("legs", "order"),
    [
        ([[1, 2, 3], [3, 1, 2]], [1, 3, 2]),
        ([[1, 2], []], [1, 2]),
        ([[], []], []),
        ([[1], [2]], [1, 2]),
        ([[5, 1], [7, 1]], [1, 5, 7]),
    ],
)
def test_what_both_legs_find_comes_first(legs: list[list[int]], order: list[int]) -> None:
    assert [item for item, _ in reciprocal_rank_fusion(legs)] == order


def test_the_score_is_the_sum_of_reciprocal_ranks_with_constant_60() -> None:
    item, score = reciprocal_rank_fusion([[1], [2, 1]])[0]

    assert item == 1
    assert score == pytest.approx(1 / 61 + 1 / 62)


def test_a_leg_can_weigh_more() -> None:
    assert reciprocal_rank_fusion([[1], [2]], weights=(1.0, 2.0))[0][0] == 2


def test_a_passage_that_repeats_an_earlier_one_is_dropped() -> None:
    long = "the base fee is charged per payment and the fee rate per amount " * 3
    texts = {1: long, 2: long + "indeed", 3: "close a channel only with cause"}

    assert distinct(texts, order=[2, 1, 3]) == (2, 3)


@pytest.mark.parametrize(
    ("dated_at", "expected"),
    [(None, 0.5), (TODAY, 1.0), (TODAY - timedelta(days=90), 0.3679), (TODAY + timedelta(days=5), 1.0)],
)
def test_freshness_halves_about_every_two_months(dated_at: date | None, expected: float) -> None:
    assert freshness(dated_at, today=TODAY) == pytest.approx(expected, abs=1e-4)


def test_golden_order_of_the_rerank() -> None:
    candidates = [
        RerankSignals(1, document=1, relevance=1.0, dated_at=TODAY - timedelta(days=720)),
        RerankSignals(2, document=1, relevance=0.9, dated_at=TODAY - timedelta(days=720)),
        RerankSignals(3, document=2, relevance=0.8, dated_at=TODAY),
        RerankSignals(4, document=3, relevance=0.8, quality=1.0, popularity=1.0),
    ]

    assert [item for item, _ in rerank(candidates, today=TODAY)] == [4, 3, 1, 2]
