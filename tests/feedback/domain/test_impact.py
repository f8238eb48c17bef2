"""The impact score is a weighted difference in differences, and says nothing when it cannot know."""

import math

import pytest

from feedback.domain.impact import Metric, Window, assess, change_of, effect_of

WORKED_WINDOWS = {
    Metric.REVENUE: Window(1000, 1250),
    Metric.SUCCESS: Window(0.80, 0.88),
    Metric.BALANCE: Window(0.90, 0.65),
}
WORKED_CONTROLS = {Metric.REVENUE: [0.0486], Metric.SUCCESS: [0.0417], Metric.BALANCE: [0.0]}


def test_the_worked_example_scores_0_978():
    impact = assess(WORKED_WINDOWS, WORKED_CONTROLS)

    assert impact.effectiveness_score == pytest.approx(0.978, abs=0.0005)


@pytest.mark.parametrize(
    ("metric", "window", "expected"),
    [
        (Metric.REVENUE, Window(0, 0), 0.0),
        (Metric.REVENUE, Window(9, 99), math.log(10)),
        (Metric.SUCCESS, Window(0.99, 1.0), 0.2),
        (Metric.BALANCE, Window(0.5, 0.5), 0.0),
        (Metric.BALANCE, Window(0.5, 0.6), -1.0),
        (Metric.REVENUE, Window(None, 5), None),
        (Metric.SUCCESS, Window(0.5, None), None),
    ],
)
def test_a_change_is_on_its_own_scale(metric, window, expected):
    change = change_of(metric, window)

    assert change == (None if expected is None else pytest.approx(expected))


def test_without_a_control_the_effect_is_unknown():
    assert effect_of(Metric.REVENUE, Window(10, 20), []).effect is None


def test_a_change_the_controls_share_is_no_effect():
    shared = math.log(201 / 101)

    assert effect_of(Metric.REVENUE, Window(100, 200), [shared, shared]).effect == pytest.approx(0)


@pytest.mark.parametrize(
    ("missing", "is_known"),
    [
        ((), True),
        ((Metric.SUCCESS,), True),
        ((Metric.BALANCE,), True),
        ((Metric.REVENUE,), False),
        ((Metric.SUCCESS, Metric.BALANCE), False),
    ],
)
def test_a_score_needs_revenue_and_one_more(missing, is_known):
    windows = {metric: window for metric, window in WORKED_WINDOWS.items() if metric not in missing}

    assert assess(windows, WORKED_CONTROLS).is_known is is_known


def test_harm_is_a_negative_net_effect_and_a_score_of_zero():
    windows = {Metric.REVENUE: Window(1000, 400), Metric.BALANCE: Window(0.5, 0.95)}

    impact = assess(windows, {Metric.REVENUE: [0.0], Metric.BALANCE: [0.0]})

    assert impact.net_effect == pytest.approx(-1.0)
    assert impact.effectiveness_score == 0.0
