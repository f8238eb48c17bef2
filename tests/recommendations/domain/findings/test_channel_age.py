"""Rule 13: young, idle channels are named with the day from which they can be judged; nothing else is said of them."""

from datetime import timedelta

import pytest

from recommendations.domain.findings.channel_age import RULE
from tests.recommendations.domain.factories import AT, channel, flow, found, node, operated, silent


@pytest.mark.parametrize(
    ("age_days", "its_flow", "is_named"),
    [(5.0, silent(), True), (27.9, silent(), True), (28.0, silent(), False), (5.0, flow(), False), (5.0, None, False)],
)
def test_only_young_channels_that_are_known_to_be_idle_are_named(age_days, its_flow, is_named):
    facts = operated(channel(1, age_days=age_days, ratio=0.9, flow=its_flow))

    assert bool(found(RULE, facts)) is is_named


def test_it_says_until_when_to_wait():
    (finding,) = found(RULE, operated(*(channel(n, age_days=8.0 + n, ratio=1.0, flow=silent()) for n in range(1, 8))))

    assert finding.title.startswith("7 idle channels are too young")
    assert f"{AT + timedelta(days=19):%Y-%m-%d}" in finding.explanation
    assert (finding.impact.low, finding.impact.high) == (13, 19)
    assert [one.value for one in finding.evidence if one.label == "age of 800001x1x0"] == [9]


def test_without_any_age_it_says_what_is_missing():
    (finding,) = found(RULE, node(channel(age_days=None)))

    assert finding.missing == ("age of the channels (block heights)",)
    assert found(RULE, node()) == ()
