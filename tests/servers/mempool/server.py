"""Answer what mempool's backend answers, with its quirks: numbers as strings, 404 as text, 429 above a rate."""

import time
from typing import Any

from tests.servers.hosted import HostedServer, Order, Request
from tests.servers.hosted.replies import Event, Stream, Whole

NODES = "/api/v1/lightning/nodes/"
TEXT = "text/html; charset=utf-8"  # Express sends every string so
UNSEEN = b"This node does not exist, or our node is not seeing it yet"
TOO_MANY = b"429 Too Many Requests"


def mempool_node(pubkey: str, **changes: Any) -> dict[str, Any]:
    """Return one node as it is told, with some fields changed."""
    return {
        "public_key": pubkey,
        "alias": "Alpha",
        "first_seen": 1522941222,
        "updated_at": 1760843000,
        "color": "#3399ff",
        "sockets": "203.0.113.7:9735",
        "as_number": 64500,
        "as_organization": "Example Hosting",
        "iso_code": "FR",
        "city": {"en": "Paris", "fr": "Paris"},
        "country": {"de": "Frankreich", "en": "France", "fr": "France"},
        "subdivision": None,
        "features": [],
        "featuresBits": "8000000000000000000000000000000002",
        "active_channel_count": 55,
        "capacity": "31505027",
        "opened_channel_count": 55,
        "closed_channel_count": 111,
        "custom_records": {},
        **changes,
    }


def usual_fees() -> dict[str, Any]:
    """Return the recommended fees, in sat/vB."""
    return {"fastestFee": 9, "halfHourFee": 7, "hourFee": 4, "economyFee": 2, "minimumFee": 1}


class MempoolServer(HostedServer):
    """The backend. `rate_s`: above one request in so many seconds it answers 429; 0 lets everything pass."""

    def __init__(self, *, rate_s: float = 0.0, retry_after: str = "") -> None:
        super().__init__()
        self.fees = usual_fees()
        self.nodes: dict[str, Any] = {}
        self.rate_s, self.retry_after = rate_s, retry_after
        self.latest = {
            "id": 1,
            "added": "2025-10-19T00:00:00.000Z",
            "channel_count": 43696,
            "node_count": 12012,
            "total_capacity": 417000000000,
            "avg_fee_rate": 845,
            "med_fee_rate": 120,
        }
        self._latest_at = 0.0

    def reply(self, request: Request, order: Order) -> Whole | Stream:
        """Return what the backend answers."""
        if self.rate_s and time.monotonic() - self._latest_at < self.rate_s:
            headers = {"Retry-After": self.retry_after} if self.retry_after else {}
            return Whole(TOO_MANY, status=429, headers=headers, kind=TEXT)
        self._latest_at = time.monotonic()
        if request.path == "/api/v1/fees/recommended":
            return Whole(self.fees)
        if request.path == "/api/v1/lightning/statistics/latest":
            return Whole({"latest": self.latest, "previous": self.latest})
        node = self.nodes.get(request.path.removeprefix(NODES))
        return Whole(node) if node else Whole(UNSEEN, status=404, kind=TEXT)

    def error_events(self, order: Order) -> tuple[Event, ...]:
        """Return nothing: it streams nothing."""
        return ()
