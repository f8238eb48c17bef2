"""Rows in, a frozen plan out; never a network call."""

import json
import socket

import msgspec
import pytest

from models_registry.domain.chat import Knobs
from models_registry.domain.query_types import QueryType
from models_registry.domain.variants import Changes
from models_registry.models import RoutingPolicy, Strategy
from models_registry.services.plan import candidate_of, plan_generation
from tests.models_registry.rows import host, model, strategy

pytestmark = pytest.mark.django_db


def plan(query_type=QueryType.DETAILED, **more):
    return plan_generation(query_type, purpose="advice", unit="node-1", **more)


def tags(found):
    return [candidate.model for candidate in found.candidates]


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    def refuse(self, address):
        if self.family in (socket.AF_INET, socket.AF_INET6):
            raise AssertionError("planning opened a connection")
        return real(self, address)

    real = socket.socket.connect
    monkeypatch.setattr(socket.socket, "connect", refuse)


def test_the_strategys_order_decides_and_other_models_follow():
    ollama = host()
    for tag, size in (("llama3:8b-instruct", 5), ("phi3:medium", 8), ("zephyr:7b", 4), ("yi:34b", 20)):
        model(ollama, tag, size_bytes=size)
    strategy("detailed", "qwen2.5:14b-instruct", "phi3:medium", "llama3")

    found = plan()

    assert tags(found) == ["phi3:medium", "llama3:8b-instruct", "yi:34b", "zephyr:7b"]
    assert "qwen2.5:14b-instruct: not installed" in found.reasons
    assert found.can_generate


def test_the_knobs_are_the_strategys():
    model(host(), "phi3:medium")
    strategy("quick", "phi3", temperature=0.2, top_p=0.85, top_k=30, repeat_penalty=1.15, num_ctx=8192, max_tokens=800)

    found = plan(QueryType.QUICK)

    assert found.knobs == Knobs(0.2, 0.85, 30, 1.15, 8192, 800)
    assert (found.strategy, found.query_type, found.purpose) == ("quick", "quick", "advice")


def test_a_model_is_always_asked_with_its_largest_window():
    ollama = host()
    model(ollama, "phi3:medium")
    model(ollama, "tiny:1b", context_length=2048)
    strategy("quick", "phi3:medium", num_ctx=8192)
    strategy("detailed", "phi3:medium", num_ctx=16384)
    strategy("scoring", "phi3:medium", num_ctx=4096)

    windows = [{c.model: c.num_ctx for c in plan(kind).candidates} for kind in (QueryType.QUICK, QueryType.SCORING)]

    assert windows == [{"phi3:medium": 16384, "tiny:1b": 2048}] * 2


@pytest.mark.parametrize(
    ("on_host", "on_model", "reason"),
    [
        ({"is_enabled": False}, {}, "its host is switched off"),
        ({"is_healthy": False, "health_note": "refused"}, {}, "its host does not answer (refused)"),
        ({}, {"is_installed": False}, "not installed"),
        ({}, {"is_enabled": False}, "switched off"),
    ],
)
def test_what_cannot_be_asked_is_no_candidate_and_says_why(on_host, on_model, reason):
    model(host(**on_host), "phi3:medium", **on_model)

    found = plan()

    assert found.candidates == ()
    assert found.reasons == (f"phi3:medium on ollama: {reason}",)
    assert not found.can_generate


def test_a_host_nobody_looked_at_yet_may_be_asked():
    model(host(is_healthy=None), "phi3:medium")

    assert tags(plan()) == ["phi3:medium"]


def test_embedding_models_are_no_candidates():
    ollama = host()
    model(ollama, "nomic-embed-text:latest", capabilities=["embedding"])
    model(ollama, "mxbai-embed-large:latest", capabilities=[])

    assert plan().candidates == ()
    assert plan().reasons == ()


def test_without_any_row_nothing_can_generate():
    found = plan()

    assert (found.candidates, found.strategy, found.knobs) == ((), "default", Knobs())


def test_a_missing_or_disabled_strategy_is_stood_in_for_by_the_detailed_one():
    strategy("detailed", max_tokens=77)
    strategy("quick", max_tokens=5, is_enabled=False)

    assert plan(QueryType.QUICK).knobs.max_tokens == 77
    assert plan(QueryType.QUICK).query_type == "quick"


def test_a_forced_model_is_the_only_candidate_for_this_call_alone():
    ollama = host()
    model(ollama, "phi3:medium")
    model(ollama, "mistral:latest")
    strategy("detailed", "phi3:medium")

    assert tags(plan(force_model="Mistral")) == ["mistral:latest"]
    assert tags(plan(force_model="absent:1b")) == []
    assert "absent:1b: not installed" in plan(force_model="absent:1b").reasons
    assert tags(plan()) == ["phi3:medium", "mistral:latest"]


def test_the_preferred_host_comes_first():
    model(host("slow", priority=20), "phi3:medium")
    model(host("fast", priority=5), "phi3:medium")
    strategy("detailed", "phi3:medium")

    assert [c.endpoint.slug for c in plan().candidates] == ["fast", "slow"]


def test_a_candidate_carries_digest_and_capabilities():
    model(host(), "qwen3:8b", digest="abc", capabilities=["completion", "thinking"])

    (candidate,) = plan().candidates

    assert (candidate.digest, candidate.capabilities) == ("abc", ("completion", "thinking"))


def test_what_a_variant_changes_takes_the_place_of_the_rows():
    ollama = host()
    for tag in ("phi3:medium", "mistral:7b", "qwen3:8b"):
        model(ollama, tag)
    strategy("detailed", "phi3:medium", temperature=0.3)

    tuned = plan(changes=Changes(knobs={"temperature": 0.9}, models=("mistral",)))
    named = plan(changes=Changes(model="qwen3:8b"))

    assert (tuned.knobs.temperature, tuned.candidates[0].model) == (0.9, "mistral:7b")
    assert (named.knobs.temperature, named.candidates[0].model) == (0.3, "qwen3:8b")


def test_later_edits_leave_a_plan_as_it_is():
    model(host(), "phi3:medium")
    strategy("detailed", "phi3:medium", temperature=0.3)
    found = plan()

    Strategy.objects.update(temperature=1.5)

    assert found.knobs.temperature == 0.3
    assert plan().knobs.temperature == 1.5
    json.dumps(msgspec.to_builtins(found))


def test_the_number_of_queries_does_not_grow(django_assert_num_queries):
    for number in range(5):
        provider = host(f"host-{number}")
        for tag in ("a:1", "b:1", "c:1"):
            model(provider, tag)

    with django_assert_num_queries(11):
        plan()
    with django_assert_num_queries(1):
        plan()


def test_one_model_can_be_planned_by_itself():
    row = model(host(is_healthy=False), "phi3:medium", is_enabled=False)
    strategy("detailed", "phi3", num_ctx=16384)

    assert candidate_of(row).num_ctx == 16384


@pytest.mark.parametrize(("is_detecting", "expected"), [(True, "strategic"), (False, "detailed")])
def test_a_question_that_names_no_kind_is_listened_to_where_the_policy_does(is_detecting, expected):
    RoutingPolicy.objects.create(slug="p", is_active=True, is_detecting=is_detecting, is_streaming=False)

    found = plan(None, prompt="Compare strategies for growth and long-term planning of my channels")

    assert found.query_type == expected
    assert found.is_streaming is False
    assert plan(QueryType.QUICK).query_type == "quick"
