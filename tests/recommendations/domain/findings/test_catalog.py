"""All rules together: complete, editable, capped, free of contradictions, and sensible on golden nodes."""

import re
from collections import Counter
from dataclasses import replace

import pytest

from recommendations.domain.actions import CloseChannel, Intent, LoopOut, OpenChannel, SetChannelFee, intents
from recommendations.domain.advice import Reversibility, Thresholds
from recommendations.domain.findings.catalog import EXCLUDES, POLICY_WRITES, RULES, default_thresholds, examine
from tests.recommendations.domain import scenarios
from tests.recommendations.domain.factories import channel, findings_of, flow, market, node, operated, policy, silent

NODES = (*scenarios.ALL, scenarios.huge)
PRIVATE_RULES = {5, 6, 7, 8, 9, 10, 12, 18, 24}
SLUGS = {
    1: {"fee_vs_market"},
    2: {"fee_vs_network"},
    3: {"balance_fee", "parallel_fees"},
    4: {"fee_guard"},
    5: {"peer_role"},
    6: {"days_to_depletion"},
    7: {"imbalance"},
    8: {"rebalance"},
    9: {"dead_channel"},
    10: {"outlier"},
    11: {"close_test"},
    12: {"uptime"},
    13: {"channel_age"},
    14: {"base_fee"},
    15: {"concentration"},
    16: {"centrality"},
    17: {"peer_candidates"},
    18: {"missed_revenue"},
    19: {"htlc_limits"},
    20: {"onchain_timing"},
    21: {"channel_size"},
    22: {"stale_edge"},
    23: {"node_health"},
    24: {"blended_rating"},
}


def test_all_24_rules_are_there_each_in_a_file_of_its_name():
    by_number: dict[int, set[str]] = {}
    for rule in RULES:
        by_number.setdefault(rule.number, set()).add(rule.slug)

    assert by_number == SLUGS
    assert len({rule.slug for rule in RULES}) == len(RULES)
    assert all(rule.find.__module__.endswith(f".{rule.slug}") for rule in RULES)


def test_every_threshold_fits_its_row_and_explains_itself():
    for rule in RULES:
        assert len(rule.slug) <= 40
        names = [spec.name for spec in rule.thresholds]
        assert len(names) == len(set(names))
        for spec in rule.thresholds:
            assert 0 < len(spec.name) <= 40, spec
            assert len(spec.unit) <= 20, spec
            assert 0 < len(spec.help) <= 200, spec


def test_shared_numbers_collide_with_no_rules_own():
    shared = {spec.name for rule in RULES if rule.slug == "fee_guard" for spec in rule.thresholds}
    shared |= {"sink_share", "source_share", "min_forwards"}

    for rule in RULES:
        if rule.slug not in {"fee_guard", "peer_role"}:
            assert not shared & {spec.name for spec in rule.thresholds}, rule.slug


@pytest.mark.parametrize("scenario", NODES)
def test_every_finding_is_complete(scenario):
    facts = scenario()

    for finding in examine(facts).findings:
        assert finding.evidence, finding.title
        assert finding.threshold, finding.title
        assert finding.topics, finding.title
        assert 0 < finding.confidence <= 1
        assert 0 <= finding.facts_present <= finding.facts_needed
        assert finding.title[-1] != "."
        assert len(finding.title) <= 160
        assert all(evidence.id.startswith(f"{finding.key}:") for evidence in finding.evidence)
        assert all(evidence.source for evidence in finding.evidence)
        if finding.gain is not None:
            assert finding.gain.low_sat <= finding.gain.high_sat
            assert str(finding.gain.horizon_days) in finding.gain.computation or "180" in finding.gain.computation


@pytest.mark.parametrize("scenario", NODES)
def test_a_finding_is_named_by_rule_and_target_and_evidence_ids_are_unique(scenario):
    found = examine(scenario()).findings

    assert len({finding.key for finding in found}) == len(found)
    ids = [evidence.id for finding in found for evidence in finding.evidence]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("scenario", NODES)
def test_no_two_findings_contradict_each_other(scenario):
    wanted = [pair for finding in examine(scenario()).findings for pair in intents(finding.action)]

    by_target: dict[str, list[Intent]] = {}
    for target, intent in wanted:
        by_target.setdefault(target, []).append(intent)
    for target, its in by_target.items():
        writes = [intent for intent in its if intent in POLICY_WRITES]
        assert len(writes) <= 1, target
        assert not (Intent.CLOSE in its and len(its) > 1), target
        assert not (Intent.REFILL in its and {Intent.FEE_DOWN, Intent.DRAIN} & set(its)), target


def test_exclusion_holds_both_ways():
    for one, others in EXCLUDES.items():
        for other in others:
            assert one in EXCLUDES[other] or Intent.CLOSE in {one, other} or Intent.REVIEW in {one, other}


@pytest.mark.parametrize("scenario", NODES)
def test_strangers_words_never_reach_a_text_of_ours(scenario):
    for finding in examine(scenario()).findings:
        assert not re.search(r"peer \d|candidate|ignore all", f"{finding.title} {finding.explanation}")


def test_the_market_beats_the_balance_on_one_channel():
    both = channel(
        ratio=0.05,
        flow=flow(6_000_000, 100_000, out_14d_sat=400_000, in_14d_sat=0),
        own_policy=policy(fee_ppm=50),
        market=market(400, percentile=5.0),
    )

    rules = {finding.rule for finding in examine(operated(both)).findings if isinstance(finding.action, SetChannelFee)}

    assert rules == {"fee_vs_market"}


def test_a_channel_that_is_refilled_is_not_cut_or_closed():
    low = channel(1, ratio=0.05, flow=flow(6_000_000, 100_000), own_policy=policy(fee_ppm=900))
    full = channel(2, ratio=0.95, flow=silent())

    kinds = {
        type(finding.action).__name__
        for finding in examine(operated(low, full)).findings
        if (low.scid, Intent.REFILL) in intents(finding.action) or finding.target == low.scid
    }

    assert "Rebalance" in kinds
    assert "CloseChannel" not in kinds


def test_an_edited_threshold_acts_and_a_shared_one_acts_everywhere():
    facts = scenarios.overpriced()
    strict = {"fee_vs_market": Thresholds("fee_vs_market", {"high_percentile": 99.0})}
    gentle = {"fee_guard": Thresholds("fee_guard", {"step_percent": 20.0})}

    assert all(one.rule != "fee_vs_market" for one in examine(facts, strict).findings)
    cuts = [one for one in examine(facts, gentle).findings if one.rule == "fee_vs_market"]
    assert {cut.action.new.fee_ppm for cut in cuts if cut.action} == {1_600}


def test_an_unknown_rule_among_the_thresholds_does_no_harm():
    examine(scenarios.balanced(), {**default_thresholds(), "old_rule": Thresholds("old_rule", {"x": 1.0})})


def test_a_huge_node_gets_a_short_list_and_the_rest_is_counted():
    examination = examine(scenarios.huge())

    per_rule = Counter(finding.rule for finding in examination.findings)
    writes = [one for one in examination.findings if any(i in POLICY_WRITES for _, i in intents(one.action))]
    assert len(examination.findings) < 40
    assert max(per_rule.values()) <= 5
    assert len(writes) <= 5
    assert examination.more["fee_vs_market"] > 250


def test_at_most_one_close_at_a_time():
    closes = [one for one in examine(scenarios.dead()).findings if isinstance(one.action, CloseChannel)]

    assert len(closes) == 1


@pytest.mark.parametrize("scenario", NODES)
def test_irreversible_advice_stands_last_in_precedence(scenario):
    found = [one.reversibility is Reversibility.IRREVERSIBLE for one in examine(scenario()).findings]

    assert found == sorted(found)


def test_a_balanced_node_is_left_in_peace():
    found = examine(scenarios.balanced()).findings

    assert {finding.rule for finding in found} == {"peer_candidates"}


def test_public_data_alone_names_every_private_rule_as_insufficient():
    examination = examine(scenarios.public())

    assert {one.rule_number for one in examination.insufficient} >= PRIVATE_RULES
    assert all(one.missing for one in examination.insufficient)
    assert not {one.rule_number for one in examination.findings} & PRIVATE_RULES


def test_an_unbalanced_node_is_refilled_and_repriced():
    rules = Counter(finding.rule for finding in examine(scenarios.unbalanced()).findings)

    assert rules["rebalance"] == 4
    assert rules["days_to_depletion"] >= 2
    assert "peer_candidates" not in rules


def test_an_unreliable_node_hears_of_its_uptime_and_not_of_new_channels():
    found = examine(scenarios.low_uptime()).findings

    assert found[0].rule == "uptime"
    assert not any(isinstance(finding.action, OpenChannel) for finding in found)


def test_an_overpriced_node_is_cut_where_it_is_full_and_quiet():
    cuts = findings_of(scenarios.overpriced(), "fee_vs_market")

    assert len(cuts) == 5
    assert {cut.action.new.fee_ppm for cut in cuts} == {1_000}


def test_a_brand_new_node_is_told_to_get_inbound_and_channels_not_to_close_any():
    found = examine(scenarios.brand_new()).findings

    assert any(isinstance(finding.action, LoopOut) for finding in found)
    assert any(isinstance(finding.action, OpenChannel) for finding in found)
    assert not any(isinstance(finding.action, CloseChannel) for finding in found)
    assert all(finding.rule not in {"dead_channel", "outlier", "concentration"} for finding in found)


def test_an_empty_node_raises_nothing_and_hears_of_channels():
    found = examine(scenarios.empty()).findings

    assert [finding.rule for finding in found] == ["node_health"]


def test_the_same_facts_give_the_same_examination():
    assert examine(scenarios.huge(300)) == examine(scenarios.huge(300))


def test_rows_in_another_order_give_the_same_findings():
    facts = scenarios.unbalanced()
    backward = replace(facts, channels=tuple(reversed(facts.channels)))

    assert {one.key for one in examine(facts).findings} == {one.key for one in examine(backward).findings}


def test_one_bare_channel_is_enough_to_examine():
    assert examine(node(channel(own_policy=None, peer_policy=None))).checked
