"""A route changes in one step and goes back in one step; every cache key follows (WF-10)."""

import pytest

from models_registry.domain.query_types import QueryType
from models_registry.models import Route
from models_registry.services import routes
from models_registry.services.plan import plan_generation
from tests.models_registry.rows import host, model, strategy

pytestmark = pytest.mark.django_db


@pytest.fixture
def route():
    return Route.objects.create(purpose="chat", kinds=["ollama"], model="mistral")


def stored(route):
    route.refresh_from_db()
    return route.kinds, route.model, route.epoch


def test_a_change_is_remembered_and_rolled_back_in_one_step(route):
    assert routes.change(route.pk, kinds=["openai"], model="gpt")
    assert stored(route) == (["openai"], "gpt", 1)

    assert routes.roll_back(route.pk)

    assert stored(route) == (["ollama"], "mistral", 2)


def test_rolling_back_twice_returns_to_where_one_began(route):
    routes.change(route.pk, kinds=["openai"], model="")

    routes.roll_back(route.pk)
    routes.roll_back(route.pk)

    assert stored(route) == (["openai"], "", 3)


def test_what_never_changed_cannot_go_back(route):
    assert not routes.roll_back(route.pk)
    assert not routes.change(route.pk, kinds=["ollama"], model="mistral")

    assert stored(route) == (["ollama"], "mistral", 0)


def test_the_epoch_of_a_purpose_is_known_also_without_a_route(route, django_assert_num_queries):
    routes.change(route.pk, kinds=[], model="")

    with django_assert_num_queries(1):
        assert routes.epoch("chat") == 1
    assert routes.epoch("nowhere") == 0


def test_a_change_and_its_rollback_act_on_the_next_plan(route):
    Route.objects.create(purpose="answer", kinds=["ollama"])
    ollama = host()
    model(ollama, "mistral:7b")
    model(ollama, "phi3:medium")
    strategy("detailed", "mistral", "phi3")

    def first() -> str:
        return plan_generation(QueryType.DETAILED, purpose="answer", unit="u").candidates[0].model

    answer = Route.objects.get(purpose="answer")
    assert first() == "mistral:7b"
    routes.change(answer.pk, kinds=["ollama"], model="phi3:medium")
    assert first() == "phi3:medium"
    routes.roll_back(answer.pk)
    assert first() == "mistral:7b"
