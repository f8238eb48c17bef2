"""Profiles scale the rules' numbers by one table, and leave the guard's bounds where they are for everybody."""

import pytest

from recommendations.domain.actions import CloseChannel, SetChannelFee
from recommendations.domain.findings.catalog import default_thresholds, examine
from recommendations.domain.findings.profiles import SCALES, Profile, profiled
from tests.recommendations.domain import scenarios

SHIPPED = default_thresholds()


def of(profile, rule, name):
    return profiled(SHIPPED, profile)[rule][name]


@pytest.mark.parametrize(
    ("rule", "name", "conservative", "aggressive"),
    [
        ("fee_guard", "step_percent", 25, 50),
        ("fee_guard", "cooldown_hours", 168, 24),
        ("fee_guard", "min_change_percent", 15, 10),
        ("fee_guard", "changes_per_day", 3, 5),
        ("fee_vs_market", "high_percentile", 85.5, 65.25),
        ("peer_role", "min_forwards", 20, 6),
        ("dead_channel", "silent_days", 45, 21),
        ("dead_channel", "close_confidence", 0.7, 0.7),
        ("missed_revenue", "min_tries", 30, 20),
    ],
)
def test_the_table_says_what_a_profile_judges_by(rule, name, conservative, aggressive):
    assert of(Profile.CONSERVATIVE, rule, name) == pytest.approx(conservative)
    assert of(Profile.AGGRESSIVE, rule, name) == pytest.approx(aggressive)
    assert of(Profile.BALANCED, rule, name) == SHIPPED[rule][name]


def test_every_line_of_the_table_names_a_number_and_why():
    for scale in SCALES:
        assert scale.name in SHIPPED[scale.rule].values, scale
        assert scale.why, scale
    assert len({(scale.rule, scale.name) for scale in SCALES}) == len(SCALES)


@pytest.mark.parametrize("profile", Profile)
def test_nobody_is_advised_past_the_guard(profile):
    guard = profiled(SHIPPED, profile)["fee_guard"]

    assert guard["step_percent"] <= 50
    assert guard["cooldown_hours"] >= 24
    assert guard["min_change_ppm"] >= 10
    assert guard["min_change_percent"] >= 10
    assert guard["changes_per_day"] <= 5


def test_an_edited_row_is_what_a_profile_starts_from():
    edited = {**SHIPPED, "peer_role": type(SHIPPED["peer_role"])("peer_role", {"raise_percent": 30.0})}

    assert profiled(edited, Profile.CONSERVATIVE)["peer_role"]["raise_percent"] == pytest.approx(20.1)
    assert profiled(edited, Profile.AGGRESSIVE)["peer_role"]["raise_percent"] == 50


@pytest.mark.parametrize("scenario", [*scenarios.ALL, lambda: scenarios.huge(150)])
def test_the_bolder_the_profile_the_more_is_found_and_no_close_is_less_sure(scenario):
    facts, found = scenario(), []
    for profile in (Profile.CONSERVATIVE, Profile.BALANCED, Profile.AGGRESSIVE):
        seen = examine(facts, profiled(SHIPPED, profile))
        fees = [one for one in seen.findings if isinstance(one.action, SetChannelFee)]
        found.append(len(fees) + sum(seen.more.values()))
        assert all(one.confidence >= 0.7 for one in seen.findings if isinstance(one.action, CloseChannel))

    assert found == sorted(found)


def test_a_conservative_operator_is_advised_smaller_steps():
    cuts = {
        profile: {
            one.target: one.action.new.fee_ppm
            for one in examine(scenarios.overpriced(), profiled(SHIPPED, profile)).findings
            if one.rule == "fee_vs_market" and one.action is not None
        }
        for profile in Profile
    }

    assert set(cuts[Profile.CONSERVATIVE].values()) == {1_500}
    assert set(cuts[Profile.BALANCED].values()) == set(cuts[Profile.AGGRESSIVE].values()) == {1_000}
