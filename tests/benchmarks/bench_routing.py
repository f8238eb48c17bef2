"""What routing saves and what it costs: decisions per second, and cost and latency against always asking the best.

Cost and latency are COMPUTED from the catalog's declared prices and latencies for a fixed set of prompts; no model is
asked. `python -m tests.benchmarks routing` works in a database of its own and leaves nothing behind.
"""

import json
import os
import statistics
import time
from decimal import Decimal
from typing import Any

import django

PROMPT_TOKENS = 1000  # of facts and passages around each question
ROUNDS = 20
TARGETS = {"mean_cost_usd": 0.002, "mean_latency_ms": 1000}  # RT-08
FORMER = {"mean_cost_usd": 0.005, "mean_latency_ms": 2000}
DEEP = (
    "Forecast my routing revenue with a detailed, complete and critical analysis, as a table",
    "Prévision de revenus : analyse détaillée et complète, priorités, en tableau",
    "Detailed comparison and evaluation of my strategy, with a projection for next year as JSON",
    "Compare in depth two optimization strategies and predict their revenue",
)
TYPE_TARGETS_S = {  # ST-11, on the profile's hardware
    "quick": (0.5, 1.5),
    "detailed": (1.5, 4),
    "technical": (1, 2),
    "scoring": (0.3, 0.8),
    "strategic": (2, 5),
    "troubleshooting": (1, 2),
}


def run() -> dict[str, Any]:
    """Plan a fixed set of prompts in a fresh database with every model of the catalog installed."""
    with fresh_database():
        return measure()


def measure() -> dict[str, Any]:
    """Measure in the database at hand."""
    install_everything()
    prompts = [question for question, _ in (*HEARD, *HEARD_LATER)] + list(DEEP)
    planned = [_plan(prompt, tier="premium") for prompt in prompts]
    usual = [_plan(prompt, tier="standard") for prompt in prompts]
    taken = [_timed(prompt) for _ in range(ROUNDS) for prompt in prompts]
    best = next(row for row in planned[0]["candidates"] if row["model"] == PREMIUM)
    return {
        "name": "routing",
        "note": "cost and latency computed from declared prices and latencies; no model was asked",
        "prompts": len(prompts),
        "routed_standard_tier": _means([_chosen(decision) for decision in usual]),
        "routed_premium_tier": _means([_chosen(decision) for decision in planned]),
        "always_premium": _means([best] * len(planned)),
        "chosen_premium_tier": _counted(planned),
        "targets": TARGETS,
        "before": FORMER,
        "plan_ms": {
            "n": len(taken),
            "p50": round(statistics.median(taken), 3),
            "p95": round(statistics.quantiles(taken, n=20)[-1], 3),
        },
        "plans_per_second": round(1000 / statistics.mean(taken)),
        "decisions_per_second_without_database": _pure_rate(planned),
        "latency_by_type": {kind: _told(kind) for kind in TYPE_TARGETS_S},
    }


def install_everything() -> None:
    """Pretend that a healthy host holds every model of the catalog, and let chat use all of them."""
    now = timezone.now()
    defaults.load(at=now)
    Route.objects.filter(purpose="chat").update(kinds=["ollama", "anthropic"])
    for slug, kind in (("ollama", "ollama"), ("anthropic", "anthropic")):
        Provider.objects.filter(slug=slug).update(is_enabled=True, is_healthy=True, memory_gb=64.0)
        host = Provider.objects.get(slug=slug)
        for entry in CatalogEntry.objects.filter(kind=kind, declared_latency_ms__isnull=False):
            LanguageModel.objects.create(
                provider=host, tag=entry.name, capabilities=["completion"], is_installed=True, seen_at=now
            )


def _plan(prompt: str, *, tier: str) -> dict[str, Any]:
    padded = f"{prompt} {'.' * int(PROMPT_TOKENS * CHARS_PER_TOKEN)}"
    return dict(plan_chat("auto", heard=hear(padded), unit="bench", user_tier=tier).decision)


def _timed(prompt: str) -> float:
    started = time.perf_counter()
    plan_chat("auto", heard=hear(prompt), unit="bench", user_tier="premium")
    return (time.perf_counter() - started) * 1000


def _chosen(decision: dict[str, Any]) -> dict[str, Any]:
    return next(row for row in decision["candidates"] if row["is_chosen"])


def _means(rows: list[dict[str, Any]]) -> dict[str, float]:
    return {
        "mean_cost_usd": round(float(sum(Decimal(row["cost_usd"]) for row in rows) / len(rows)), 5),
        "mean_latency_ms": round(statistics.mean(row["latency_ms"] for row in rows)),
        "mean_quality_of_10": round(statistics.mean(row["quality"] for row in rows), 2),
    }


def _counted(planned: list[dict[str, Any]]) -> dict[str, int]:
    models = [_chosen(decision)["model"] for decision in planned]
    return {model: models.count(model) for model in sorted(set(models))}


def _pure_rate(planned: list[dict[str, Any]]) -> int:
    """Return how many stored decisions are decided again in a second."""
    stored = json.loads(json.dumps(planned))
    policy, started = Policy(), time.perf_counter()
    for decision in stored:
        replay(decision, policy=policy)
    return round(len(stored) / (time.perf_counter() - started))


def _told(kind: str) -> str:
    low, high = TYPE_TARGETS_S[kind]
    return f"target {low:g}-{high:g} s, p95 not measured (needs a real model on the profile's hardware)"


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()

from django.utils import timezone  # noqa: E402 - the tables are known only after the setup above

from models_registry.domain.chat import CHARS_PER_TOKEN  # noqa: E402
from models_registry.domain.decisions import replay  # noqa: E402
from models_registry.domain.hearing import hear  # noqa: E402
from models_registry.domain.options import Policy  # noqa: E402
from models_registry.models import CatalogEntry, LanguageModel, Provider, Route  # noqa: E402
from models_registry.services import defaults  # noqa: E402
from models_registry.services.plan import plan_chat  # noqa: E402
from tests.benchmarks.bench_retrieval import fresh_database  # noqa: E402
from tests.models_registry.domain.test_query_types_heard import HEARD, HEARD_LATER  # noqa: E402

PREMIUM = "claude-3-opus-20240229"

if __name__ == "__main__":
    print(json.dumps(run()))
