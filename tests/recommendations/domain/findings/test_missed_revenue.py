"""Rule 18: payments turned away for lack of balance, from 20 tries on; a higher fee only where there is little left."""

import pytest

from recommendations.domain.actions import Inspect, SetChannelFee
from recommendations.domain.facts import ChannelBounds, FailureFacts
from recommendations.domain.findings.missed_revenue import RULE, missed
from tests.recommendations.domain.factories import channel, flow, found, node, operated, policy, private


def failures(short=30, *, fee_msat=600_000, priced=None, window_days=30):
    return FailureFacts(
        window_days, short, short // 3, short * 100_000, fee_msat, short if priced is None else priced, 5
    )


def failing(number=1, *, ratio=0.1, fails=None, its_flow=None, **changes):
    its = private(ratio, flow=its_flow or flow(), failures=fails or failures())
    return channel(number, private=its, **changes)


@pytest.mark.parametrize(
    ("short", "settled", "is_found"),
    [(30, 40, True), (19, 0, False), (20, 0, True), (4, 40, False), (5, 40, True), (0, 0, False)],
)
def test_it_speaks_from_twenty_tries_and_a_tenth_turned_away(short, settled, is_found):
    one = failing(fails=failures(short), its_flow=flow(out_count=settled))

    assert bool(found(RULE, operated(one))) is is_found


def test_where_little_is_left_a_higher_fee_is_tried():
    (finding,) = found(RULE, operated(failing()))

    assert isinstance(finding.action, SetChannelFee)
    assert (finding.action.current.fee_ppm, finding.action.new.fee_ppm) == (200, 230)
    assert (finding.gain.low_sat, finding.gain.high_sat) == (0, 600)
    assert "600 sat in 30 days x 30 / 30 = 600 sat" in finding.gain.computation


@pytest.mark.parametrize(
    "changes",
    [{"ratio": 0.5}, {"ratio": None}, {"bounds": ChannelBounds(max_fee_ppm=200)}],
)
def test_where_a_higher_fee_does_not_fit_it_asks_for_a_look(changes):
    (finding,) = found(RULE, operated(failing(**changes)))

    assert isinstance(finding.action, Inspect)
    assert finding.gain.high_sat == 600


def test_settled_forwards_are_counted_for_as_many_days_as_the_failures():
    week = failing(fails=failures(10, window_days=7), its_flow=flow(out_count=60))

    (finding,) = found(RULE, operated(week))

    assert next(one.value for one in finding.evidence if one.id.endswith(":settled")) == 14
    assert finding.gain.high_sat == round(600 * 30 / 7)


def test_unknown_fees_give_no_range_and_the_most_missed_comes_first():
    assert missed(failures(fee_msat=None, priced=0)) is None
    small, large = failing(1, fails=failures(fee_msat=1_000)), failing(2, fails=failures(fee_msat=9_000_000))

    assert [one.target for one in found(RULE, operated(small, large))] == [large.scid, small.scid]


def test_without_recorded_failures_it_says_so():
    (finding,) = found(RULE, operated(channel(ratio=0.5, flow=flow())))

    assert finding.missing == ("failed forwards per channel, at least 7 days",)
    assert found(RULE, node()) == ()


def test_a_fee_that_just_changed_is_left_alone():
    fresh = failing(own_policy=policy(changed_at=operated().judged_at))

    assert isinstance(found(RULE, operated(fresh))[0].action, Inspect)
