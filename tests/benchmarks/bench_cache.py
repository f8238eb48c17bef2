"""Does warming pay? Popular nodes are warmed by the command that ships, and then asked for as people do.

`python -m tests.benchmarks cache`: nodes are viewed by Zipf's law, the hundred most viewed are warmed, and requests
by the same law are counted: hits, and the time of a hit beside that of the same request answered anew. The echo host
speaks at once, so the time saved is our own work alone: with a model that thinks, hits save its seconds as well.
"""

import json
import random
import statistics
from collections import Counter
from functools import partial
from typing import Any

import httpx
from django.utils import timezone

from recommendations.models import Node
from recommendations.services.views_log import record_view
from tests.benchmarks.advice_servers import (
    furnished,
    largest_nodes,
    managed,
    served,
    snapshot_path,
    timed_ms,
)

NODES, WARMED, EXPONENT, SEED = 400, 100, 1.3, 11  # a steep law: few nodes are asked for again and again
VIEWS, ASKED, COMPARED = 3_000, 400, 25
TARGET_HIT_RATIO, TARGET_SAVED = 0.85, 0.70


def run() -> dict[str, object]:
    """Return the hit ratio of the replay and the share of time that a hit saves; `skipped` names what is absent."""
    if not snapshot_path().is_file():
        return {"name": "cache", "skipped": f"the real snapshot is not at {snapshot_path()}"}
    with furnished():
        chance = random.Random(SEED)
        nodes = largest_nodes(NODES)
        chance.shuffle(nodes)  # what is popular is not what is large
        _view(_drawn(nodes, VIEWS, chance))
        warming = json.loads(managed("warm_cache", "--mode", "once", "--nodes", str(WARMED), "--json").stdout)
        with served() as server:
            return {"name": "cache", "warming": warming, **_replayed(server.client, _drawn(nodes, ASKED, chance))}


def _drawn(nodes: list[str], count: int, chance: random.Random) -> list[str]:
    weights = [1 / rank**EXPONENT for rank in range(1, len(nodes) + 1)]
    return chance.choices(nodes, weights, k=count)


def _view(pubkeys: list[str]) -> None:
    ids = dict(Node.objects.filter(network__slug="mainnet").values_list("pubkey", "pk"))
    for pubkey, count in Counter(pubkeys).items():
        for _ in range(count):
            record_view(ids[pubkey], day=timezone.now().date())


def _replayed(client: httpx.Client, pubkeys: list[str]) -> dict[str, Any]:
    bodies = [client.get(_path(pubkey)).raise_for_status().json() for pubkey in pubkeys]
    hits = sum(body["metadata"]["cached"] for body in bodies)
    popular = [pubkey for pubkey, _ in Counter(pubkeys).most_common(COMPARED)]
    hit_ms = statistics.median(timed_ms(partial(client.get, _path(one))) for one in popular)
    anew_ms = statistics.median(timed_ms(partial(client.get, _path(one, "false"))) for one in popular)
    return {
        "requests": len(pubkeys),
        "hit_ratio": round(hits / len(pubkeys), 3),
        "target_hit_ratio": TARGET_HIT_RATIO,
        "hit_p50_ms": round(hit_ms, 1),
        "anew_p50_ms": round(anew_ms, 1),
        "time_saved": round(1 - hit_ms / anew_ms, 3),
        "target_time_saved": TARGET_SAVED,
    }


def _path(pubkey: str, use_cache: str = "true") -> str:
    return f"/api/v1/node/{pubkey}/recommendations/v2?network=mainnet&use_cache={use_cache}"
