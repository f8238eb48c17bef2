"""The whole ledger in a few numbers: by hand and by the statement they must be equal (ST-08, RT-06)."""

from decimal import Decimal

import pytest

from models_registry import queries
from models_registry.models import Generation

pytestmark = pytest.mark.django_db


def call(**more):
    values = {
        "purpose": "gateway",
        "query_type": "quick",
        "model": "phi3:medium",
        "selected_model": "phi3:medium",
        "model_tier": "local",
        "outcome": "completed",
        "latency_ms": 1000,
        "prompt_tokens": 10,
        "generated_tokens": 20,
        "cost_usd": Decimal(0),
        "complexity": 0.2,
    }
    Generation.objects.create(**{**values, **more})


def test_the_sums_are_those_of_the_ledger(django_assert_num_queries):
    call()
    call(model="haiku", model_tier="balanced", cost_usd=Decimal("0.004"), complexity=0.6, latency_ms=3000)
    call(cost_usd=None, prompt_tokens=None, generated_tokens=None, outcome="failed", complexity=None)

    with django_assert_num_queries(4):
        stats = queries.generation_stats()

    assert (stats.total, stats.completed, stats.fallbacks, stats.unpriced) == (3, 2, 1, 1)
    assert (stats.cost_usd, stats.mean_cost_usd) == (Decimal("0.004"), Decimal("0.002"))
    assert stats.mean_complexity == pytest.approx(0.4)
    assert (stats.prompt_tokens, stats.generated_tokens) == (20, 40)
    tiers = {one.name: one for one in stats.by_tier}
    assert (tiers["local"].count, tiers["local"].prompt_tokens, tiers["local"].cost_usd) == (2, 10, Decimal(0))
    assert (tiers["balanced"].mean_latency_ms, tiers["balanced"].generated_tokens) == (3000, 20)


def test_the_gateways_numbers_are_plain_json():
    call(cost_usd=Decimal("0.004"))

    told = queries.routing_stats()

    assert (told["total"], told["cost_usd"], told["fallbacks"]) == (1, 0.004, 0)
    assert told["by_tier"][0]["name"] == "local"
    assert told["by_model"][0]["cost_usd"] == 0.004


def test_an_empty_ledger_knows_no_means():
    stats = queries.generation_stats()

    assert (stats.total, stats.cost_usd, stats.mean_cost_usd, stats.mean_complexity) == (0, None, None, None)
