"""From finding to what is shown: scored, ordered, rendered, tracked, and laid out as JSON."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from rag.domain.passages import Citation
from recommendations.domain.advice import Evidence, Priority
from recommendations.domain.findings.catalog import examine
from recommendations.domain.recommendation import recommend
from recommendations.domain.scoring import Goal, Weights
from tests.recommendations.domain import scenarios
from tests.recommendations.domain.factories import AT, candidate, channel, market, node, policy

NODES = (*scenarios.ALL, scenarios.huge)


def advised(facts, *, at=AT, lang="en", weights=None):
    return recommend(facts, examine(facts), weights or Weights(), at=at, lang=lang)


@pytest.mark.parametrize("scenario", NODES)
def test_the_payload_is_json_and_holds_the_agreed_fields(scenario):
    for item in advised(scenario()):
        payload = json.loads(json.dumps(item.to_payload()))

        assert {
            "action",
            "category",
            "priority",
            "score",
            "confidence",
            "impact_factors",
            "reasoning",
            "estimated_cost",
            "estimated_time_hours",
            "estimated_revenue_increase",
            "risk_level",
            "command",
            "metadata",
            "evidence",
            "commands",
            "values",
            "citations",
            "state",
        } <= payload.keys()
        assert payload["evidence"]
        assert payload["state"] == "generated"


@pytest.mark.parametrize("scenario", NODES)
def test_the_order_is_priority_score_id(scenario):
    ranks = [item.rank_key for item in advised(scenario())]

    assert ranks == sorted(ranks)


@pytest.mark.parametrize("scenario", NODES)
def test_tracking_ids_are_unique_within_a_run(scenario):
    ids = [item.tracking_id for item in advised(scenario())]

    assert len(ids) == len(set(ids))
    assert all(len(name) <= 32 for name in ids)


@pytest.mark.parametrize("scenario", NODES)
def test_every_command_a_rule_asks_for_is_within_the_limits(scenario):
    for item in advised(scenario()):
        assert item.commands is not None
        assert item.commands.refused is None, item.title
        if item.needs_command:
            assert item.commands.is_checked, (item.title, item.commands.lnd.problem, item.commands.cln.problem)


def test_a_command_is_offered_for_both_platforms_with_current_and_new_values():
    payload = advised(scenarios.overpriced())[0].to_payload()

    assert payload["command"].startswith("lncli updatechanpolicy")
    assert payload["commands"]["cln"]["command"].startswith("lightning-cli -k setchannel")
    assert payload["commands"]["lnd"]["checked"] is True
    assert payload["commands"]["lnd"]["inverse"]
    assert {"name": "fee_ppm", "unit": "ppm", "current": 2_000, "new": 1_000} in payload["values"]


def test_without_a_channel_point_the_first_copyable_command_is_core_lightnings():
    dear = channel(chan_point=None, own_policy=policy(fee_ppm=1_000), market=market(400, percentile=95.0))

    payload = advised(node(dear))[0].to_payload()

    assert payload["commands"]["lnd"]["copyable"] is False
    assert payload["command"].startswith("lightning-cli")


def test_public_advice_is_never_above_medium():
    dear = [channel(n, own_policy=policy(fee_ppm=2_000), market=market(200, percentile=95.0)) for n in range(1, 9)]

    fees = [item for item in advised(node(*dear)) if item.rule == "fee_vs_market"]

    assert fees
    assert all(item.priority in {Priority.MEDIUM, Priority.LOW, Priority.INFO} for item in fees)


def test_a_finding_without_evidence_is_not_shown():
    facts = scenarios.overpriced()
    examination = examine(facts)
    bare = replace(examination, findings=tuple(replace(finding, evidence=()) for finding in examination.findings))

    assert recommend(facts, bare, Weights(), at=AT) == ()


def test_old_facts_lower_confidence_and_unknown_age_leaves_it_unknown():
    facts = scenarios.overpriced()
    fresh, old = advised(facts)[0], advised(facts, at=AT + timedelta(days=7))[0]
    examination = examine(facts)
    timeless = replace(examination.findings[0], evidence=(Evidence("a:b:c", "x", 1, "", "somewhere", None),))

    unknown = recommend(facts, replace(examination, findings=(timeless,)), Weights(), at=AT)[0]

    assert old.confidence == pytest.approx((fresh.confidence or 0) / 2, rel=0.01)
    assert unknown.confidence is None


def test_a_risk_to_funds_comes_first_and_is_critical():
    first = advised(scenarios.low_uptime())[0]

    assert (first.rule, first.priority) == ("uptime", Priority.CRITICAL)


def test_what_only_looks_earns_nothing_by_itself():
    items = advised(scenarios.unbalanced())
    (look,) = [item for item in items if item.action.kind.value == "inspect" and item.gain is None]

    assert look.factors.revenue_impact == 0.0


def test_the_reason_is_said_in_the_language_asked_for():
    assert "confiance" in advised(scenarios.overpriced(), lang="fr")[0].reasoning
    assert "confidence" in advised(scenarios.overpriced())[0].reasoning


def test_the_goal_moves_the_scores():
    plain = {item.tracking_id: item.score for item in advised(scenarios.unbalanced())}
    quick = advised(scenarios.unbalanced(), weights=Weights().toward(Goal.QUICK_WINS))

    assert any(plain[item.tracking_id] != item.score for item in quick)


def test_the_same_facts_give_the_same_advice():
    assert advised(scenarios.huge(200)) == advised(scenarios.huge(200))


def test_citations_and_the_count_of_more_travel_in_the_payload():
    facts = replace(scenarios.balanced(), candidates=tuple(candidate(n) for n in range(500, 520)))
    item = replace(advised(facts)[0], citations=(Citation(1, 7, "doc", "Fees", "Fees > Base", "quote", ""),))

    payload = item.to_payload()

    assert payload["citations"][0]["title"] == "Fees"
    assert payload["metadata"]["more_like_this"] == 17


def test_nothing_found_is_nothing_advised():
    assert advised(scenarios.public()) == ()
