"""What an answer depends on is in its key, and what the administrator set is in force from the next question on."""

from datetime import UTC, datetime
from typing import Any

import pytest

from models_registry.domain.query_types import QueryType
from models_registry.models import Route, RoutingPolicy
from models_registry.services import routes
from rag.domain.policy import Policy
from rag.models import LibraryPolicy, Source
from rag.queries.policy import library_epoch, library_policy, library_state
from rag.services import word_counts
from rag.services.prepare import Ask, find_passages, set_scene

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)


def key() -> str:
    return set_scene(Ask("What is a routing fee?", unit="u", user=None, at=NOW)).scope.key


def test_a_change_of_the_route_and_its_rollback_each_make_another_key():
    route = Route.objects.create(purpose="answer", kinds=["ollama"])
    other = Route.objects.create(purpose="chat", kinds=["ollama"])
    first = key()
    assert key() == first

    routes.change(route.pk, kinds=["ollama", "openai"], model="")
    second = key()
    routes.roll_back(route.pk)
    third = key()

    assert len({first, second, third}) == 3
    routes.change(other.pk, kinds=[], model="")
    assert key() == third


def scene(question: str = "What is a routing fee?", **more: Any):
    return set_scene(Ask(question, unit="u", user=None, at=NOW, **more))


def test_how_many_passages_is_the_policys_unless_the_asker_says(library: Source) -> None:
    LibraryPolicy.objects.update(top_k=2)

    assert len(find_passages(scene()).passages) == 2
    assert len(find_passages(scene(k=3)).passages) == 3
    assert scene().scope.k == 2


def test_the_space_and_the_glossary_are_read_once(
    library: Source, django_assert_num_queries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(word_counts, "_memory", word_counts.WordMemory())  # as in a process that has just begun
    prepared = scene(use_cache=False)

    with django_assert_num_queries(5):  # glossary, words, each leg, passages; the space came with the scene
        assert find_passages(prepared).passages


def test_a_higher_threshold_refuses_more_and_makes_another_key(library: Source) -> None:
    before = scene()
    assert find_passages(before).is_answerable

    LibraryPolicy.objects.update(confidence_threshold=0.99)

    after = scene()
    assert find_passages(after).is_answerable is False
    assert after.scope.key != before.scope.key


def test_the_policy_costs_no_statement_of_its_own(library: Source, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        found = library_state()

    assert found == (library_policy(), library_epoch())
    LibraryPolicy.objects.all().delete()
    assert library_state() == (Policy(), library_epoch())


def test_kinds_of_questions_are_told_apart_unless_that_is_switched_off(library: Source) -> None:
    question = "Compare strategies for growth and long-term planning of my channels"
    assert scene(question).query_type is QueryType.STRATEGIC

    RoutingPolicy.objects.filter(is_active=True).update(is_detecting=False)

    assert scene(question).query_type is QueryType.DETAILED
    assert scene(question, query_type=QueryType.QUICK).query_type is QueryType.QUICK


def test_a_model_is_chosen_by_the_question_and_for_the_tier_that_asks() -> None:
    asked = scene("Compare the strategy of both nodes and forecast their fees", user_tier="premium")

    plan = asked.plan
    assert plan.user_tier == "premium"
    assert plan.decision["features"]["complexity"] == pytest.approx(0.5)
