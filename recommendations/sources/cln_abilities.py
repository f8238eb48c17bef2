"""What is asked of a Core Lightning node, and why. Each is tried with the smallest answer that shows it is allowed."""

from collections.abc import Mapping

import msgspec

from recommendations.sources.abilities import Try, Wanted
from recommendations.sources.http import Caller

# The generator of the curve: a valid key that nobody uses, so that the answer is small.
NOBODY = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
LATEST_S = 4_102_444_800  # 2100: no income since then


class Anything(msgspec.Struct):
    """An object; what stands in it is of no interest here."""


def wanted(caller: Caller, *, node: Try) -> tuple[Wanted, ...]:
    """Return what is tried; `node` asks who answers."""
    one = {"index": "created", "start": 1, "limit": 1}
    return (
        Wanted("getinfo", "who the node is", node),
        Wanted("listpeerchannels", "balances and fees of the channels", _post(caller, "listpeerchannels")),
        Wanted("listforwards", "what was forwarded, and what failed", _post(caller, "listforwards", one)),
        Wanted("listchannels", "the public network", _post(caller, "listchannels", {"source": NOBODY})),
        _optional(caller, "listnodes", "names in the public network", {"id": NOBODY}),
        _optional(caller, "listclosedchannels", "channels that are no more"),
        _optional(caller, "feerates", "what transactions cost now", {"style": "perkb"}),
        _optional(caller, "bkpr-listincome", "what openings and closings cost", {"start_time": LATEST_S}),
        _optional(caller, "bkpr-listaccountevents", "what rebalances cost", {"account": "wallet"}),
    )


def _optional(caller: Caller, method: str, why: str, body: Mapping[str, object] | None = None) -> Wanted:
    return Wanted(method, why, _post(caller, method, body), is_needed=False)


def _post(caller: Caller, method: str, body: Mapping[str, object] | None = None) -> Try:
    return lambda: caller.post(f"/v1/{method}", body or {}, Anything)
