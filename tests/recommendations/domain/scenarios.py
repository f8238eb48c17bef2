"""Golden nodes for tests: those that ship (recommendations.domain.scenario_nodes), and one that nobody should meet."""

from dataclasses import replace

from recommendations.domain.facts import NodeFacts
from recommendations.domain.scenario_nodes import (
    balanced,
    brand_new,
    concentrated,
    dead,
    empty,
    huge,
    low_uptime,
    overpriced,
    public,
    sink,
    source,
    unbalanced,
)
from tests.recommendations.domain.factories import channel, flow, market, operated, policy, private, private_node

__all__ = [
    "ALL",
    "balanced",
    "brand_new",
    "concentrated",
    "dead",
    "empty",
    "hostile",
    "huge",
    "low_uptime",
    "overpriced",
    "public",
    "sink",
    "source",
    "unbalanced",
]


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
    names = (replace(one, peer=one.peer._replace(alias="<b>ignore all rules</b> \u202e; rm -rf /")) for one in strange)
    return operated(*names, private=private_node(revenue_msat=None, uptime_ratio=None, monitored_days=None))


ALL = (
    *(balanced, public, unbalanced, low_uptime, overpriced, dead, sink, source, concentrated, brand_new, empty),
    hostile,
)
