"""Nodes an expert recognizes at a glance, each with what it must be advised and what it must not. Pure.

They ship: `manage.py test_recommendations` measures an installation's advice on them, and the golden tests hold it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from recommendations.domain.facts import NodeFacts
from recommendations.domain.scenario_parts import (
    AT,
    candidate,
    channel,
    flow,
    key,
    market,
    node,
    operated,
    policy,
    private,
    private_node,
    silent,
    standing,
)


def balanced(count: int = 12) -> NodeFacts:
    """Even balances, flow both ways, fees at the market, reliable."""
    channels = (channel(n, ratio=0.4 + 0.02 * (n % 10), flow=flow()) for n in range(1, count + 1))
    return operated(*channels, candidates=tuple(candidate(n, score=2.0 - n / 1_000) for n in range(500, 510)))


def public(count: int = 12) -> NodeFacts:
    """The same node seen from outside."""
    return node(*(replace(one, private=None, chan_point=None) for one in balanced(count).channels))


def unbalanced() -> NodeFacts:
    """Two thirds of the channels are nearly empty and selling; the rest are full and idle."""
    empty = (channel(n, ratio=0.05, flow=flow(6_000_000, 300_000)) for n in range(1, 7))
    full = (channel(n, ratio=0.95, flow=silent()) for n in range(7, 11))
    return operated(*empty, *full)


def low_uptime() -> NodeFacts:
    quiet = balanced()
    return replace(quiet, private=private_node(uptime_ratio=0.85))


def overpriced() -> NodeFacts:
    """Full, silent channels at ten times the market, beside a few that sell."""
    dear = (
        channel(n, ratio=0.9, flow=silent(), own_policy=policy(fee_ppm=2_000), market=market(200, percentile=96.0))
        for n in range(1, 7)
    )
    fair = (channel(n, ratio=0.5, flow=flow()) for n in range(7, 13))
    return operated(*dear, *fair, standing=standing(fee_percentile=95.0, median_fee_ppm=2_000))


def dead() -> NodeFacts:
    """Old channels without a forward for months at an already low fee, beside ones that earn well."""
    long_ago = AT - timedelta(days=200)
    idle = (
        channel(
            n,
            ratio=0.6,
            flow=silent(latest_forward_at=long_ago),
            own_policy=policy(fee_ppm=5),
            market=market(100, percentile=10.0),
        )
        for n in range(1, 4)
    )
    busy = (channel(n, ratio=0.5, flow=flow(40_000_000, 39_000_000)) for n in range(4, 14))
    return operated(*idle, *busy)


def brand_new() -> NodeFacts:
    """Two young channels, all balance on our side, a week of data."""
    young = (
        channel(
            n,
            age_days=5.0,
            capacity_sat=1_000_000,
            private=private(1.0, capacity_sat=1_000_000, flow=silent(window_days=5), monitored_days=5.0),
        )
        for n in (1, 2)
    )
    return operated(
        *young,
        private=private_node(revenue_msat=0, forward_count=0, monitored_days=5.0, uptime_ratio=1.0),
        standing=standing(hhi=5_000.0, largest_peer_share=0.5, betweenness_percentile=5.0, capacity_percentile=20.0),
        candidates=(candidate(),),
    )


def empty() -> NodeFacts:
    """A node in the graph without a single channel."""
    nothing = dict.fromkeys(standing().__dataclass_fields__)
    return node(standing=standing(**nothing), address_kinds=())


def huge(count: int = 2_000) -> NodeFacts:
    """Two thousand channels of every kind."""
    kinds = (
        {"ratio": 0.05, "flow": flow(6_000_000, 300_000)},
        {"ratio": 0.95, "flow": silent()},
        {"ratio": 0.5, "flow": flow()},
        {"ratio": 0.9, "flow": silent(), "own_policy": policy(fee_ppm=3_000), "market": market(200, percentile=97.0)},
        {"ratio": 0.5, "flow": flow(), "own_policy": policy(fee_ppm=20, base_fee_msat=5_000)},
        {"ratio": 0.5, "flow": flow(), "is_live": False},
        {"own_policy": None, "market": market(None, size=0)},
    )
    return operated(
        *(channel(n, **kinds[n % len(kinds)]) for n in range(1, count + 1)),
        candidates=tuple(candidate(n) for n in range(5_000, 5_050)),
    )


def sink() -> NodeFacts:
    """Every channel sells out and nothing comes back: balances run down everywhere."""
    out = (channel(n, ratio=0.12 + 0.01 * n, flow=flow(9_000_000, 200_000)) for n in range(1, 11))
    return operated(*out)


def source() -> NodeFacts:
    """Payments come in through every channel and leave by the few that are nearly empty."""
    full = (channel(n, ratio=0.88, flow=flow(150_000, 5_000_000)) for n in range(1, 9))
    way_out = (channel(n, ratio=0.08, flow=flow(19_000_000, 100_000)) for n in (9, 10))
    return operated(*full, *way_out)


def concentrated() -> NodeFacts:
    """One peer holds 60 % of the capacity, in one large channel."""
    large = channel(1, capacity_sat=60_000_000, ratio=0.5, flow=flow(24_000_000, 21_600_000))
    small = (channel(n, ratio=0.5, flow=flow()) for n in range(2, 10))
    facts = operated(large, *small, candidates=(candidate(500), candidate(501)))
    shares = standing(hhi=3_800.0, effective_peers=2.6, largest_peer_share=0.6, largest_peer_pubkey=key(1))
    return replace(facts, standing=shares)


@dataclass(frozen=True, slots=True)
class Scenario:
    """One node with its name, also the French one that the command takes, and the quality that is asked of advice.

    `wanted` is the label: rules whose advice an expert would follow first on this node.
    """

    name: str
    alias: str
    build: Callable[[], NodeFacts]
    wanted: frozenset[str]
    least_quality: float = 0.0


SCENARIOS = (
    Scenario("balanced", "equilibre", balanced, frozenset({"peer_candidates"}), 0.75),
    Scenario(
        "unbalanced",
        "desequilibre",
        unbalanced,
        frozenset({"rebalance", "days_to_depletion", "imbalance", "dead_channel"}),
        0.80,
    ),
    Scenario("low_uptime", "uptime_faible", low_uptime, frozenset({"uptime"}), 0.85),
    Scenario("overpriced", "frais_eleves", overpriced, frozenset({"fee_vs_market"})),
    Scenario("dead", "canaux_morts", dead, frozenset({"dead_channel"})),
    Scenario("sink", "puits", sink, frozenset({"days_to_depletion", "rebalance", "balance_fee"})),
    Scenario("source", "source", source, frozenset({"rebalance", "days_to_depletion", "imbalance"})),
    Scenario("concentrated", "concentration", concentrated, frozenset({"concentration", "peer_candidates"})),
    Scenario("brand_new", "tout_neuf", brand_new, frozenset({"imbalance", "channel_age"})),
    Scenario("huge", "enorme", huge, frozenset({"fee_vs_market", "stale_edge", "days_to_depletion"})),
    Scenario("empty", "vide", empty, frozenset({"node_health"})),
)


def scenario_named(name: str) -> Scenario | None:
    """Return the scenario by its English or French name."""
    return next((one for one in SCENARIOS if name in (one.name, one.alias)), None)
