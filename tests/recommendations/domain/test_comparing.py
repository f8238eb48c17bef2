"""Advice side by side: what is new, changed, gone or stays, each with its factors."""

from dataclasses import replace

from recommendations.domain.comparing import Fate, compared, counts
from recommendations.domain.findings.catalog import examine
from recommendations.domain.recommendation import recommend
from recommendations.domain.scoring import Weights
from tests.recommendations.domain import factories as make


def advice():
    """What the rules say of a node with an overpriced full channel and an unreliable own node."""
    facts = make.operated(
        *(make.channel(number, ratio=0.95, flow=make.silent()) for number in range(1, 8)),
        private=make.private_node(uptime_ratio=0.5),
    )
    found = recommend(facts, examine(facts), Weights(), at=make.AT)
    assert len(found) >= 3
    return found


def test_the_same_advice_is_unchanged():
    found = advice()

    pairs = compared(found, found)

    assert {pair.fate for pair in pairs} == {Fate.UNCHANGED}
    assert [pair.any for pair in pairs] == sorted(found, key=lambda item: item.rank_key)


def test_each_finding_stands_once_with_its_fate_and_what_is_new_stands_first():
    first, second, third, *_ = advice()
    dearer = replace(second, score=second.score + 5)

    pairs = compared((first, second), (dearer, third))

    assert [pair.fate for pair in pairs] == [Fate.NEW, Fate.CHANGED, Fate.GONE]
    assert counts(pairs) == {"new": 1, "changed": 1, "gone": 1, "unchanged": 0}
    assert pairs[0].before is None
    assert pairs[2].after is None


def test_two_findings_of_one_rule_on_one_channel_are_told_apart():
    first, *_ = advice()
    twin = replace(first, title="another")

    assert counts(compared((first, twin), (first,)))["gone"] == 1
    assert counts(compared((first, twin), (first, twin)))["unchanged"] == 2


def test_factors_stand_side_by_side_and_are_none_where_there_is_nothing():
    first, *_ = advice()

    (pair,) = compared((), (first,))

    assert pair.factors[0][0] == "revenue_impact"
    assert all(before is None for _, before, _ in pair.factors)
    assert pair.factors[1][2] == first.factors.ease_of_implementation
