"""How long one node's advice by rules takes in process, facts to stored row, and how many queries it needs.

`python -m tests.benchmarks.bench_recommendations` works in a database of its own and leaves nothing behind. The demo
node has private data and every rule to run; where the real snapshots are, a seeded sample of real nodes is asked once.
"""

import json
import os
import random
import statistics
import time
from pathlib import Path
from typing import Any

import django
from django.conf import settings

SNAPSHOT = Path("shared") / "data" / "network" / "describegraph-2025-10-19.json.xz"
DEMO_ROUNDS = 100
SAMPLE, SEED = 200, 7
WARM_UP = 5
TARGET_P95_MS = 60.0


def run() -> dict[str, object]:
    """Return p50 and p95 in milliseconds and query counts, of the demo node and of real ones where they are known."""
    now = timezone.now()
    with fresh_database():
        for floor in (model_defaults, rag_defaults, defaults):
            floor.load(at=now)
        load_library(at=now)
        told = {"name": "recommendations", "target_p95_ms": TARGET_P95_MS, "demo": _demo(now)}
        packed = Path(settings.BASE_DIR).parent / SNAPSHOT
        if not packed.is_file():
            return told | {"real": {"skipped": f"the real snapshot is not at {packed}"}}
        import_graph(packed, at=now)
        return told | {"real": _real(now)}


def _demo(now: Any) -> dict[str, object]:
    """Ask for the demo node again and again, as its operator."""
    pubkey = load_demo(at=now).pubkey
    user = get_user_model().objects.create_user("operator")
    return _measured([pubkey] * DEMO_ROUNDS, user=user, network="demo", now=now)


def _real(now: Any) -> dict[str, object]:
    """Ask for each node of the sample once; the largest node of all is told apart."""
    live = NodeMetrics.objects.filter(node__network__slug="mainnet", live_channel_count__gt=0)
    by_size = list(live.order_by("live_channel_count", "node__pubkey").values_list("node__pubkey", flat=True))
    sample = random.Random(SEED).sample(by_size, SAMPLE)
    smallest, largest = by_size[0], by_size[-1]
    return {
        **_measured(sample, user=None, network="mainnet", now=now),
        "smallest_node_queries": _queries(smallest, user=None, network="mainnet", now=now),
        "largest_node_queries": _queries(largest, user=None, network="mainnet", now=now),
        "largest_node_channels": live.get(node__pubkey=largest).channel_count,
        "largest_node_p50_ms": _measured([largest] * 5, user=None, network="mainnet", now=now)["p50_ms"],
    }


def _measured(pubkeys: list[str], *, user: Any, network: str, now: Any) -> dict[str, object]:
    for pubkey in pubkeys[:WARM_UP]:
        _advise(pubkey, user=user, network=network, now=now)
    taken = [_advise(pubkey, user=user, network=network, now=now) for pubkey in pubkeys]
    return {
        "n": len(taken),
        "queries": _queries(pubkeys[0], user=user, network=network, now=now),
        "p50_ms": round(statistics.median(taken), 1),
        "p95_ms": round(statistics.quantiles(taken, n=20)[-1], 1) if len(taken) > 1 else round(taken[0], 1),
        "slowest_ms": round(max(taken), 1),
    }


def _advise(pubkey: str, *, user: Any, network: str, now: Any) -> float:
    """Return how long the whole turn took, in milliseconds."""
    request = AdviceRequest(pubkey=pubkey, unit="bench", user=user, engine=Engine.RULES, network=network)
    started = time.perf_counter()
    async_to_sync(advise_now)(request, at=now)
    return (time.perf_counter() - started) * 1000


def _queries(pubkey: str, *, user: Any, network: str, now: Any) -> int:
    """Return how many statements the preparation of a turn needs."""
    request = AdviceRequest(pubkey=pubkey, unit="bench", user=user, engine=Engine.RULES, network=network)
    with CaptureQueriesContext(connection) as captured:
        prepare(request, at=now)
    return len(captured)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    os.environ.setdefault("LNRAG_DB_POOL", "1")  # as the web server runs
    django.setup()

from asgiref.sync import async_to_sync  # noqa: E402 - the tables are known only after the setup above
from django.contrib.auth import get_user_model  # noqa: E402
from django.db import connection  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.utils import timezone  # noqa: E402

from models_registry.services import defaults as model_defaults  # noqa: E402
from rag.services import defaults as rag_defaults  # noqa: E402
from rag.services.ingest import load_library  # noqa: E402
from recommendations.domain.advice import Engine  # noqa: E402
from recommendations.models import NodeMetrics  # noqa: E402
from recommendations.services import defaults  # noqa: E402
from recommendations.services.collect import advise_now  # noqa: E402
from recommendations.services.demo import load_demo  # noqa: E402
from recommendations.services.import_graph import import_graph  # noqa: E402
from recommendations.services.prepare import AdviceRequest, prepare  # noqa: E402
from tests.benchmarks.bench_retrieval import fresh_database  # noqa: E402

if __name__ == "__main__":
    print(json.dumps(run(), indent=2))
