"""Answer Core Lightning's REST plugin as version 25.09 does, as far as it is read: POST, 201, JSON in both ways."""

from collections.abc import Mapping
from typing import Any

from recommendations.domain.credentials import CLN_METHODS
from recommendations.domain.readings import Implementation
from tests.servers.cln import books, words
from tests.servers.simulated.hosting import HOST, Asked, NodeServer
from tests.servers.simulated.node import SimForward, SimulatedNode
from tests.servers.simulated.tls import Identity, signed_by_own_root
from tests.servers.simulated.writing import Answer

READONLY = "tU-RLjMiDpY2U0o3W1oFowar36RFGpWloPbW9-RuZdo9MyZpZD0wMjRiOWEx=="
NOT_AUTHORIZED, NOT_PERMITTED, UNKNOWN_METHOD = 1501, 1502, -32601
EVERYTHING = frozenset(CLN_METHODS)


class ClnServer(NodeServer):
    """The host. `runes` says which methods each rune allows."""

    kind = Implementation.CLN

    def __init__(self, node: SimulatedNode, *, identity: Identity | None = None, port: int = 0) -> None:
        super().__init__(node, identity or signed_by_own_root("cln", "localhost", HOST), port=port)
        self.credential = READONLY
        self.runes: dict[str, frozenset[str]] = {READONLY: EVERYTHING}

    def answer(self, asked: Asked) -> Answer:
        """Return what Core Lightning answers."""
        method = asked.path.removeprefix("/v1/")
        refused = self._refused(asked, method)
        return refused or Answer(self._said(method, asked.body or {}), status=201)

    def error(self, status: int, *, code: int | None, message: str) -> Answer:
        """Return an error as the plugin writes it."""
        told: dict[str, Any] = {"code": code, "message": message or "…", "data": None}
        return Answer(told, status=status)

    def allow(self, rune: str, *methods: str) -> None:
        """From now on this rune allows these methods; none takes it back."""
        self.runes[rune] = frozenset(methods)

    def _refused(self, asked: Asked, method: str) -> Answer | None:
        rune = asked.headers.get("rune")
        if rune is None:
            return self.error(403, code=NOT_AUTHORIZED, message="Not authorized: Missing rune")
        if rune not in self.runes:
            return self.error(401, code=NOT_AUTHORIZED, message="Not authorized: Not derived from master")
        if asked.method != "POST" or method not in EVERYTHING:
            return self.error(404, code=UNKNOWN_METHOD, message=f"Unknown command '{method}'")
        if method not in self.runes[rune]:
            return self.error(401, code=NOT_PERMITTED, message=f"Not permitted: method is not equal to {method}")
        return None

    def _said(self, method: str, body: Mapping[str, Any]) -> dict[str, Any]:
        node = self.node
        match method:
            case "getinfo":
                return words.info(node)
            case "listpeerchannels":
                closing = [words.closing(one) for one in node.closing]
                return {"channels": [*(words.channel(one) for one in node.channels.values()), *closing]}
            case "listclosedchannels":
                return {"closedchannels": [words.closed(one) for one in node.closed]}
            case "listforwards":
                return {"forwards": [words.forward(one) for one in self._forwards(body)]}
            case "listchannels":
                return {"channels": _filtered(words.directions(node), body)}
            case "listnodes":
                return {"nodes": [one for one in words.nodes(node) if body.get("id") in (None, one["nodeid"])]}
            case "bkpr-listincome":
                return {"income_events": books.income(node, start_s=int(body.get("start_time", 0)))}
            case "bkpr-listaccountevents":
                return {"events": books.events(node, account=body.get("account"))}
            case _:
                return _feerates(round(node.onchain_fee_sat_vb * 1000))

    def _forwards(self, body: Mapping[str, Any]) -> list[SimForward]:
        """Return the forwards by the index that is asked for, from its start on."""
        start, limit = int(body.get("start", 0)), int(body.get("limit", 2**32 - 1))
        if body.get("index") == "updated":
            ended = [one for one in self.node.forwards if one.resolved_at]
            changed = [one for one in ended if one.change is not None and one.change >= start]
            return sorted(changed, key=lambda one: one.change or 0)[:limit]
        return [one for one in self.node.forwards if one.number >= start][:limit]


def _filtered(rows: list[dict[str, Any]], body: Mapping[str, Any]) -> list[dict[str, Any]]:
    wanted = {key: body[key] for key in ("source", "destination", "short_channel_id") if key in body}
    return [row for row in rows if all(row[key] == value for key, value in wanted.items())]


def _feerates(per_kb: int) -> dict[str, Any]:
    estimates = [
        {"blockcount": blocks, "feerate": per_kb + extra, "smoothed_feerate": per_kb + extra}
        for blocks, extra in ((2, 5000), (6, 0), (12, -500), (100, -1000))
    ]
    return {"perkb": {"min_acceptable": 506, "max_acceptable": 100_000, "opening": per_kb, "estimates": estimates}}
