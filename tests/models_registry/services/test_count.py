"""What one turn moves: time by length of the answer, work of the host, dollars by tier."""

from decimal import Decimal

import pytest
from prometheus_client import REGISTRY

from models_registry.domain.chat import Candidate, Endpoint, GenerationRecord, ModelTier, Outcome, Price
from models_registry.services import count

HAIKU = Candidate(
    Endpoint("claude", "anthropic", "https://api.anthropic.com"),
    "claude-3-haiku-20240307",
    tier=ModelTier.BALANCED,
    price=Price(Decimal("0.25"), Decimal("1.25")),
)
PHI = Candidate(Endpoint("ollama", "ollama", "http://localhost:1"), "phi3:medium")


def record(candidate, *, tokens=400, **more):
    values = {"prompt_tokens": 1000, "generated_tokens": tokens, "latency_ms": 9000, "first_token_ms": 100}
    return GenerationRecord(Outcome.COMPLETED, candidate.model, candidate.endpoint.slug, "", **{**values, **more})


def moved(name, labels, candidate, **more):
    before = REGISTRY.get_sample_value(name, labels) or 0
    count.turn("advice", candidate, record(candidate, **more), failures=())
    return (REGISTRY.get_sample_value(name, labels) or 0) - before


def test_dollars_are_counted_by_tier():
    assert moved("lnrag_generation_cost_usd_total", {"tier": "balanced"}, HAIKU) == pytest.approx(0.00075)
    assert moved("lnrag_generation_cost_usd_total", {"tier": "local"}, PHI) == 0
    assert moved("lnrag_generation_cost_usd_total", {"tier": "balanced"}, HAIKU, prompt_tokens=None) == 0


@pytest.mark.parametrize(
    ("tokens", "label"),
    [(None, "unknown"), (1, "1-100"), (100, "1-100"), (101, "101-500"), (501, "501-1000"), (9999, "1001+")],
)
def test_time_is_told_by_the_length_of_the_answer(tokens, label):
    labels = {"model": "phi3-medium", "token_count_bucket": label}

    assert moved("rag_generation_duration_seconds_sum", labels, PHI, tokens=tokens) == pytest.approx(9.0)


def test_queue_and_load_are_no_work_of_the_host():
    labels = {"model": "phi3-medium"}

    assert moved("rag_ollama_generate_latency_ms_sum", labels, PHI, queue_ms=2000, load_ms=6000) == 1000
    assert moved("rag_ollama_stream_latency_ms_sum", labels, PHI) == 9000
