"""The six factors, their weights, the priorities, and the order: FEATURES section 4, worked checks included."""

from dataclasses import replace

import pytest

from recommendations.domain.advice import Ease, Priority, RiskLevel, Severity
from recommendations.domain.scoring import (
    FACTOR_NAMES,
    Factors,
    Goal,
    NetworkState,
    NodeMetrics,
    ScoringInput,
    Weights,
    score_batch,
    score_recommendation,
)

NODE, NETWORK = NodeMetrics(10_000), NetworkState()
STRONG = ScoringInput(
    id="strong",
    gain_sat_30d=5_000,
    ease=Ease.EASY,
    effort_hours=0.5,
    cost_sat=0,
    risk=RiskLevel.LOW,
    days_to_effect=0,
    rule_confidence=0.9,
)
PLAIN = ScoringInput(
    id="plain",
    gain_sat_30d=None,
    ease=Ease.MEDIUM,
    effort_hours=2,
    cost_sat=None,
    risk=RiskLevel.MEDIUM,
    days_to_effect=10,
    rule_confidence=0.8,
)


def factors(one=PLAIN, node=NODE, network=NETWORK) -> Factors:
    return score_recommendation(one, node, network).factors


@pytest.mark.parametrize("revenue", [1_000, 10_000, 5_000_000])
def test_the_first_worked_check_holds_on_any_node_size(revenue):
    one = replace(STRONG, gain_sat_30d=revenue / 2)

    score = score_recommendation(one, NodeMetrics(revenue), NETWORK)

    assert (score.value, score.priority) == (95.6, Priority.CRITICAL)


def test_the_second_worked_check_holds():
    one = replace(PLAIN, gain_sat_30d=1_000, days_to_effect=14, rule_confidence=0.446, is_onchain=True)

    score = score_recommendation(one, NodeMetrics(10_000, uptime_ratio=0.95), NetworkState(50.0))

    assert (score.value, score.priority) == (41.2, Priority.LOW)


@pytest.mark.parametrize(
    ("gain", "own", "band", "expected"),
    [
        (5_000, 10_000, None, 1.0),
        (2_500, 10_000, None, 0.5),
        (50_000, 10_000, None, 1.0),
        (-100, 10_000, None, 0.0),
        (1_000, 0, 10_000, 0.2),
        (1_000, None, 10_000, 0.2),
        (1_000, None, None, None),
        (None, 10_000, None, None),
        (0, None, None, 0.0),
    ],
)
def test_revenue_is_measured_against_the_nodes_own_month(gain, own, band, expected):
    assert factors(replace(PLAIN, gain_sat_30d=gain), NodeMetrics(own, band)).revenue_impact == expected


@pytest.mark.parametrize(
    ("ease", "hours", "cost", "gain", "expected"),
    [
        (Ease.EASY, 2, None, None, 1.0),
        (Ease.EASY, 0.5, 0, None, 1.0),
        (Ease.MEDIUM, 0.99, None, None, 0.72),
        (Ease.MEDIUM, 1, None, None, 0.6),
        (Ease.MEDIUM, 8, None, None, 0.6),
        (Ease.MEDIUM, 8.1, None, None, 0.42),
        (Ease.HARD, 2, 0, None, 0.33),
        (Ease.HARD, 2, 100, 100, 0.3),
        (Ease.HARD, 2, 101, 100, 0.24),
        (Ease.HARD, 2, 101, None, 0.3),
        (Ease.VERY_HARD, 9, 101, 100, 0.056),
    ],
)
def test_ease_follows_level_hours_and_cost(ease, hours, cost, gain, expected):
    one = replace(PLAIN, ease=ease, effort_hours=hours, cost_sat=cost, gain_sat_30d=gain)

    assert factors(one).ease_of_implementation == pytest.approx(expected)


@pytest.mark.parametrize(
    ("changes", "uptime", "expected"),
    [
        ({}, None, 0.5),
        ({}, 0.95, 0.5),
        ({}, 0.90, 0.5),
        ({}, 0.89, 0.35),
        ({}, 0.99, 0.5),
        ({}, 0.991, 0.6),
        ({"is_close": True}, None, 0.25),
        ({"is_monitoring": True}, None, 0.75),
        ({"risk": RiskLevel.CRITICAL, "is_close": True}, 0.5, 0.0),
        ({"risk": RiskLevel.MINIMAL}, None, 0.9),
    ],
)
def test_risk_counts_inverted(changes, uptime, expected):
    found = factors(replace(PLAIN, **changes), NodeMetrics(10_000, uptime_ratio=uptime))

    assert found.risk_level == pytest.approx(expected)


@pytest.mark.parametrize(("days", "expected"), [(0, 1.0), (1, 0.91), (7, 0.59), (30, 0.25)])
def test_time_to_value_falls_hyperbolically(days, expected):
    assert factors(replace(PLAIN, days_to_effect=days)).time_to_value == pytest.approx(expected, abs=0.005)


@pytest.mark.parametrize(
    ("confidence", "present", "needed", "age", "expected"),
    [(0.8, 1, 1, 0, 0.8), (0.8, 1, 1, 7, 0.4), (0.8, 2, 4, 0, 0.4), (0.8, 0, 0, 0, 0.0), (0.8, 1, 1, None, None)],
)
def test_confidence_is_the_rules_times_facts_times_freshness(confidence, present, needed, age, expected):
    one = replace(PLAIN, rule_confidence=confidence, facts_present=present, facts_needed=needed, oldest_fact_days=age)

    assert factors(one).data_confidence == (None if expected is None else pytest.approx(expected))


@pytest.mark.parametrize(
    ("changes", "percentile", "expected"),
    [
        ({}, 80.0, None),
        ({"is_onchain": True}, None, None),
        ({"is_onchain": True}, 80.0, 0.2),
        ({"fee_ppm": 200, "peer_median_ppm": 100}, None, 1.0),
        ({"fee_ppm": 100, "peer_median_ppm": 200}, None, 1.0),
        ({"fee_ppm": 100, "peer_median_ppm": 100}, None, 0.0),
        ({"fee_ppm": 141, "peer_median_ppm": 100}, None, 0.496),
        ({"fee_ppm": 0, "peer_median_ppm": 1}, None, 0.0),
        ({"fee_ppm": 10_000, "peer_median_ppm": 1}, None, 1.0),
        ({"is_onchain": True, "fee_ppm": 100, "peer_median_ppm": 200}, 80.0, 0.6),
    ],
)
def test_the_network_speaks_through_chain_fees_and_the_peers_market(changes, percentile, expected):
    found = factors(replace(PLAIN, **changes), network=NetworkState(percentile)).network_conditions

    assert found == (None if expected is None else pytest.approx(expected, abs=0.001))


def test_an_unknown_factor_leaves_the_sum_instead_of_counting_as_zero():
    known = score_recommendation(replace(PLAIN, gain_sat_30d=0), NODE, NETWORK)
    unknown = score_recommendation(PLAIN, NODE, NETWORK)

    assert unknown.factors.revenue_impact is None
    assert unknown.value > known.value


def test_all_five_priorities_can_be_reached():
    hopeless = replace(
        PLAIN, gain_sat_30d=0, ease=Ease.VERY_HARD, risk=RiskLevel.CRITICAL, days_to_effect=300, rule_confidence=0.5
    )
    ladder = (
        STRONG,
        replace(STRONG, gain_sat_30d=1_500),
        replace(PLAIN, gain_sat_30d=3_000, days_to_effect=1),
        replace(PLAIN, gain_sat_30d=500),
        hopeless,
    )

    assert [score_recommendation(one, NODE, NETWORK).priority for one in ladder] == list(Priority)


@pytest.mark.parametrize(("confidence", "expected"), [(0.5, Priority.CRITICAL), (0.49, Priority.MEDIUM)])
def test_thin_data_cap_the_priority_at_medium(confidence, expected):
    score = score_recommendation(replace(STRONG, rule_confidence=confidence), NODE, NETWORK)

    assert score.value >= 85
    assert score.priority is expected


@pytest.mark.parametrize(
    ("is_safety", "severity", "expected"),
    [
        (True, Severity.CRITICAL, Priority.CRITICAL),
        (True, Severity.HIGH, Priority.LOW),
        (False, Severity.CRITICAL, Priority.LOW),
    ],
)
def test_only_a_critical_safety_rule_overrides_the_score(is_safety, severity, expected):
    one = replace(PLAIN, gain_sat_30d=0, rule_confidence=0.1, is_safety=is_safety, severity=severity)

    assert score_recommendation(one, NODE, NETWORK).priority is expected


@pytest.mark.parametrize("goal", list(Goal))
def test_weights_of_every_goal_sum_to_one(goal):
    weights = Weights().toward(goal)

    assert sum(getattr(weights, name) for name in FACTOR_NAMES) == pytest.approx(1)


def test_a_goal_changes_the_order():
    earner = replace(STRONG, id="earner", ease=Ease.HARD, effort_hours=5, days_to_effect=20)
    quick = replace(STRONG, id="quick", gain_sat_30d=800)

    def first(goal):
        return score_batch((earner, quick), NODE, NETWORK, weights=Weights().toward(goal))[0].id

    assert (first(Goal.REVENUE), first(Goal.QUICK_WINS)) == ("earner", "quick")


def test_the_order_is_priority_then_score_then_id_whatever_the_input_order():
    twins = [replace(PLAIN, id=name) for name in "cab"]
    thin = replace(STRONG, id="thin", rule_confidence=0.1)
    batch = (*twins, thin, STRONG)

    forward = score_batch(batch, NODE, NETWORK)
    backward = score_batch(tuple(reversed(batch)), NODE, NETWORK)

    assert forward == backward
    assert [score.id for score in forward] == ["strong", "thin", "a", "b", "c"]


def test_an_empty_batch_gives_an_empty_tuple():
    assert score_batch((), NODE, NETWORK) == ()


def test_a_category_that_did_better_than_all_is_expected_to_do_so_again() -> None:
    one = replace(PLAIN, category="fees", gain_sat_30d=1_000)

    def after(**records: float) -> Factors:
        return score_recommendation(one, NODE, NETWORK, weights=Weights(records=records)).factors

    known, better, worse = after(), after(fees=1.2), after(fees=0.5, peers=2.0)
    assert known == after(peers=1.9)  # another category's outcomes tell nothing of this one
    assert (better.revenue_impact or 0) == pytest.approx(1.2 * (known.revenue_impact or 0))
    assert (worse.data_confidence or 0) == pytest.approx(0.5 * (known.data_confidence or 0))
    assert after(fees=100.0).data_confidence == 1.0
    assert Weights(records={"fees": 1.2}).toward(Goal.REVENUE).records == {"fees": 1.2}
