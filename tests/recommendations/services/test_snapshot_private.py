"""Private facts are for their owner alone, and no older than the graph beside them."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser

from tests.recommendations.graphs import AS_OF
from tests.recommendations.services.markets import facts_of, market, private

__all__ = ["market"]

pytestmark = pytest.mark.django_db


def test_private_facts_are_for_their_owner_alone(market, operator, django_user_model):
    private(operator)

    assert facts_of(1, user=operator).has_private_data
    for stranger in (None, AnonymousUser(), django_user_model.objects.create_user("stranger")):
        facts = facts_of(1, user=stranger)
        assert not facts.has_private_data
        assert all(channel.private is None for channel in facts.channels)


def test_the_demo_is_for_everybody_who_signed_in_and_ones_own_data_come_first(market, operator):
    private(None, kind="demo", uptime_ratio=0.5)
    assert facts_of(1, user=operator).private.uptime_ratio == 0.5

    private(operator)

    assert facts_of(1, user=operator).private.uptime_ratio == 0.98
    assert not facts_of(1, user=AnonymousUser()).has_private_data


def test_an_ownerless_connection_that_is_no_demo_is_seen_by_nobody(market, operator):
    private(None, kind="files")

    assert not facts_of(1, user=operator).has_private_data


OWN = {
    "base_fee_msat": 0,
    "fee_ppm": 333,
    "time_lock_delta": 80,
    "min_htlc_msat": 1_000,
    "max_htlc_msat": 990_000_000,
    "is_disabled": False,
    "inbound_base_fee_msat": 0,
    "inbound_fee_ppm": 0,
    "updated_s": 0,
}


def told(user, *, read_at, changed_at=None, **changes):
    seen = private(user, kind="lnd", measured_at=read_at)
    policy_ = OWN | changes
    seen.channels.update(own_policy=policy_, policy_changed_at=changed_at, measured_at=read_at)
    return facts_of(1, user=user)


def test_a_policy_that_the_node_told_after_the_graph_counts_with_its_source(market, operator):
    later, changed = AS_OF + timedelta(hours=3), AS_OF + timedelta(hours=2)

    facts = told(operator, read_at=later, changed_at=changed)

    (channel,) = (one for one in facts.channels if one.private)
    assert (channel.own_policy.fee_ppm, channel.is_policy_from_node) == (333, True)
    assert (channel.own_policy.changed_at, facts.judged_at, facts.private_source) == (changed, later, "your LND node")
    assert channel.own_policy.updated_at is not None  # as announced: the node tells no time
    assert not any(one.is_policy_from_node for one in facts.channels if not one.private)


def test_a_graph_newer_than_the_reading_counts(market, operator):
    facts = told(operator, read_at=AS_OF)

    (channel,) = (one for one in facts.channels if one.private)
    assert (channel.own_policy.fee_ppm, channel.is_policy_from_node, facts.judged_at) == (100, False, AS_OF)
