"""Rule 20: cheap below the 20th percentile of 14 days, dear above the 80th; what is urgent never waits."""

from dataclasses import replace

import pytest

from recommendations.domain.advice import Severity
from recommendations.domain.findings.catalog import examine
from recommendations.domain.findings.onchain_timing import RULE, timed
from tests.recommendations.domain.factories import candidate, channel, flow, found, network, node, numbers, operated
from tests.recommendations.domain.scenarios import balanced, dead


def at_percentile(percentile, facts=None):
    its = network(onchain_fee_percentile_14d=percentile, onchain_source="mempool", onchain_as_of=network().as_of)
    return replace(facts or operated(channel(ratio=0.5, flow=flow())), network=its)


@pytest.mark.parametrize(
    ("percentile", "words"), [(19.0, "low"), (20.0, None), (50.0, None), (80.0, None), (81.0, "high")]
)
def test_only_a_special_moment_is_told(percentile, words):
    findings = found(RULE, at_percentile(percentile))

    assert [words in one.title for one in findings] == ([] if words is None else [True])
    assert all(one.evidence[0].source == "mempool" for one in findings)


def test_without_samples_it_says_so_and_a_strangers_node_without_candidates_is_left_out():
    (finding,) = found(RULE, at_percentile(None))

    assert finding.missing == ("on-chain fee samples of 14 days",)
    assert found(RULE, at_percentile(5.0, node(channel()))) == ()
    assert found(RULE, at_percentile(5.0, node(channel(), candidates=(candidate(),))))
    assert found(RULE, replace(operated(), network=network(is_synthetic=True))) == ()


@pytest.mark.parametrize(("percentile", "words"), [(5.0, "The moment is good"), (95.0, "Wait with it unless")])
@pytest.mark.parametrize(("scenario", "rule"), [(balanced, "peer_candidates"), (dead, "dead_channel")])
def test_openings_and_closes_take_the_moment_up(scenario, rule, percentile, words):
    plain = {one.key: one for one in examine(at_percentile(50.0, scenario())).findings if one.rule == rule}
    moved = [one for one in examine(at_percentile(percentile, scenario())).findings if one.rule == rule]

    onchain = [one for one in moved if "moment" in one.params]
    assert onchain
    for one in onchain:
        assert words in one.explanation
        assert any(item.id == f"{one.key}:onchain_percentile" for item in one.evidence)
        waits = one.days_to_effect - plain[one.key].days_to_effect
        assert waits == (0 if percentile < 50 else 5)


def test_what_is_urgent_is_left_as_it_is():
    facts = at_percentile(95.0, balanced())
    opening = next(one for one in examine(facts).findings if one.rule == "peer_candidates")
    bare = replace(opening, explanation="Now.", params={})

    for urgent in (replace(bare, is_safety=True), replace(bare, severity=Severity.CRITICAL)):
        assert timed(urgent, facts, numbers("onchain_timing")) == urgent
    assert timed(bare, facts, numbers("onchain_timing")) != bare
