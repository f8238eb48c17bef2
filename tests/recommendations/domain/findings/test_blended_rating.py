"""Rule 24: every service of a channel counts, and only the node's own distribution is the measure."""

import pytest

from recommendations.domain.facts import CostFacts
from recommendations.domain.findings.blended_rating import RULE, rating
from tests.recommendations.domain.factories import channel, flow, found, operated, policy, private, silent


def rated(number, **changes):
    return channel(number, **{"ratio": 0.5, "flow": flow(), **changes})


def test_a_channel_far_below_the_others_is_named():
    low = rated(9, flow=silent(), own_policy=policy(fee_ppm=1))

    (finding,) = found(RULE, operated(*(rated(n) for n in range(1, 9)), low))

    assert finding.title == "1 of 9 channels does far less for the node than the others"
    assert low.scid in finding.explanation
    assert (finding.gain.low_sat, finding.gain.high_sat > 0) == (0, True)


@pytest.mark.parametrize(
    "changes",
    [
        {"flow": flow(0, 3_600_000)},  # brings fees in for others
        {"private": private(0.5, flow=silent(), costs=CostFacts(90, 0, 0, 900_000_000_000, None))},  # refills others
        {"flow": silent(), "own_policy": policy(fee_ppm=100_000)},  # holds balance at a price
    ],
)
def test_every_service_counts(changes):
    assert found(RULE, operated(*(rated(n) for n in range(1, 9)), rated(9, **changes))) == ()


def test_the_sum_is_per_day_and_million_sat_of_ours():
    one = rated(1, own_policy=policy(fee_ppm=300))
    its = flow(fees_earned_msat=30_000, fees_assisted_msat=60_000)

    assert rating(one, its, local_sat=2_500_000) == pytest.approx((1_000 + 2_000 + 2_500) / 2.5)
    assert rating(one, its, local_sat=0) == pytest.approx(3_000 / 0.5)


@pytest.mark.parametrize("changes", [{"age_days": 29.0}, {"age_days": None}, {"flow": flow(window_days=20)}])
def test_too_few_rated_channels_are_no_distribution(changes):
    (finding,) = found(RULE, operated(*(rated(n) for n in range(1, 8)), rated(8, **changes)))

    assert "there are 7" in finding.missing[0]
