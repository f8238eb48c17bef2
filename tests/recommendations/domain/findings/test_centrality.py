"""Rule 16: place in routes against size."""

import pytest

from recommendations.domain.findings.centrality import RULE
from tests.recommendations.domain.factories import channel, found, node, standing


def placed(capacity, between, *, count=6):
    places = standing(capacity_percentile=capacity, betweenness_percentile=between)
    return node(*(channel(n) for n in range(1, count + 1)), standing=places)


@pytest.mark.parametrize(
    ("capacity", "between", "is_found"), [(80.0, 60.1, False), (80.0, 60.0, True), (50.0, 90.0, False)]
)
def test_only_a_place_far_behind_the_size_is_named(capacity, between, is_found):
    assert bool(found(RULE, placed(capacity, between))) is is_found


def test_a_handful_of_channels_has_no_position():
    assert found(RULE, placed(80.0, 10.0, count=4)) == ()


def test_before_the_job_ran_the_rule_cannot_judge():
    (finding,) = found(RULE, placed(80.0, None))

    assert finding.is_insufficient
    assert "background job" in finding.missing[0]
