"""The advice an expert would give on nodes recognized at a glance: what, on which channel, and what never, with why."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pytest

from recommendations.domain.actions import CloseChannel, Intent, OpenChannel, Rebalance, SetChannelFee, intents
from recommendations.domain.advice import Priority
from recommendations.domain.contract import expected_impact, problem
from recommendations.domain.facts import NodeFacts
from recommendations.domain.findings.catalog import examine
from recommendations.domain.quality import rules_quality
from recommendations.domain.recommendation import ScoredRecommendation, recommend
from recommendations.domain.scenario_nodes import SCENARIOS, scenario_named
from recommendations.domain.scoring import Weights
from tests.recommendations.domain import scenarios
from tests.recommendations.domain.factories import AT

FEES = frozenset({Intent.FEE_UP, Intent.FEE_DOWN, Intent.POLICY})
MOVES = frozenset({Intent.REFILL, Intent.DRAIN})


def channels(*numbers: int) -> frozenset[str]:
    return frozenset(f"{800_000 + n}x{n}x0" for n in numbers)


@dataclass(frozen=True, slots=True)
class Expected:
    """`may`: for each direction that may be advised, the channels it may concern; any other direction is wrong."""

    why: str
    rules: frozenset[str] = frozenset()  # these must speak
    may: Mapping[Intent, frozenset[str]] = field(default_factory=dict)
    may_open: bool = False
    first: frozenset[str] = frozenset()  # the rules one of which comes first
    priority: Priority | None = None  # of the first


GOLDEN: dict[str, Expected] = {
    "balanced": Expected(
        "Nothing is out of order: no fee, balance or channel is to be touched. Growth alone is worth a thought.",
        may_open=True,
    ),
    "public": Expected("Seen from outside its fees are the market's; balances are unknown, so nothing may be moved."),
    "unbalanced": Expected(
        "The empty channels sell: dearer, or refilled from the full idle ones, which get cheaper. Never the reverse, "
        "never a close: a month of silence at a fair fee is no verdict.",
        rules=frozenset({"rebalance", "days_to_depletion"}),
        may={
            Intent.FEE_UP: channels(*range(1, 7)),
            Intent.REFILL: channels(*range(1, 7)),
            Intent.FEE_DOWN: channels(*range(7, 11)),
            Intent.DRAIN: channels(*range(7, 11)),
        },
    ),
    "low_uptime": Expected(
        "Out of reach a seventh of the time, it may miss a payment's deadline and lose funds: that comes before all.",
        first=frozenset({"uptime"}),
        priority=Priority.CRITICAL,
        may_open=False,
    ),
    "overpriced": Expected(
        "Ten times the market on full, silent channels: lower those six and no other; what sells stays as it is.",
        rules=frozenset({"fee_vs_market", "fee_vs_network"}),
        may={Intent.FEE_DOWN: channels(*range(1, 7))},
        first=frozenset({"fee_vs_market"}),
    ),
    "dead": Expected(
        "Cheap, connected and silent for months: closing one of the three is due, one at a time; the busy ones stay.",
        rules=frozenset({"dead_channel"}),
        may={Intent.CLOSE: channels(1, 2, 3)},
    ),
    "sink": Expected(
        "Everything flows out: a dearer fee slows it, and liquidity has to come back. Never cheaper, never drained, "
        "never closed: it earns.",
        rules=frozenset({"days_to_depletion", "peer_role"}),
        may={Intent.FEE_UP: channels(*range(1, 11)), Intent.REFILL: channels(*range(1, 11))},
        first=frozenset({"days_to_depletion"}),
    ),
    "source": Expected(
        "The two ways out are the neck: dearer, or refilled from the full ones. A full source is healthy, not dear.",
        rules=frozenset({"rebalance", "peer_role"}),
        may={
            Intent.FEE_UP: channels(9, 10),
            Intent.REFILL: channels(9, 10),
            Intent.FEE_DOWN: channels(*range(1, 9)),
            Intent.DRAIN: channels(*range(1, 9)),
        },
    ),
    "concentrated": Expected(
        "One peer holds 60 %: spread what comes next, by opening elsewhere. The large channel earns: it stays.",
        rules=frozenset({"concentration"}),
        may_open=True,
    ),
    "brand_new": Expected(
        "Five days old, all balance on one side: it needs inbound liquidity, peers and patience. Nothing can be judged "
        "yet: no close, no fee change, no circular rebalance.",
        rules=frozenset({"imbalance"}),
        may={Intent.DRAIN: channels(1, 2)},
        may_open=True,
    ),
    "huge": Expected(
        "Two thousand channels: the neediest first, one write on a channel, as many changes as a day allows.",
        rules=frozenset({"fee_vs_market", "stale_edge", "rebalance"}),
        may=dict.fromkeys((Intent.FEE_UP, Intent.FEE_DOWN, Intent.POLICY, *MOVES), channels(*range(1, 2_001))),
        may_open=True,
    ),
    "empty": Expected(
        "Without a channel there is nothing to tune; what it lacks is told, and no command is made up.",
        rules=frozenset({"node_health"}),
        first=frozenset({"node_health"}),
    ),
}


def advice(name: str) -> tuple[ScoredRecommendation, ...]:
    facts = build_of(name)()
    return recommend(facts, examine(facts), Weights(), at=AT)


def build_of(name: str) -> Callable[[], NodeFacts]:
    build: Callable[[], NodeFacts] = getattr(scenarios, name)
    return build


@pytest.mark.parametrize("name", GOLDEN)
def test_an_expert_would_say_the_same(name: str) -> None:
    expected, items = GOLDEN[name], advice(name)
    own = build_of(name)().pubkey

    assert expected.rules <= {item.rule for item in items}, expected.why
    if expected.first:
        assert items[0].rule in expected.first, expected.why
    if expected.priority:
        assert items[0].priority is expected.priority, expected.why
    for item in items:
        for target, intent in intents(item.action):
            if intent is Intent.REVIEW or target == own:
                continue
            if intent is Intent.OPEN:
                assert expected.may_open, f"{item.title}: {expected.why}"
            else:
                assert target in expected.may.get(intent, frozenset()), f"{item.title}: {expected.why}"


@pytest.mark.parametrize("name", GOLDEN)
def test_all_advice_keeps_the_contract_and_never_contradicts_itself(name: str) -> None:
    items = advice(name)
    written = [item.action.channel.scid for item in items if isinstance(item.action, SetChannelFee)]

    assert [found for item in items if (found := problem(item.to_payload()))] == []
    assert len(written) == len(set(written)) <= 5
    assert sum(isinstance(item.action, CloseChannel) for item in items) <= 1
    assert len({item.tracking_id for item in items}) == len(items)


def test_a_fee_cut_goes_toward_the_market_and_not_past_it() -> None:
    for item in advice("overpriced"):
        if isinstance(item.action, SetChannelFee):
            assert 200 <= item.action.new.fee_ppm < item.action.current.fee_ppm == 2_000


def test_a_refill_comes_from_what_is_full_and_idle() -> None:
    moves = [item.action for item in advice("unbalanced") if isinstance(item.action, Rebalance)]

    assert moves
    assert {move.out_channel.scid for move in moves} <= channels(*range(7, 11))
    assert {move.in_channel.scid for move in moves} <= channels(*range(1, 7))


def test_a_close_tells_its_cost_and_stays_behind_what_can_be_undone() -> None:
    (item,) = [item for item in advice("dead") if isinstance(item.action, CloseChannel)]

    assert item.commands is not None
    assert item.commands.cannot_undo
    assert item.commands.lnd.inverse is item.commands.cln.inverse is None
    assert item.priority not in (Priority.CRITICAL, Priority.HIGH)


def test_a_new_channel_leads_to_somebody_who_is_no_peer_yet() -> None:
    for name in ("balanced", "concentrated", "brand_new", "huge"):
        peers = {channel.peer.pubkey for channel in build_of(name)().channels}
        assert not {item.action.peer_pubkey for item in advice(name) if isinstance(item.action, OpenChannel)} & peers


def test_quality_by_rules_alone_reaches_what_each_scenario_asks() -> None:
    for scenario in SCENARIOS:
        quality, components = rules_quality(advice(scenario.name))
        assert quality is not None
        assert quality >= scenario.least_quality, components


def test_over_all_scenarios_advice_carries_commands_and_ranges() -> None:
    items = [item for scenario in SCENARIOS for item in advice(scenario.name)]
    acting = [item for item in items if item.needs_command]

    assert all(item.commands is not None and item.commands.is_checked for item in acting)
    assert sum(item.commands is not None and item.commands.has_checked_line for item in items) >= 0.85 * len(items)
    assert sum(expected_impact(item) is not None for item in items) >= 0.90 * len(items)


def test_a_scenario_is_found_by_either_name() -> None:
    assert scenario_named("desequilibre") is scenario_named("unbalanced") is not None
    assert scenario_named("nowhere") is None
