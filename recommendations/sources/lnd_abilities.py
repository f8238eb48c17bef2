"""What is asked of an LND node, and why. Each is tried with the smallest answer that shows it is allowed."""

from collections.abc import Mapping

import msgspec

from recommendations.sources.abilities import Try, Wanted
from recommendations.sources.http import Caller


class Anything(msgspec.Struct):
    """An object; what stands in it is of no interest here."""


def wanted(caller: Caller, *, node: Try) -> tuple[Wanted, ...]:
    """Return what is tried; `node` asks who answers."""
    one_forward = {"start_time": "1", "num_max_events": 1}
    return (
        Wanted("/v1/getinfo", "who the node is", node),
        Wanted("/v1/channels", "balances and uptime of the channels", _get(caller, "/v1/channels")),
        Wanted("/v1/switch", "what was forwarded", lambda: caller.post("/v1/switch", one_forward, Anything)),
        Wanted("/v1/graph", "fees in force and the public network", _get(caller, "/v1/graph/info")),
        _optional(caller, "/v1/channels/closed", "channels that are no more"),
        _optional(caller, "/v1/channels/pending", "channels being closed"),
        _optional(caller, "/v1/payments", "what rebalances cost", query={"max_payments": "1"}),
        _optional(caller, "/v1/transactions", "what openings and closings cost"),
    )


def _optional(caller: Caller, path: str, why: str, *, query: Mapping[str, str] | None = None) -> Wanted:
    return Wanted(path, why, _get(caller, path, query=query), is_needed=False)


def _get(caller: Caller, path: str, *, query: Mapping[str, str] | None = None) -> Try:
    return lambda: caller.get(path, Anything, query=query)
