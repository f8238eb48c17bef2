"""Rules on channels that the public graph lacks: what needs a public fact is silent, the rest speaks and says so."""

from dataclasses import replace
from itertools import product

import pytest

from recommendations.domain import french
from recommendations.domain.actions import ChannelRef, Inspect, Intent, Look, LoopOut, ManualStep, intents, parameters
from recommendations.domain.advice import Severity
from recommendations.domain.command_text import by_hand
from recommendations.domain.facts import CostFacts, FailureFacts, MarketFacts, PeerFacts
from recommendations.domain.findings.catalog import examine
from recommendations.domain.scenario_nodes import SCENARIOS
from tests.recommendations.domain.factories import channel, flow, key, operated, policy, private, silent

PUBLIC_ONLY = {"fee_vs_market", "fee_vs_network", "balance_fee", "rebalance"}
SELLING = flow(4_000_000, 200_000)


def hidden(number=1, **changes):
    """A channel that only our own node tells of."""
    unknown = {
        "is_announced": False,
        "is_policy_from_node": True,
        "peer": PeerFacts(key(number), f"peer {number}", None, None, None, None, None),
        "peer_policy": None,
        "market": MarketFacts(0, None, None, None, None),
    }
    return channel(number, **(unknown | changes))


def hide(one):
    """Return a channel of a scenario as it would be known if the graph lacked it."""
    peer = PeerFacts(one.peer.pubkey, one.peer.alias, None, None, None, None, None)
    market = MarketFacts(0, None, None, None, None)
    return replace(one, is_announced=False, peer=peer, peer_policy=None, market=market)


def speaking(*channels, **changes):
    """Return what the rules find, by rule."""
    return {finding.rule: finding for finding in examine(operated(*channels, **changes)).findings}


@pytest.mark.parametrize(
    ("ratio", "moved", "own", "age"),
    tuple(
        product(
            (None, 0.02, 0.99), (None, silent(), SELLING), (None, policy(), policy(is_disabled=True)), (None, 400.0)
        )
    ),
)
def test_no_rule_breaks_on_what_is_unknown_and_none_judges_by_a_market_that_is_not_known(ratio, moved, own, age):
    bare = hidden(1, own_policy=own, age_days=age, ratio=ratio, flow=moved)
    told_nothing = hidden(2, own_policy=own, age_days=age, private=private(None, uptime_ratio=None))
    unknown = hidden(3, own_policy=own, age_days=age, private=None)

    found = examine(operated(bare, told_nothing, unknown)).findings

    assert not PUBLIC_ONLY & {finding.rule for finding in found}
    assert not any(
        "snapshot" in one.source for finding in found if finding.target == bare.scid for one in finding.evidence
    )


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one.name)
def test_no_scenario_breaks_when_every_second_channel_is_hidden_and_none_of_these_is_closed_or_refilled(scenario):
    facts = scenario.build()
    channels = tuple(hide(one) if place % 2 else one for place, one in enumerate(facts.channels))
    unannounced = {one.scid for one in channels if not one.is_announced}

    found = examine(replace(facts, channels=channels)).findings

    wanted = [(target, intent) for finding in found for target, intent in intents(finding.action)]
    assert not any(target in unannounced for target, intent in wanted if intent is Intent.CLOSE)
    assert not any(finding.rule in PUBLIC_ONLY and finding.target in unannounced for finding in found)


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("days_to_depletion", {"ratio": 0.02, "flow": SELLING}),
        ("peer_role", {"ratio": 0.5, "flow": flow(9_000_000, 0)}),
        ("dead_channel", {"ratio": 0.9, "flow": silent(known_days=100.0)}),
        ("uptime", {"private": private(0.5, uptime_ratio=0.1)}),
        (
            "missed_revenue",
            {
                "private": private(
                    0.1, flow=flow(100_000, 100_000), failures=FailureFacts(30, 40, 9, 400_000, 80_000, 40, 0)
                )
            },
        ),
    ],
)
def test_rules_on_balance_forwards_failures_and_uptime_speak_of_it_and_say_that_it_is_not_announced(rule, changes):
    finding = speaking(hidden(**changes), channel(2, ratio=0.5, flow=flow()))[rule]

    assert finding.target == hidden().scid
    assert finding.explanation.endswith("Ask them before you change it.")
    assert (finding.evidence[-1].id, finding.evidence[-1].value) == (f"{finding.key}:is_announced", False)
    assert "announced" not in speaking(channel(**changes))[rule].explanation


def test_one_that_awaits_the_graph_is_told_apart():
    finding = speaking(hidden(awaits_graph=True, ratio=0.02, flow=SELLING))["days_to_depletion"]

    assert finding.explanation.endswith("it is newer than that.")


@pytest.mark.parametrize(("awaits_graph", "severity"), [(False, Severity.LOW), (True, Severity.HIGH)])
def test_a_wallet_may_sleep_and_comes_after_nodes_that_do(awaits_graph, severity):
    asleep = hidden(1, awaits_graph=awaits_graph, private=private(0.5, uptime_ratio=0.1))
    poor = channel(2, private=private(0.5, uptime_ratio=0.9))

    found = [one for one in examine(operated(asleep, poor)).findings if one.rule == "uptime"]

    by_target = {finding.target: finding for finding in found}
    assert by_target[asleep.scid].severity is severity
    assert ("mutual close" in by_target[asleep.scid].explanation) is awaits_graph
    assert (found[0].target == asleep.scid) is awaits_graph


def test_what_is_public_of_the_node_is_judged_without_them():
    announced = tuple(channel(number, ratio=0.5, flow=flow()) for number in range(1, 13))
    small = tuple(hidden(number, capacity_sat=100_000, ratio=0.5, flow=flow()) for number in range(50, 70))
    rules = {"concentration", "node_health", "channel_size", "centrality", "fee_vs_network", "stale_edge"}

    alone, joined = speaking(*announced), speaking(*announced, *small)

    assert {rule: alone.get(rule) for rule in rules} == {rule: joined.get(rule) for rule in rules}


def test_a_disabled_one_is_counted_among_those_that_route_nothing():
    finding = speaking(hidden(own_policy=policy(is_disabled=True)), channel(2))["stale_edge"]

    assert finding.title.startswith("1 of 2 channels route nothing: 0 without updates, 1 disabled")


def test_parallel_channels_are_judged_apart_when_one_is_not_announced():
    known, secret = channel(1, own_policy=policy(fee_ppm=100)), hidden(2, own_policy=policy(fee_ppm=900))
    facts = operated(known, replace(secret, peer=secret.peer._replace(pubkey=known.peer.pubkey)))

    assert not {finding.rule for finding in examine(facts).findings} & {"parallel_fees"}


def test_a_young_one_that_nobody_else_knows_waits_for_no_sender():
    young = {"age_days": 3.0, "ratio": 0.5, "flow": silent()}

    assert "channel_age" not in speaking(hidden(**young))
    assert "channel_age" in speaking(hidden(awaits_graph=True, **young))


def test_a_swap_does_not_leave_through_one():
    full = [hidden(1, capacity_sat=50_000_000, ratio=1.0, flow=flow()), channel(2, ratio=1.0, flow=flow())]

    swap = next(one.action for one in examine(operated(*full)).findings if isinstance(one.action, LoopOut))

    assert swap.channels == (full[1].scid,)


def test_costs_and_profit_need_nothing_of_the_other_side():
    paid = CostFacts(90, 10_000, 4_000, 900_000, 2_000)
    channels = [channel(number, private=private(0.5, flow=flow(), costs=paid)) for number in range(1, 12)]
    idle = hidden(20, private=private(0.5, flow=flow(1_000, 0), costs=paid))

    finding = speaking(*channels, idle)["blended_rating"]

    assert idle.scid in finding.explanation


def test_a_step_by_hand_looks_at_it_where_the_node_shows_it():
    ref = ChannelRef.of(hidden())
    step = ManualStep(ref.scid, "Refill it.", Intent.REFILL, ref)

    assert by_hand(step).cln.prepare == (f"lightning-cli -k listpeerchannels id={ref.peer_pubkey}",)
    finding = speaking(hidden(ratio=0.1, flow=flow(400_000, 400_000)), channel(2, ratio=0.6))["imbalance"]
    assert finding.action.channel == ref


def test_what_is_told_of_announced_channels_keeps_its_shape():
    told = parameters(Inspect("x", Look.CHANNEL, ChannelRef.of(channel())))["channel"]

    assert set(told) == {"scid", "chan_point", "peer_pubkey", "capacity_sat"}
    assert parameters(Inspect("x", Look.CHANNEL, ChannelRef.of(hidden())))["channel"]["is_announced"] is False


@pytest.mark.parametrize(
    ("ratio", "limit_sat", "shown"),
    [(0.05, 900_000, "at most"), (0.5, 10_000, "Let larger payments")],
    ids=["above the balance", "below the size"],
)
@pytest.mark.parametrize(
    ("changes", "word"), [({}, "allow"), ({"awaits_graph": True}, "announce"), ({"is_announced": True}, "announce")]
)
def test_only_an_announced_channel_announces_its_limits(ratio, limit_sat, shown, changes, word):
    own = policy(max_htlc_msat=limit_sat * 1_000)
    facts = operated(hidden(1, **({"own_policy": own, "ratio": ratio, "flow": None} | changes)))

    (found,) = (one for one in examine(facts).findings if one.rule == "htlc_limits")

    assert shown in found.title
    assert found.impact is not None
    told = f"{found.title} {found.explanation} {found.evidence[0].label} {found.impact.metric}".lower()
    assert (word in told, {"allow": "announce ", "announce": "allow "}[word] in told) == (True, False)
    assert french.said(found.title) != found.title
    assert french.said(found.evidence[0].label) != found.evidence[0].label
