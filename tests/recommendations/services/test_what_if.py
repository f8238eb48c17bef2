"""What if, on the demo node: measured as the network itself was, the same for everybody, and nothing is stored."""

import pytest
from django.apps import apps

from recommendations.domain.comparing import Fate
from recommendations.domain.facts import NodeFacts
from recommendations.domain.what_if import BalanceChange, Closing, FeeChange, Opening, WhatIfRefused
from recommendations.models import ChannelLimit, Node
from recommendations.services.snapshot import node_facts
from recommendations.services.what_if import what_if
from tests.recommendations.conftest import AT

pytestmark = pytest.mark.django_db


@pytest.fixture
def facts(module_demo, operator) -> NodeFacts:
    return node_facts(module_demo.pubkey, user=operator, at=AT)


def counts_of_rows() -> dict[str, int]:
    return {model._meta.label: model._default_manager.count() for model in apps.get_models()}


def supposing(demo, user, *changes, **words):
    return what_if(demo.pubkey, changes, user=user, at=AT, **words)


def priced(facts):
    """Return the channel whose fee is farthest above its peer's market."""
    return max(facts.channels, key=lambda one: one.own_policy.fee_ppm if one.own_policy else 0)


def test_what_if_stores_nothing(module_demo, operator, facts):
    stranger = Node.objects.filter(network=module_demo.network).exclude(
        pubkey__in=[one.peer.pubkey for one in facts.channels] + [facts.pubkey]
    )[0]
    before = counts_of_rows()

    supposing(
        module_demo,
        operator,
        FeeChange(facts.channels[0].scid, fee_ppm=77),
        BalanceChange(facts.channels[1].scid, 0.2),
        Closing(facts.channels[2].scid),
        Opening(stranger.pubkey, 5_000_000),
    )

    assert counts_of_rows() == before


def test_standing_is_reckoned_as_the_network_measured_it(module_demo, operator, facts):
    number = facts.channels[0].scid
    changed = supposing(module_demo, operator, BalanceChange(number, 0.123)).after.standing

    assert changed.hhi == pytest.approx(facts.standing.hhi)
    assert changed.largest_peer_share == pytest.approx(facts.standing.largest_peer_share)
    for name in ("largest_peer_pubkey", "median_fee_ppm", "median_channel_sat"):
        assert getattr(changed, name) == getattr(facts.standing, name)
    for name in ("capacity_percentile", "channels_percentile", "fee_percentile"):
        assert getattr(changed, name) == pytest.approx(getattr(facts.standing, name))


def test_a_market_without_our_own_rate_is_the_one_that_was_measured(module_demo, operator, facts):
    channel = priced(facts)

    result = supposing(module_demo, operator, FeeChange(channel.scid, fee_ppm=channel.own_policy.fee_ppm + 1))

    changed = next(one for one in result.after.channels if one.scid == channel.scid).market
    assert (changed.sample_size, changed.median_ppm) == (channel.market.sample_size, channel.market.median_ppm)


def test_a_fee_at_the_market_takes_the_finding_about_it_away(module_demo, operator, facts):
    base = supposing(module_demo, operator)
    overpriced = next(pair.any for pair in base.pairs if pair.any.rule == "fee_vs_market" and "Lower" in pair.any.title)
    channel = next(one for one in facts.channels if one.scid == overpriced.target)

    result = supposing(module_demo, operator, FeeChange(channel.scid, fee_ppm=channel.market.median_ppm))

    fates = {pair.any.finding_key: pair.fate for pair in result.pairs}
    assert fates[overpriced.finding_key] is Fate.GONE
    assert {pair.fate for pair in base.pairs} == {Fate.UNCHANGED}


def test_a_public_node_can_be_supposed_about_by_nobody_signed_in(module_demo, facts):
    result = supposing(module_demo, None, Closing(facts.channels[0].scid))

    assert result.before.private is None
    assert result.after.capacity_sat == facts.capacity_sat - facts.channels[0].capacity_sat
    assert result.revenue_sum is None  # nobody told what it forwards


def test_a_channel_more_with_a_stranger_is_in_its_market(module_demo, operator, facts):
    known = {one.peer.pubkey for one in facts.channels} | {facts.pubkey}
    stranger = Node.objects.filter(network=module_demo.network).exclude(pubkey__in=known)[0]

    result = supposing(module_demo, operator, Opening(stranger.pubkey, 50_000_000))

    added = result.after.channels[-1]
    assert (added.peer.pubkey, added.peer.alias) == (stranger.pubkey, stranger.alias)
    assert added.market.sample_size > 0
    assert result.after.standing.capacity_percentile >= result.before.standing.capacity_percentile


def test_an_operators_own_limits_hold_in_both_columns(module_demo, operator, facts):
    ChannelLimit.objects.create(owner=operator, node=module_demo.node, scid=facts.channels[0].scid, is_hands_off=True)

    result = supposing(module_demo, operator, BalanceChange(facts.channels[0].scid, 0.99))

    assert [pair for pair in result.pairs if pair.any.target == facts.channels[0].scid and pair.any.action] == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (Opening("02" + "0" * 64, 1_000_000), "peer"),
        (Opening("no key", 1_000_000), "peer"),
        (FeeChange("1x1x1", fee_ppm=1), "channel"),
        (FeeChange("0x0x1", fee_ppm=1), "channel"),
    ],
)
def test_what_is_not_in_the_graph_is_refused(module_demo, operator, change, field):
    with pytest.raises(WhatIfRefused) as refused:
        supposing(module_demo, operator, change)

    assert refused.value.field == field


def test_too_many_changes_at_once_are_refused(module_demo, operator, facts):
    with pytest.raises(WhatIfRefused):
        supposing(module_demo, operator, *[BalanceChange(facts.channels[0].scid, 0.5)] * 11)


def test_the_number_of_queries_does_not_grow_with_the_changes(
    module_demo, operator, facts, django_assert_max_num_queries
):
    with django_assert_max_num_queries(32):
        supposing(module_demo, operator, *[FeeChange(one.scid, fee_ppm=5) for one in facts.channels[:9]])
