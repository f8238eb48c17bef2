"""What programs may know of models, routing and its record; nothing of it has a model speak."""

from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from models_registry.models import Generation
from models_registry.services import defaults, keys
from tests.models_registry.rows import NOW, host, model
from tests.servers.fixtures import ollama
from tests.servers.ollama import OllamaServer

__all__ = ["ollama"]
pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.models_registry.urls")]


@pytest.fixture
def client() -> APIClient:
    asking = APIClient()
    asking.credentials(HTTP_AUTHORIZATION=f"Bearer {keys.create('test').text}")
    return asking


@pytest.mark.parametrize(("verb", "path"), [("get", "models"), ("post", "route"), ("get", "stats")])
def test_only_a_key_for_the_gateway_opens_these_doors(verb, path):
    stranger, other = APIClient(), APIClient()
    other.credentials(HTTP_AUTHORIZATION=f"Bearer {keys.create('other', scopes=['rag']).text}")

    assert getattr(stranger, verb)(f"/gateway/{path}").status_code == 401
    assert getattr(other, verb)(f"/gateway/{path}").status_code == 403


def test_each_model_of_each_host_is_listed_with_what_is_known_of_it(client):
    now = timezone.now()
    fast, other = host("fast", priority=1, checked_at=now), host("other", kind="openai", checked_at=now)
    known = {"observed_latency_ms": 500, "resident_until": now + timedelta(hours=1)}
    model(fast, "phi3:medium", specialties=["quick"], **known)
    model(other, "phi3:medium")
    model(host("off", is_enabled=False), "llama3:8b")

    listed = client.get("/gateway/models").json()["models"]

    assert [(one["host"], one["name"]) for one in listed] == [("fast", "phi3:medium"), ("other", "phi3:medium")]
    assert (listed[0]["specialties"], listed[0]["latency_ms"], listed[0]["is_resident"]) == (["quick"], 500, True)
    assert listed[1]["latency_ms"] is None
    assert listed[1]["is_resident"] is None


def test_a_fresh_install_finds_its_models_when_asked(client, ollama: OllamaServer):
    host(base_url=ollama.url, checked_at=None, is_healthy=None)

    listed = client.get("/gateway/models").json()["models"]

    assert {one["name"] for one in listed} == {"llama3:8b-instruct", "nomic-embed-text:latest"}
    assert ollama.generations == ()


def test_route_names_the_model_the_reason_and_the_losers_and_never_generates(client, ollama: OllamaServer):
    defaults.load(at=NOW)
    here = host("here", base_url=ollama.url, checked_at=None)
    model(here, "gone:7b", is_installed=False)

    body = client.post("/gateway/route", {"prompt": "Reply to this operator, please."}, format="json").json()

    assert body["selected_model"] == "llama3:8b-instruct"
    assert body["reason"]
    assert next(one for one in body["candidates"] if one["model"] == "gone:7b")["reason"]
    assert sorted(body["features"])
    assert ollama.generations == ()
    assert not Generation.objects.exists()


def test_a_route_to_a_named_model_is_told_or_unknown(client):
    model(host(checked_at=None, is_enabled=True), "phi3:medium")

    known = client.post("/gateway/route", {"prompt": "x", "model": "phi3:medium"}, format="json")
    unknown = client.post("/gateway/route", {"prompt": "x", "model": "nobody"}, format="json")

    assert known.status_code == 200
    assert unknown.status_code == 404


@pytest.mark.parametrize("body", [{}, {"prompt": ""}, {"prompt": "x", "deadline_s": -1}])
def test_a_route_without_a_question_is_refused(client, body):
    assert client.post("/gateway/route", body, format="json").status_code == 400


def test_the_stats_are_those_of_the_ledger(client):
    for fallback in ([], ["gone:7b"]):
        Generation.objects.create(
            purpose="gateway",
            query_type="quick",
            model="phi3:medium",
            outcome="completed",
            plan={"fell_back_from": fallback},
            cost_usd=0,
        )

    assert client.get("/gateway/stats").json()["total"] == 2
