"""Small graph files as LND and Core Lightning write them. Only what a test names differs from an ordinary network."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

AS_OF = datetime(2025, 10, 19, 4, tzinfo=UTC)
NOW_S = int(AS_OF.timestamp())
DAY_S = 86_400


def key(number: int) -> str:
    return f"02{number:064x}"


def policy(**changes: Any) -> dict[str, Any]:
    shipped = {
        "time_lock_delta": 80,
        "min_htlc": "1000",
        "fee_base_msat": "0",
        "fee_rate_milli_msat": "100",
        "disabled": False,
        "max_htlc_msat": "990000000",
        "last_update": NOW_S,
        "inbound_fee_base_msat": 0,
        "inbound_fee_rate_milli_msat": 0,
    }
    return shipped | changes


def edge(number: int, one: int, two: int, **changes: Any) -> dict[str, Any]:
    """Return a channel between nodes `one` and `two`; its id is `900000x{number}x0`."""
    shipped = {
        "channel_id": str(900_000 << 40 | number << 16),
        "chan_point": f"{number:064x}:0",
        "node1_pub": key(one),
        "node2_pub": key(two),
        "capacity": "1000000",
        "node1_policy": policy(),
        "node2_policy": policy(),
    }
    return shipped | changes


def node(number: int, **changes: Any) -> dict[str, Any]:
    shipped = {
        "pub_key": key(number),
        "alias": f"node {number}",
        "color": "#3399ff",
        "addresses": [{"network": "tcp", "addr": f"192.0.2.{number}:9735"}],
        "last_update": NOW_S,
    }
    return shipped | changes


def graph(edges: list[dict[str, Any]], nodes: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    return {"nodes": [node(n) for n in range(1, 5)] if nodes is None else nodes, "edges": edges}


def triangle() -> dict[str, Any]:
    """Return nodes 1, 2 and 3, each with a channel to the others, and node 4 with none."""
    return graph([edge(1, 1, 2), edge(2, 2, 3), edge(3, 1, 3)])


def write(folder: Path, content: Any, name: str = "graph.json") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return path


def direction(number: int, source: int, target: int, **changes: Any) -> dict[str, Any]:
    """Return one row of Core Lightning's listchannels."""
    shipped = {
        "source": key(source),
        "destination": key(target),
        "short_channel_id": f"900000x{number}x0",
        "public": True,
        "amount_msat": 1_000_000_000,
        "active": True,
        "last_update": NOW_S,
        "base_fee_millisatoshi": 1_000,
        "fee_per_millionth": 100,
        "delay": 34,
        "htlc_minimum_msat": 1_000,
        "htlc_maximum_msat": 990_000_000,
    }
    return shipped | changes
