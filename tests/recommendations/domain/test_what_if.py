"""Facts as they would be: what follows for sure is changed, everything else stays, and what cannot be is refused."""

from dataclasses import replace

import pytest

from recommendations.domain.facts import NodeFacts
from recommendations.domain.what_if import (
    BalanceChange,
    Closing,
    FeeChange,
    Markets,
    Opening,
    WhatIfRefused,
    is_new,
    supposed,
)
from tests.recommendations.domain import factories as make

CHEAP, DEAR = 10, 900
RATES = tuple(range(100, 1_100, 100))  # ten neighbors charge 100 to 1,000 ppm
STRANGER = make.key(900)
MARKETS = Markets(
    {make.key(number): RATES for number in (1, 2, 3, 900)}, {STRANGER: make.peer(900), make.key(1): make.peer(1)}
)


def shop() -> NodeFacts:
    """Three channels of 5, 3 and 2 million sat at 200, 400 and 600 ppm."""
    sizes, fees = (5_000_000, 3_000_000, 2_000_000), (200, 400, 600)
    channels = [
        make.channel(number, capacity_sat=size, ratio=0.5, own_policy=make.policy(fee_ppm=fee))
        for number, (size, fee) in enumerate(zip(sizes, fees, strict=True), start=1)
    ]
    return make.operated(*channels, candidates=(make.candidate(900), make.candidate(901)))


FIRST = shop().channels[0].scid


def after(*changes, facts: NodeFacts | None = None) -> NodeFacts:
    return supposed(facts or shop(), changes, markets=MARKETS)


def test_nothing_supposed_changes_nothing_at_all():
    facts = shop()

    assert supposed(facts, (), markets=MARKETS) is facts
    assert after(FeeChange(FIRST, fee_ppm=200), facts=facts) is facts


@pytest.mark.parametrize(("fee", "percentile"), [(CHEAP, 0.0), (100, 0.0), (550, 50.0), (DEAR, 80.0), (5_000, 100.0)])
def test_a_new_fee_is_judged_against_the_same_market(fee, percentile):
    changed = after(FeeChange(FIRST, fee_ppm=fee)).channels[0]

    assert changed.own_policy is not None
    assert changed.own_policy.fee_ppm == fee
    assert (changed.market.own_percentile, changed.market.sample_size) == (percentile, 10)


def test_a_new_fee_moves_our_median_and_nothing_else():
    before, changed = shop(), after(FeeChange(FIRST, fee_ppm=DEAR, base_fee_msat=7))

    assert changed.standing.median_fee_ppm == 600
    assert changed.channels[0].own_policy == make.policy(fee_ppm=DEAR, base_fee_msat=7)
    assert changed.channels[1:] == before.channels[1:]
    assert replace(changed, channels=(), standing=before.standing) == replace(before, channels=())


def test_a_new_balance_keeps_what_the_channel_holds_in_all():
    private = after(BalanceChange(FIRST, 0.1)).channels[0].private

    assert private is not None
    assert (private.local_sat, private.remote_sat) == (500_000, 4_500_000)


def test_without_private_facts_a_balance_is_supposed_of_the_whole_capacity():
    facts = make.node(make.channel(1, capacity_sat=5_000_000))

    private = after(BalanceChange(FIRST, 0.8), facts=facts).channels[0].private

    assert private is not None
    assert (private.local_sat, private.remote_sat, private.flow) == (4_000_000, 1_000_000, None)


def test_a_channel_less_is_gone_from_capacity_and_concentration():
    changed = after(Closing(FIRST))

    assert [one.scid for one in changed.channels] == [one.scid for one in shop().channels[1:]]
    assert changed.capacity_sat == 5_000_000
    assert changed.standing.hhi == pytest.approx(10_000 * (0.6**2 + 0.4**2))
    assert (changed.standing.largest_peer_pubkey, changed.standing.largest_peer_share) == (make.key(2), 0.6)
    assert changed.standing.median_channel_sat == 2_500_000


def test_the_last_channel_less_leaves_nothing_to_measure():
    facts = make.node(make.channel(1))

    standing = after(Closing(FIRST), facts=facts).standing

    assert (standing.hhi, standing.largest_peer_share, standing.median_fee_ppm) == (None, None, None)


def test_a_channel_more_is_ours_full_and_fresh():
    changed = after(Opening(STRANGER, 10_000_000))
    channel = changed.channels[-1]

    assert is_new(channel.scid)
    assert not is_new(FIRST)
    assert channel.private is not None
    assert channel.own_policy is not None
    assert (channel.private.local_sat, channel.private.remote_sat) == (10_000_000, 0)
    assert (channel.age_days, channel.is_live, channel.own_policy.fee_ppm) == (0.0, True, 200)
    assert [one.pubkey for one in changed.candidates] == [make.key(901)]
    assert changed.standing.largest_peer_share == 0.5
    assert changed.capacity_sat == 20_000_000


def test_a_second_channel_with_a_peer_adds_to_its_share():
    changed = after(Opening(make.key(1), 10_000_000))

    assert changed.standing.largest_peer_share == 0.75


def test_changes_build_on_each_other():
    changed = after(Closing(FIRST), Opening(STRANGER, 5_000_000), FeeChange(shop().channels[1].scid, fee_ppm=10))

    assert len(changed.channels) == 3
    assert changed.capacity_sat == 10_000_000


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (FeeChange("1x1x1", fee_ppm=1), "channel"),
        (BalanceChange("1x1x1", 0.5), "channel"),
        (Closing("1x1x1"), "channel"),
        (FeeChange(FIRST, fee_ppm=-1), "fee_ppm"),
        (FeeChange(FIRST, fee_ppm=1_000_001), "fee_ppm"),
        (FeeChange(FIRST, base_fee_msat=10_000_001), "base_fee_msat"),
        (BalanceChange(FIRST, 1.01), "local_ratio"),
        (Opening(STRANGER, 1_000), "size_sat"),
        (Opening(make.OWN_KEY, 1_000_000), "peer"),
    ],
)
def test_what_does_not_fit_the_node_is_refused_with_the_field_to_change(change, field):
    with pytest.raises(WhatIfRefused) as refused:
        after(change)

    assert refused.value.field == field


def test_a_fee_that_is_not_known_cannot_be_changed():
    with pytest.raises(WhatIfRefused):
        after(FeeChange(FIRST, fee_ppm=1), facts=make.node(make.channel(1, own_policy=None)))


def test_a_channel_that_the_graph_lacks_has_no_market_before_or_after_and_moves_no_public_figure():
    hidden = make.channel(9, ratio=0.5, is_announced=False, peer_policy=None, market=make.market(None, size=0))
    facts = shop()
    facts = replace(facts, channels=(*facts.channels, hidden), capacity_sat=facts.capacity_sat + hidden.capacity_sat)

    dearer = supposed(facts, (FeeChange(hidden.scid, fee_ppm=DEAR),), markets=Markets({}, {}))
    closed = supposed(facts, (Closing(hidden.scid),), markets=Markets({}, {}))

    after = dearer.channels[-1]
    assert after.own_policy is not None
    assert (after.own_policy.fee_ppm, after.market) == (DEAR, hidden.market)
    assert dearer.standing == supposed(shop(), (FeeChange(FIRST, base_fee_msat=1),), markets=MARKETS).standing
    assert (closed.capacity_sat, closed.announced_sat) == (shop().capacity_sat, shop().capacity_sat)
