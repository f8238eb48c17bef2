"""An operator's limits of a channel: advice clips to them or stays away, is counted, and never leads out of them."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommendations.domain.actions import CloseChannel, Intent, SetChannelFee, intents
from recommendations.domain.advice import Reversibility
from recommendations.domain.facts import UNBOUNDED, ChannelBounds, NodeFacts
from recommendations.domain.findings.catalog import default_thresholds, examine
from recommendations.domain.findings.profiles import Profile, profiled
from tests.recommendations.domain import scenarios
from tests.recommendations.domain.factories import channel, findings_of, market, operated, policy, silent

SCENARIOS = (scenarios.unbalanced, scenarios.overpriced, scenarios.dead, scenarios.hostile, scenarios.balanced)
PPM = st.one_of(st.none(), st.integers(0, 3_000))


def bounds_of(one: int | None, two: int | None, is_hands_off: bool) -> ChannelBounds:
    """Two bounds the right way round."""
    is_swapped = one is not None and two is not None and one > two
    return ChannelBounds(two, one, is_hands_off) if is_swapped else ChannelBounds(one, two, is_hands_off)


BOUNDS = st.builds(bounds_of, PPM, PPM, st.booleans())


def bounded(facts: NodeFacts, by_place: list[ChannelBounds]) -> NodeFacts:
    """The same node with these limits on its channels, in turn."""
    pairs = zip(facts.channels, by_place * len(facts.channels), strict=False)
    return replace(facts, channels=tuple(replace(one, bounds=bounds) for one, bounds in pairs))


def dear(**changes):
    return channel(
        1, ratio=0.9, flow=silent(), own_policy=policy(fee_ppm=1_000), market=market(200, percentile=95.0), **changes
    )


@pytest.mark.parametrize(
    ("bounds", "new_ppm", "held_back"),
    [
        (UNBOUNDED, 500, 0),
        (ChannelBounds(min_fee_ppm=100), 500, 0),
        (ChannelBounds(min_fee_ppm=700), 700, 0),
        (ChannelBounds(min_fee_ppm=950), None, 1),
        (ChannelBounds(min_fee_ppm=2_000), None, 1),
        (ChannelBounds(max_fee_ppm=300), 500, 0),  # one step of at most half toward what is allowed
        (ChannelBounds(is_hands_off=True), None, 2),  # the swap that would empty it, too
    ],
)
def test_a_cut_ends_at_the_limit_or_is_held_back(bounds, new_ppm, held_back):
    facts = operated(dear(bounds=bounds))

    cuts = findings_of(facts, "fee_vs_market")

    assert [one.action.new.fee_ppm for one in cuts] == ([] if new_ppm is None else [new_ppm])
    assert examine(facts).held_back == held_back
    assert all("Your own limit" in one.explanation for one in cuts if new_ppm == 700)


def test_a_channel_that_is_not_to_be_touched_is_neither_drained_nor_refilled():
    facts = scenarios.unbalanced()
    hands_off = bounded(facts, [ChannelBounds(is_hands_off=True)])

    examination = examine(hands_off)

    assert not {intent for one in examination.findings for _, intent in intents(one.action)} - {
        Intent.REVIEW,
        Intent.DRAIN,
        Intent.REFILL,
        Intent.OPEN,
    }
    scids = {one.scid for one in facts.channels}
    changed = {t for one in examination.findings for t, i in intents(one.action) if i is not Intent.REVIEW}
    assert not scids & changed
    assert examination.held_back > 5


@settings(max_examples=60, deadline=None)
@given(
    scenario=st.sampled_from(SCENARIOS),
    limits=st.lists(BOUNDS, min_size=1, max_size=5),
    profile=st.sampled_from(Profile),
)
def test_advice_never_leads_out_of_a_limit(scenario, limits, profile):
    facts = bounded(scenario(), limits)
    by_scid = {one.scid: one.bounds for one in facts.channels}

    for finding in examine(facts, profiled(default_thresholds(), profile)).findings:
        changes = [(t, i) for t, i in intents(finding.action) if i is not Intent.REVIEW]
        assert not any(by_scid.get(target, UNBOUNDED).is_hands_off for target, _ in changes)
        if isinstance(finding.action, SetChannelFee):
            bounds, action = by_scid[finding.action.target], finding.action
            before, after = action.current.fee_ppm, action.new.fee_ppm
            assert abs(after - bounds.nearest_ppm(after)) <= abs(before - bounds.nearest_ppm(before))


@settings(max_examples=40, deadline=None)
@given(scenario=st.sampled_from(SCENARIOS), profile=st.sampled_from(Profile), confidence=st.floats(0.5, 1.0))
def test_what_can_be_undone_comes_first_and_no_close_is_below_the_confidence(scenario, profile, confidence):
    thresholds = profiled(default_thresholds(), profile)
    own = {**thresholds["dead_channel"].values, "close_confidence": confidence}
    edited = {**thresholds, "dead_channel": replace(thresholds["dead_channel"], values=own)}

    found = examine(scenario(), edited).findings

    order = [one.reversibility is Reversibility.IRREVERSIBLE for one in found]
    assert order == sorted(order)
    assert all(one.confidence >= confidence for one in found if isinstance(one.action, CloseChannel))
    for close in (one for one in found if isinstance(one.action, CloseChannel)):
        touched = {t for one in found if one is not close for t, _ in intents(one.action)}
        assert close.target not in touched


def test_limits_that_hold_nothing_back_count_nothing():
    facts = scenarios.balanced()

    assert examine(bounded(facts, [ChannelBounds(0, 10_000)])).held_back == 0
    assert examine(bounded(facts, [ChannelBounds(0, 10_000)])).findings == examine(facts).findings
