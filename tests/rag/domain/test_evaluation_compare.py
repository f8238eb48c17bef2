"""Two runs side by side, question by question."""

import pytest

from rag.domain.evaluation_compare import compare, sign_test
from tests.rag.domain.test_evaluation_figures import outcome, unanswerable


@pytest.mark.parametrize(
    ("won", "lost", "expected"),
    [(0, 0, 1.0), (1, 0, 1.0), (5, 0, 0.0625), (6, 0, 0.03125), (8, 2, 0.109375), (3, 3, 1.0), (10, 0, 0.001953125)],
)
def test_the_sign_test_by_hand(won: int, lost: int, expected: float) -> None:
    assert sign_test(won, lost) == pytest.approx(expected)
    assert sign_test(lost, won) == pytest.approx(expected)


def test_a_thousand_wins_are_no_overflow() -> None:
    assert sign_test(1_500, 1_400) == pytest.approx(0.0661, abs=0.001)


def test_questions_are_won_and_lost_one_by_one() -> None:
    before = (outcome("1"), outcome("2", documents=("x",), answer_rank=None), outcome("3"), unanswerable("4"))
    after = (outcome("1", documents=("x",)), outcome("2"), outcome("3"), unanswerable("4", is_refused=True))

    documents, answers, decisions = compare(before, after)

    assert (documents.won, documents.lost, documents.both, documents.neither) == (("2",), ("1",), 1, 0)
    assert (answers.won, answers.lost, answers.both) == (("2",), (), 2)
    assert (decisions.won, decisions.lost, decisions.both) == (("4",), (), 3)
    assert documents.is_noise


def test_only_what_both_asked_is_compared() -> None:
    documents, _, decisions = compare((outcome("1"), outcome("2")), (outcome("2"), outcome("3")))

    assert documents.both == 1
    assert decisions.both == 1
