"""A channel that only the operator's node tells of: from the reading over the rules to the commands and the page."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.urls import reverse

from recommendations.domain.actions import SetChannelFee
from recommendations.domain.advice import Engine
from recommendations.domain.channel_table import liquidity
from recommendations.domain.commands import check, known_targets
from recommendations.domain.facts import NodeFacts
from recommendations.domain.recommendation import ScoredRecommendation
from recommendations.models import PrivateChannel
from recommendations.services.prepare import AdviceRequest, prepare
from recommendations.services.snapshot import node_facts
from tests.recommendations.services.nodes import AT, CLN_KEY, LND_KEY, connected, read
from tests.servers.cln import ClnServer
from tests.servers.lnd import LndServer
from tests.servers.simulated import SimChannel, SimulatedNode, a_policy, simulated, txid

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture(params=[(LndServer, LND_KEY), (ClnServer, CLN_KEY)], ids=["lnd", "cln"])
def server(request):
    """A node of twelve channels, the third of them unannounced: nearly empty, and selling what is left."""
    serve, key = request.param
    node = simulated(key, forwards=40, at=AT)
    channel = hidden_of(node)
    node.set_balance(channel.scid, 60_000)
    for hours in range(1, 40):
        others = next(iter(node.channels))
        node.add_forward(others, channel.scid, amount_msat=20_000_000, fee_msat=900, at=AT - hours * HOUR)
    with serve(node) as running:
        yield running


@pytest.fixture
def seen(server, admin_user):
    """The connection of an administrator, read once: the graph comes from this node too, and lacks the channel."""
    row = connected(server, admin_user, graph_every_h=24)
    read(row)
    return row


def hidden_of(node: SimulatedNode) -> SimChannel:
    return next(channel for channel in node.channels.values() if channel.is_private)


def facts_of(row, *, user="its owner") -> NodeFacts:
    return node_facts(row.node.pubkey, network="mainnet", user=row.owner if user == "its owner" else user, at=AT)


def advice_of(row, *, at=AT) -> dict[str, ScoredRecommendation]:
    """Return what the rules advise, by target and rule."""
    asked = AdviceRequest(row.node.pubkey, "user:1", row.owner, engine=Engine.RULES, network="mainnet")
    return {f"{item.target} {item.rule}": item for item in prepare(asked, at=at).recommendations}


def test_the_facts_hold_it_with_what_the_node_tells_and_nothing_of_the_other_side(server, seen):
    facts, told = facts_of(seen), hidden_of(server.node)

    (channel,) = facts.unannounced_channels

    assert (channel.scid, channel.chan_point, channel.peer.pubkey) == (told.scid, told.chan_point, told.peer_pubkey)
    assert (channel.is_announced, channel.awaits_graph, channel.is_policy_from_node) == (False, False, True)
    assert channel.own_policy is not None
    assert channel.own_policy.fee_ppm == told.own_policy.fee_ppm
    assert channel.private is not None
    assert (channel.private.local_sat, channel.private.remote_sat) == (told.local_sat, told.remote_sat)
    assert channel.private.flow is not None
    assert channel.private.flow.out_count >= 39
    assert (channel.peer_policy, channel.market.median_ppm, channel.market.sample_size) == (None, None, 0)
    assert (channel.peer.channel_count, channel.peer.capacity_sat, channel.peer.updated_at) == (None, None, None)


def test_capacities_and_balances_are_summed_over_all_channels_and_what_is_public_stays_apart(server, seen):
    facts, channels = facts_of(seen), server.node.channels.values()

    assert facts.capacity_sat == sum(channel.capacity_sat for channel in channels)
    assert facts.announced_sat == sum(channel.capacity_sat for channel in channels if not channel.is_private)
    balance = liquidity(facts.channels)
    assert balance is not None
    assert balance.known == 12
    assert balance.local_sat == sum(channel.local_sat for channel in channels)
    assert balance.remote_sat == sum(channel.remote_sat for channel in channels)
    assert (len(facts.channels), len(facts.announced_channels), len(facts.live_channels)) == (12, 11, 11)


def test_nobody_else_learns_of_it(seen, client, operator):
    scid = facts_of(seen).unannounced_channels[0].scid
    client.force_login(operator)

    page = client.get(reverse("recommendations:node", args=[seen.node.pubkey])).content.decode()

    assert scid not in page
    assert facts_of(seen, user=operator).unannounced_channels == ()
    assert facts_of(seen, user=None).capacity_sat == facts_of(seen).announced_sat


def test_advice_on_it_has_commands_for_this_channel_and_says_that_it_is_not_announced(server, seen):
    told = hidden_of(server.node)

    (item,) = (
        one for one in advice_of(seen).values() if isinstance(one.action, SetChannelFee) and one.target == told.scid
    )

    assert item.commands is not None
    lnd, cln = item.commands.lnd, item.commands.cln
    assert (lnd.is_checked, cln.is_checked) == (True, True)
    assert f"--chan_point {told.chan_point}" in str(lnd.command)
    assert str(cln.command).startswith(f"lightning-cli -k setchannel id={told.scid} ")
    assert cln.verify == f"lightning-cli -k listpeerchannels id={told.peer_pubkey}"
    assert "This channel is not announced" in item.explanation
    mark = next(one for one in item.evidence if one.id.endswith(":is_announced"))
    assert (mark.value, mark.channel, "your" in mark.source) == (False, told.scid, True)
    assert not any("snapshot" in one.source for one in item.evidence)


def test_advice_is_new_when_the_node_tells_something_else(server, seen):
    told = hidden_of(server.node)
    before = [key for key in advice_of(seen) if told.scid in key]
    server.node.set_balance(told.scid, told.capacity_sat // 2)

    read(seen, at=AT + HOUR)

    after = [key for key in advice_of(seen, at=AT + HOUR) if told.scid in key]
    assert f"{told.scid} days_to_depletion" in before
    assert f"{told.scid} days_to_depletion" not in after


def test_a_channel_newer_than_the_graph_awaits_it_and_one_that_a_newer_graph_lacks_is_gone(server, seen):
    fresh = SimChannel(
        scid=f"{server.node.block_height + 5}x7x1",
        chan_point=f"{txid('fresh')}:1",
        peer_pubkey=f"03{77:064x}",
        peer_alias="fresh",
        capacity_sat=4_000_000,
        local_sat=4_000_000,
        own_policy=a_policy(100, at=AT),
        peer_policy=None,
    )
    server.node.channels[fresh.scid] = fresh

    read(seen, at=AT + HOUR)

    (waiting,) = (one for one in facts_of(seen).unannounced_channels if one.scid == fresh.scid)
    assert (waiting.awaits_graph, waiting.is_live) == (True, True)
    PrivateChannel.objects.update(measured_at=AT - HOUR)  # the graph was read after the node
    assert [one.scid for one in facts_of(seen).unannounced_channels] == [hidden_of(server.node).scid]


def test_the_page_shows_it_with_a_mark_and_its_limits_hold(server, seen, client):
    client.force_login(seen.owner)
    told, page = hidden_of(server.node), reverse("recommendations:node", args=[seen.node.pubkey])
    hands_off = {"scid": told.scid, "is_hands_off": "on"}

    shown = client.get(page).content.decode()
    client.post(reverse("recommendations:limits", args=[seen.node.pubkey]), hands_off)
    limited = client.get(page, {"q": told.scid}).content.decode()
    rows = client.get(reverse("recommendations:channels_csv", args=[seen.node.pubkey])).content.decode()

    assert f'<span class="mono">{told.scid}</span> <span class="tag" title="Only your node' in shown
    assert "and 1M sat that the public graph lacks" in shown
    assert limited.count("not announced</span>") == 1
    assert "do not touch" in limited
    assert told.scid in rows
    advised = [item for key, item in advice_of(seen).items() if told.scid in key]
    assert not any(isinstance(item.action, SetChannelFee) for item in advised)


def test_a_command_may_name_channels_of_the_node_and_no_other(seen):
    facts = facts_of(seen)
    (own,) = facts.unannounced_channels
    known = known_targets(facts)

    assert check(f"lightning-cli -k setchannel id={own.scid} feeppm=5", known=known).is_allowed
    assert not check("lightning-cli -k setchannel id=16000000x1x1 feeppm=5", known=known).is_allowed
    stranger = replace(facts, channels=facts.announced_channels)
    assert not check(f"lightning-cli -k setchannel id={own.scid} feeppm=5", known=known_targets(stranger)).is_allowed
