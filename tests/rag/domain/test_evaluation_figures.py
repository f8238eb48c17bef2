"""Sums over judged questions, by hand-counted examples."""

from typing import Any

import pytest

from rag.domain.evaluation_figures import Outcome, figures, interval, percentile


def outcome(id_: str = "q", **changes: Any) -> Outcome:
    values: dict[str, Any] = {
        "question": "Is it?",
        "lang": "en",
        "difficulty": "easy",
        "is_answerable": True,
        "relevant": ("a",),
        "documents": ("a", "b"),
        "answer_rank": 1,
        "is_refused": False,
        "elapsed_ms": 10.0,
    }
    return Outcome(id=id_, **(values | changes))


def unanswerable(id_: str, **changes: Any) -> Outcome:
    return outcome(id_, is_answerable=False, relevant=(), answer_rank=None, **changes)


FOUR = (
    outcome("1"),
    outcome("2", documents=("x", "a"), answer_rank=6, lang="fr"),
    outcome("3", documents=("x", "y"), answer_rank=None, is_refused=True, difficulty="hard"),
    outcome("4", documents=("x", "a", "b"), relevant=("a", "b"), answer_rank=3),
    unanswerable("5", is_refused=True),
    unanswerable("6"),
)


def test_figures_by_hand() -> None:
    found = figures(FOUR)

    assert (found["n"], found["answerable_n"], found["unanswerable_n"]) == (6, 4, 2)
    assert (found["recall_at_1"], found["recall_at_5"]) == (0.25, 0.75)
    assert (found["full_recall_at_1"], found["full_recall_at_5"]) == (0.25, 0.75)
    assert found["mrr_at_10"] == (1 + 0.5 + 0 + 0.5) / 4
    assert (found["answer_recall_at_1"], found["answer_recall_at_5"], found["answer_recall_at_10"]) == (0.25, 0.5, 0.75)
    assert found["answer_mrr_at_10"] == pytest.approx((1 + 1 / 6 + 1 / 3) / 4, abs=1e-4)
    assert (found["abstention_recall"], found["abstention_precision"]) == (0.5, 0.5)
    assert (found["wrong_refusals"], found["wrong_refusals_n"], found["right_refusals_n"]) == (0.25, 1, 1)


def test_languages_and_difficulties_are_summed_apart() -> None:
    found = figures(FOUR)

    assert found["by_lang"]["fr"]["n"] == 1
    assert found["by_lang"]["fr"]["recall_at_1"] == 0.0
    assert found["by_lang"]["fr"]["recall_at_5"] == 1.0
    assert found["by_difficulty"]["hard"]["wrong_refusals"] == 1.0
    assert list(figures((*FOUR, outcome("m", difficulty="medium")))["by_difficulty"]) == ["easy", "medium", "hard"]


def test_what_was_not_asked_is_unknown_and_not_zero() -> None:
    found = figures((unanswerable("1"),))

    assert found["recall_at_5"] is None
    assert found["wrong_refusals"] is None
    assert found["abstention_recall"] == 0.0
    assert found["abstention_precision"] is None
    assert found["intervals"]["recall_at_5"] is None
    assert figures(())["latency_p50_ms"] is None


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (outcome(), False),
        (outcome(answer_rank=6), True),
        (outcome(documents=("x",)), True),
        (outcome(is_refused=True), True),
        (unanswerable("u"), True),
        (unanswerable("u", is_refused=True), False),
    ],
)
def test_a_question_failed_when_nothing_right_came_of_it(one: Outcome, expected: bool) -> None:
    assert one.is_failure is expected


def test_the_interval_holds_the_mean_and_is_the_same_each_time() -> None:
    values = [1.0] * 80 + [0.0] * 20

    bounds = interval(values)

    assert bounds == interval(values)
    assert bounds is not None
    assert bounds[0] == pytest.approx(0.72, abs=0.02)
    assert bounds[1] == pytest.approx(0.87, abs=0.02)


def test_more_questions_make_a_narrower_interval() -> None:
    few, many = interval([1.0, 0.0] * 5), interval([1.0, 0.0] * 500)

    assert few is not None
    assert many is not None
    assert few[1] - few[0] > 5 * (many[1] - many[0])


def test_percentiles() -> None:
    assert percentile([1, 2, 3, 4, 5], 50) == 3
    assert percentile([], 95) is None
