"""The threshold that parts what can be answered from what cannot."""

import pytest

from rag.domain.calibration import Evidence, Point, best, curve, point_at, spread


def answerable(cosine: float) -> Evidence:
    return Evidence(True, cosine + 0.005)  # refused from just above its cosine on


def unanswerable(cosine: float) -> Evidence:
    return Evidence(False, cosine + 0.005)


def test_a_clean_gap_is_cut_in_its_middle() -> None:
    points = curve([answerable(0.60), answerable(0.70), unanswerable(0.30), unanswerable(0.20)])

    chosen = best(points)

    assert chosen is not None
    assert chosen.threshold == pytest.approx(0.45, abs=0.01)
    assert (chosen.abstention_recall, chosen.wrong_refusals) == (1.0, 0.0)


def test_wrong_refusals_are_bounded_even_where_more_would_part_better() -> None:
    evidence = [answerable(0.4), answerable(0.4), *[answerable(0.8)] * 8, *[unanswerable(0.5)] * 5]

    chosen = best(curve(evidence), most_wrong_refusals=0.1)

    assert chosen is not None
    assert chosen.wrong_refusals == 0.0
    assert chosen.threshold <= 0.4
    assert best(curve(evidence), most_wrong_refusals=0.2) == Point(chosen_threshold(evidence), 1.0, 0.2)


def chosen_threshold(evidence: list[Evidence]) -> float:
    perfect = [
        point.threshold for point in curve(evidence) if (point.abstention_recall, point.wrong_refusals) == (1, 0.2)
    ]
    return perfect[(len(perfect) - 1) // 2]


def test_what_is_refused_at_every_threshold_or_at_none() -> None:
    points = curve([Evidence(True, None), Evidence(False, 0.0)])

    assert {(point.abstention_recall, point.wrong_refusals) for point in points} == {(1.0, 0.0)}


def test_nothing_is_chosen_where_too_much_is_refused_anyway() -> None:
    assert best(curve([Evidence(True, 0.0), Evidence(False, 0.0)])) is None


def test_without_both_kinds_of_questions_there_is_no_curve() -> None:
    assert curve([answerable(0.5)]) == ()
    assert curve([unanswerable(0.5)]) == ()
    assert best(()) is None


def test_few_questions_leave_the_threshold_open() -> None:
    clear = [*[answerable(0.6)] * 30, *[unanswerable(0.5)] * 30]
    vague = [answerable(0.6), answerable(0.3), answerable(0.9), unanswerable(0.5), unanswerable(0.1)]

    narrow, wide = spread(clear, seed=1), spread(vague, seed=1, most_wrong_refusals=0.5)

    assert narrow == spread(clear, seed=1)
    assert narrow is not None
    assert wide is not None
    assert narrow[1] - narrow[0] < wide[1] - wide[0]
    assert spread([], seed=1) is None


def test_one_threshold_can_be_looked_at_alone() -> None:
    evidence = [answerable(0.6), unanswerable(0.3)]

    assert point_at(evidence, threshold=0.4) == Point(0.4, 1.0, 0.0)
    assert point_at(evidence[:1], threshold=0.4) is None
