"""Answer what Sparkseer answers. It is written in R: a row is a list of one, and so may be a single value."""

from typing import Any

from tests.servers.hosted import HostedServer, Order, Request
from tests.servers.hosted.replies import Event, Stream, Whole

CURRENT, HISTORY = "/v1/node/current-stats/", "/v1/node/historical/"
OPEN = ("/v1/stats/ln-summary-ts", "/v1/stats/centralities")
STOPPED_AT = "2025-02-14"


def sparkseer_node(pubkey: str, **changes: Any) -> dict[str, Any]:
    """Return one node's stats as they are told, with some fields changed. No uptime, success rate or revenue."""
    return {
        "pubkey": pubkey,
        "alias": "Alpha",
        "total_capacity": 31505027,
        "num_channels": 54,
        "mean_channel_capacity": 572818.67,
        "median_channel_capacity": 500000,
        "mean_outbound_base_fee": 412.5,
        "median_outbound_base_fee": 0,
        "mean_outbound_fee_rate": 310.2,
        "median_outbound_fee_rate": 250,
        "mean_inbound_fee_rate": 610.4,
        "median_inbound_fee_rate": 400,
        "betweenness_rank": 412,
        "closeness_rank": 388,
        "eigenvector_rank": 501,
        "weighted_betweenness_rank": 420,
        "htlc_response_time_mean": None,
        "liquidity_flexibility_score": 0.61,
        "last_update": 1760843000,
        **changes,
    }


class SparkseerServer(HostedServer):
    """The service. `as_list`: rows come as a list of one, as they do most days."""

    def __init__(self, *, key: str = "sparkseer-test-key") -> None:
        super().__init__(key=key)
        self.as_list = True
        self.nodes: dict[str, Any] = {}

    def reply(self, request: Request, order: Order) -> Whole | Stream:
        """Return what the service answers."""
        if request.path not in OPEN and request.headers.get("api-key") != self.key:
            return Whole({"error": ["401 - Unauthorized"]}, status=401)
        if request.path == OPEN[0]:
            days = ("2025-02-13", STOPPED_AT)
            return Whole({"ln_summary": [{"time": day, "stats": [{"nodes": 12_000}]} for day in days]})
        if request.path == OPEN[1]:
            return Whole({"centralities": [_ranks(node) for node in self.nodes.values()]})
        if request.path.startswith(CURRENT):
            node = self.nodes.get(request.path.removeprefix(CURRENT))
            return Whole([node] if node and self.as_list else node or [])
        if request.path.startswith(HISTORY):
            return Whole({"data": [{"date": "2025-02-13"}, {"date": STOPPED_AT}]})
        if request.path == "/v1/services/suggested-fees":
            return Whole({"channel_peers": [{"pubkey": key} for key in self.nodes]})
        return Whole({"error": "404 - Resource Not Found"}, status=404)

    def error_events(self, order: Order) -> tuple[Event, ...]:
        """Return nothing: it streams nothing."""
        return ()


def _ranks(node: dict[str, Any]) -> dict[str, Any]:
    """Return a row of the centralities: its ranks in a table within, its key boxed."""
    ranks = {
        "graph_timestamp": 1739491200,  # 2025-02-14
        "cent_between_rank": node["betweenness_rank"],
        "cent_between_weight_rank": 420,
        "cent_close_rank": node["closeness_rank"],
        "cent_close_weight_rank": 371,
        "cent_eigen_rank": [node["eigenvector_rank"]],
        "cent_eigen_weight_rank": 477,
    }
    return {"pubkey": [node["pubkey"]], "ranks": [ranks]}
