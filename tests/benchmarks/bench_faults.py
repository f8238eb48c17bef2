"""How many API calls are answered while one in twenty requests to the model host fails (CB-06).

`python -m tests.benchmarks.bench_faults` works in a database of its own and leaves nothing behind. Questions to the
library and advice for the demo node go through the API; the wire-faithful host crashes, resets, stalls and cuts answers
short by a seeded script. An answer that says it is degraded counts; an error or a missing answer does not.
"""

import json
import os
import random
import statistics
import time
from collections import Counter
from typing import Any

import django

CALLS, SEED = 400, 11
FAULT_SHARE = 0.05
TARGET_SHARE = 0.995
MODELS = ("llama3:8b-instruct", "qwen2.5:14b-instruct")
QUESTIONS = (
    "What is the default base fee?",
    "When is a circular rebalance worth its cost?",
    "How do I recover my channels when the disk died?",
    "Comment fonctionnent les frais de routage ?",
)
PATIENCE = {"first_token_timeout_s": 1.0, "idle_timeout_s": 0.5, "total_timeout_s": 20.0, "retry_wait_s": 0.05}
NO_LIMIT: dict[str, Any] = {"requests_per_minute": 1_000_000, "requests_per_hour": 1_000_000}


def run() -> dict[str, object]:
    """Return the share of calls that were answered, degraded ones apart, and what happened at the host."""
    faults = random.Random(SEED)
    with fresh_database(), OllamaServer(models=MODELS, num_parallel=4) as server:
        client, paths = _stage(server.url)
        ordered: Counter[str] = Counter()
        told = []
        for number in range(CALLS):
            if faults.random() < FAULT_SHARE:
                scenario = faults.choice(FAULTS)
                server.enqueue(Fault(scenario, after=faults.randint(1, 5)))
                ordered[scenario.value] += 1
            told.append(_call(client, paths, number))
        return _summary(told, ordered, struck=sum(ordered.values()) - server.pending_faults)


def _stage(url: str) -> tuple[Any, str]:
    """Return a client with a key, and the demo node's address, once every row is there."""
    now = timezone.now()
    for floor in (model_defaults, rag_defaults, recommendation_defaults):
        floor.load(at=now)
    load_library(at=now)
    Provider.objects.filter(slug="ollama").update(base_url=url, slots=4, **PATIENCE)
    Provider.objects.exclude(slug="ollama").update(is_enabled=False)
    check_all(at=now)
    user = get_user_model().objects.create_user("operator")
    client = APIClient(raise_request_exception=False)
    bearer = f"Bearer {keys.create('bench', user=user, **NO_LIMIT).text}"
    client.credentials(HTTP_AUTHORIZATION=bearer, HTTP_X_API_VERSION=settings.API_VERSION)
    return client, f"/api/v1/node/{load_demo(at=now).pubkey}/recommendations/v2"


def _call(client: Any, advice: str, number: int) -> tuple[str, float]:
    """Return how one call ended, and after how many seconds."""
    started = time.perf_counter()
    if number % 4 == 0:
        answer = client.get(advice, {"use_cache": "false"})
    else:
        question = f"{QUESTIONS[number % len(QUESTIONS)]} ({number})"
        answer = client.post("/api/v1/rag/query", {"query": question, "use_cache": False}, format="json")
    return _ending(answer), time.perf_counter() - started


def _ending(answer: Any) -> str:
    if answer.status_code != 200:
        return f"HTTP {answer.status_code}"
    body = answer.json()
    has_content = any(body.get(field) for field in ("answer", "summary", "analysis", "recommendations"))
    if not has_content:
        return "empty"
    return "degraded" if body.get("degraded") else "whole"


def _summary(told: list[tuple[str, float]], ordered: Counter[str], *, struck: int) -> dict[str, object]:
    endings = Counter(ending for ending, _ in told)
    seconds = [took for _, took in told]
    answered = endings["whole"] + endings["degraded"]
    return {
        "name": "faults",
        "n": len(told),
        "faults": {"struck": struck, **ordered},
        "answered_share": round(answered / len(told), 4),
        "target_share": TARGET_SHARE,
        "endings": dict(endings),
        "p50_s": round(statistics.median(seconds), 3),
        "slowest_s": round(max(seconds), 2),
        "breakers": {row.name: row.state for row in Breaker.objects.filter(name__contains="/")},
    }


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    os.environ.setdefault("LNRAG_DB_POOL", "1")  # as the web server runs
    django.setup()

from django.conf import settings  # noqa: E402 - the tables are known only after the setup above
from django.contrib.auth import get_user_model  # noqa: E402
from django.utils import timezone  # noqa: E402
from rest_framework.test import APIClient  # noqa: E402

from models_registry.models import Breaker, Provider  # noqa: E402
from models_registry.services import defaults as model_defaults  # noqa: E402
from models_registry.services import keys  # noqa: E402
from models_registry.services.health import check_all  # noqa: E402
from rag.services import defaults as rag_defaults  # noqa: E402
from rag.services.ingest import load_library  # noqa: E402
from recommendations.services import defaults as recommendation_defaults  # noqa: E402
from recommendations.services.demo import load_demo  # noqa: E402
from tests.benchmarks.bench_retrieval import fresh_database  # noqa: E402
from tests.servers.ollama import Fault, OllamaServer, Scenario  # noqa: E402

FAULTS = (
    Scenario.ERROR_500,
    Scenario.ERROR_502,
    Scenario.ERROR_503,
    Scenario.RESET_BEFORE_HEADERS,
    Scenario.RESET_AFTER_HEADERS,
    Scenario.RESET_MID_STREAM,
    Scenario.STALL_BEFORE_HEADERS,
    Scenario.STALL_MID_STREAM,
    Scenario.EOF_WITHOUT_DONE,
    Scenario.ERROR_LINE,
    Scenario.EMPTY_ANSWER,
)

if __name__ == "__main__":
    print(json.dumps(run(), indent=2))
