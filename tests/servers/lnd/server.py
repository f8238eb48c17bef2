"""Answer LND's REST interface as version 0.20 does, as far as it is read. Nothing that writes is there."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

from recommendations.domain.readings import Implementation
from tests.servers.lnd import words
from tests.servers.simulated.hosting import HOST, Asked, NodeServer
from tests.servers.simulated.node import SimForward, SimulatedNode
from tests.servers.simulated.tls import Identity, self_signed
from tests.servers.simulated.writing import Answer

READONLY = "0201036c6e64" + "7e" * 40
UNKNOWN_CODE, NOT_FOUND_CODE = 2, 5  # of gRPC; REST makes 500 and 404 of them
USUAL_EVENTS = 100  # where the caller names no number
MOST_EVENTS = 50_000
PERMISSIONS: Mapping[str, str] = {
    "/v1/getinfo": "info",
    "/v1/channels": "offchain",
    "/v1/channels/closed": "offchain",
    "/v1/channels/pending": "offchain",
    "/v1/fees": "offchain",
    "/v1/switch": "offchain",
    "/v1/payments": "offchain",
    "/v1/graph": "info",
    "/v1/graph/info": "info",
    "/v1/transactions": "onchain",
    "/v2/router/htlcevents": "offchain",
    "/v2/wallet/estimatefee": "onchain",
    "/v1/graph/node": "info",
    "/v1/graph/edge": "info",
}
EVERYTHING = frozenset(PERMISSIONS.values())


class LndServer(NodeServer):
    """The host. `macaroons` says what each macaroon allows to read: `info`, `offchain`, `onchain`."""

    kind = Implementation.LND

    def __init__(self, node: SimulatedNode, *, identity: Identity | None = None, port: int = 0) -> None:
        super().__init__(node, identity or self_signed("localhost", HOST), port=port)
        self.credential = READONLY
        self.macaroons: dict[str, frozenset[str]] = {READONLY: EVERYTHING}
        self._streams: set[asyncio.Queue[SimForward | None]] = set()
        node.listeners.append(self._hear)

    def answer(self, asked: Asked) -> Answer:
        """Return what LND answers."""
        base, _, argument = asked.path.rpartition("/")
        key = asked.path if asked.path in PERMISSIONS else base
        refused = self._refused(asked, key)
        if refused:
            return refused
        if key == "/v2/router/htlcevents":
            return Answer(lines=self._events())
        said = self._said(key, asked, argument)
        if said is None:
            return self.error(404, code=NOT_FOUND_CODE, message="unable to find node or edge not found")
        return Answer(said)

    def error(self, status: int, *, code: int | None, message: str) -> Answer:
        """Return an error as grpc-gateway writes it."""
        told = {"code": UNKNOWN_CODE if code is None else code, "message": message or "…", "details": []}
        return Answer(told, status=status)

    def allow(self, macaroon: str, *permissions: str) -> None:
        """From now on this macaroon allows to read these; none takes it back."""
        self.macaroons[macaroon] = frozenset(permissions)

    @property
    def listeners(self) -> int:
        """Return how many listen to the stream of HTLC events now."""
        return len(self._streams)

    def _refused(self, asked: Asked, key: str) -> Answer | None:
        if key not in PERMISSIONS:
            return self.error(404, code=NOT_FOUND_CODE, message="Not Found")
        if asked.method != ("POST" if key == "/v1/switch" else "GET"):
            return self.error(501, code=12, message="Method Not Allowed")
        given = asked.headers.get("grpc-metadata-macaroon")
        if given is None:
            return self.error(500, code=None, message="expected 1 macaroon, got 0")
        if given not in self.macaroons:
            message = "verification failed: signature mismatch after caveat verification"
            return self.error(500, code=None, message=message)
        if PERMISSIONS[key] not in self.macaroons[given]:
            return self.error(500, code=None, message="permission denied")
        return None

    def _said(self, key: str, asked: Asked, argument: str) -> dict[str, Any] | None:
        node = self.node
        match key:
            case "/v1/getinfo":
                return words.info(node)
            case "/v1/channels":
                with_alias = asked.query.get("peer_alias_lookup") == "true"
                return {"channels": [words.channel(one, with_alias=with_alias) for one in node.channels.values()]}
            case "/v1/channels/closed":
                return {"channels": [words.closed(one) for one in node.closed]}
            case "/v1/channels/pending":
                return words.pending(node.closing)
            case "/v1/switch":
                return self._forwards(asked.body or {})
            case "/v1/payments":
                return self._payments(asked.query)
            case "/v1/transactions":
                return {"transactions": words.transactions(node)}
            case "/v2/wallet/estimatefee":
                per_kw = str(round(node.onchain_fee_sat_vb * 250))
                return {"sat_per_kw": per_kw, "min_relay_fee_sat_per_kw": "253"}
            case _:
                return self._graph(key, argument)

    def _graph(self, key: str, argument: str) -> dict[str, Any] | None:
        node = self.node
        announced = [words.edge(node, one) for one in node.channels.values() if not one.is_private]
        if key == "/v1/graph":
            return {"nodes": words.nodes(node), "edges": announced}
        if key == "/v1/graph/info":
            return {"num_nodes": len(words.nodes(node)), "num_channels": len(announced)}
        if key == "/v1/graph/edge":
            found = [one for one in node.channels.values() if words.number(one.scid) == argument]
            return words.edge(node, found[0]) if found else None
        if key == "/v1/graph/node" and argument == node.pubkey and announced:
            told = {"pub_key": node.pubkey, "alias": node.alias}
            return {"node": told, "num_channels": len(announced), "total_capacity": "0", "channels": announced}
        return None

    def _forwards(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return events from the start time on, after as many as the offset says: it counts from the start time."""
        start_s, offset = int(body.get("start_time") or 0), int(body.get("index_offset") or 0)
        size = min(int(body.get("num_max_events") or USUAL_EVENTS), MOST_EVENTS)
        settled = [words.forward(one) for one in self.node.settled()]
        told = [event for event in settled if int(event["timestamp"]) >= start_s]
        events = told[offset : offset + size]
        return {"forwarding_events": events, "last_offset_index": offset + len(events)}

    def _payments(self, query: Mapping[str, str]) -> dict[str, Any]:
        offset, size = int(query.get("index_offset", "0")), int(query.get("max_payments", "100"))
        start_s = int(query.get("creation_date_start", "0"))
        node = self.node
        numbered = list(enumerate(node.rebalances, start=1))
        told = [words.payment(node, one, index=n) for n, one in numbered if one.at.timestamp() >= start_s]
        told += [words.invoice_paid(node, one, index=n + len(numbered)) for n, one in numbered[:1]]
        fresh = [one for one in told if int(one["payment_index"]) > offset][:size]
        return {"payments": fresh, "last_index_offset": fresh[-1]["payment_index"] if fresh else "0"}

    def _hear(self, forward: SimForward) -> None:
        loop = self.loop
        if loop is not None:
            loop.call_soon_threadsafe(self._spread, forward)

    def _spread(self, forward: SimForward) -> None:
        for stream in self._streams:
            stream.put_nowait(forward)

    async def _events(self) -> AsyncIterator[dict[str, Any]]:
        stream: asyncio.Queue[SimForward | None] = asyncio.Queue()
        self._streams.add(stream)
        try:
            yield {"result": {"incoming_channel_id": "0", "outgoing_channel_id": "0", "subscribed_event": {}}}
            while True:
                forward = await stream.get()
                if forward is None:
                    return
                yield words.event(forward)
        finally:
            self._streams.discard(stream)
