"""What an answer depends on is in its key: a route that went back and forth never meets an answer from between."""

from datetime import UTC, datetime

import pytest

from models_registry.models import Route
from models_registry.services import routes
from rag.services.prepare import Ask, set_scene

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
