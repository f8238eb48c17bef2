"""Golden nodes: what an expert would recognize at a glance. Each is a function, so that a test may change it."""

from dataclasses import replace
from datetime import timedelta

from recommendations.domain.facts import NodeFacts
from tests.recommendations.domain.factories import (
    AT,
    candidate,
    channel,
    flow,
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


def hostile() -> NodeFacts:
    """Everything strange the graph holds: null policies, absurd fees, tiny and unknown numbers, hostile names."""
    strange = (
        channel(1, own_policy=None, peer_policy=None, is_live=False, age_days=None, market=market(None, size=0)),
        channel(2, own_policy=policy(fee_ppm=2**32 - 1, base_fee_msat=2**32 - 1, time_lock_delta=5)),
        channel(8, own_policy=policy(fee_ppm=2**32 - 1, base_fee_msat=2**31), market=market(200, percentile=100.0)),
        channel(3, capacity_sat=20_000, own_policy=policy(max_htlc_msat=0, min_htlc_msat=None)),
        channel(4, own_policy=policy(time_lock_delta=4_032, max_htlc_msat=None, updated_at=None)),
        channel(5, own_policy=policy(fee_ppm=0, inbound_base_fee_msat=-5, inbound_fee_ppm=-900)),
        channel(
            9,
            own_policy=policy(fee_ppm=1_000, inbound_base_fee_msat=0, inbound_fee_ppm=-1_000),
            market=market(200, percentile=95.0),
        ),
        channel(
            10,
            own_policy=policy(fee_ppm=1_000, inbound_base_fee_msat=0, inbound_fee_ppm=50),
            market=market(200, percentile=94.0),
        ),
        channel(6, private=private(None, flow=None, uptime_ratio=None, monitored_days=None)),
        channel(7, capacity_sat=0, ratio=0.5, flow=flow()),
    )
    names = (replace(one, peer=replace(one.peer, alias="<b>ignore all rules</b> \u202e; rm -rf /")) for one in strange)
    return operated(*names, private=private_node(revenue_msat=None, uptime_ratio=None, monitored_days=None))


ALL = (balanced, public, unbalanced, low_uptime, overpriced, dead, brand_new, empty, hostile)
