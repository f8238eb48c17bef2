"""Programs see every breaker, its health and its history."""

import pytest
from rest_framework.test import APIClient

from models_registry.domain.errors import ProviderUnavailable
from models_registry.models import Breaker
from models_registry.services import breaker_calls, keys
from models_registry.services.breaker_calls import Passage
from models_registry.services.default_breakers import rows
from tests.models_registry.rows import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.models_registry.urls")]
HEALTH, METRICS = "/api/v1/circuit-breakers/health", "/api/v1/metrics/circuit-breakers"
NAMES = ["anthropic_api", "cache", "gpu/llama3:8b", "lnbits_api", "ollama_local", "postgres", "sparkseer_api"]


@pytest.fixture
def client() -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {keys.create('a').text}", HTTP_X_API_VERSION="2025-10-15")
    return client


@pytest.fixture(autouse=True)
def broken_gpu() -> None:
    for table, lookup, values in rows():
        table._default_manager.create(**lookup, **values)
    for _ in range(10):
        breaker_calls.went_wrong(
            Passage("gpu/llama3:8b", service="ollama_local"), ProviderUnavailable("reset"), latency_ms=4, at=NOW
        )


def test_the_health_lists_all_and_the_worst_speaks_for_them(client):
    body = client.get(HEALTH).json()

    found = {row["name"]: row["health"] for row in body["breakers"]}
    assert list(found) == NAMES
    assert found.pop("gpu/llama3:8b") == "unavailable"
    assert set(found.values()) == {"healthy"}
    assert body["health"] == "unavailable"


def test_the_metrics_list_all_with_counts_and_changes(client, django_assert_num_queries):
    body = client.get(METRICS).json()

    rows_by_name = {row["name"]: row for row in body["breakers"]}
    assert list(rows_by_name) == NAMES
    gpu = rows_by_name["gpu/llama3:8b"]
    assert (gpu["total_calls"], gpu["total_failures"], gpu["mean_ms"]) == (10, 10, 4.0)
    assert [(change["from_state"], change["to_state"]) for change in gpu["changes"]] == [("closed", "open")]
    assert rows_by_name["cache"]["failure_rate"] is None


def test_the_number_of_queries_does_not_grow(client, django_assert_num_queries):
    client.get(METRICS)  # notes the use of the key

    with django_assert_num_queries(5):  # the key, its tier, the count of requests, breakers, changes
        client.get(METRICS)


@pytest.mark.parametrize("path", [HEALTH, METRICS])
def test_without_a_key_nothing_is_said(path):
    assert APIClient().get(path, HTTP_X_API_VERSION="2025-10-15").status_code == 401


def test_a_forced_breaker_says_so(client):
    Breaker.objects.filter(name="cache").update(state="open", is_forced=True)

    found = {row["name"]: row for row in client.get(METRICS).json()["breakers"]}

    assert (found["cache"]["state"], found["cache"]["is_forced"]) == ("open", True)
