"""Doors for programs: keys open them, nothing else does."""

from types import SimpleNamespace

import pytest
from django.contrib.auth.models import AnonymousUser, User
from drf_spectacular.generators import SchemaGenerator
from rest_framework.test import APIClient

from models_registry.api.authentication import KeyPrincipal, tier_of, unit_of
from models_registry.domain.query_types import QueryType
from models_registry.models import Generation
from models_registry.services import defaults, keys
from tests.models_registry.rows import NOW, host, model

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.models_registry.urls")]
VERSION = {"HTTP_X_API_VERSION": "2025-10-15"}
STATS = "/api/v1/ollama/stats"


@pytest.fixture
def client():
    return APIClient()


@pytest.fixture
def key():
    return keys.create("test")


def bearer(text):
    return {"HTTP_AUTHORIZATION": f"Bearer {text}", **VERSION}


@pytest.mark.parametrize("header", [{}, {"HTTP_AUTHORIZATION": "Bearer wrong"}, {"HTTP_AUTHORIZATION": "Basic eDp5"}])
def test_without_a_right_key_the_answer_is_401_and_names_the_scheme(client, header):
    response = client.get(STATS, **VERSION, **header)

    assert response.status_code == 401
    assert response["WWW-Authenticate"].startswith("Bearer")


def test_a_browsers_session_does_not_open_the_api(client):
    client.force_login(User.objects.create(username="alice", is_superuser=True))

    assert client.get(STATS, **VERSION).status_code == 401


def test_the_stats_equal_the_ledger(client, key):
    defaults.load(at=NOW)
    model(host("other"), "phi3:medium")
    for quality, tokens in ((0.8, 10), (None, 5), (0.6, None)):
        Generation.objects.create(
            purpose="advice",
            query_type="quick",
            model="phi3:medium",
            outcome="completed",
            quality_score=quality,
            generated_tokens=tokens,
            prompt_tokens=100,
        )
    Generation.objects.create(purpose="advice", query_type="detailed", outcome="failed")

    body = client.get(STATS, **bearer(key.text)).json()

    stats = body["optimizer_stats"]
    assert (stats["total"], stats["completed"], stats["generated_tokens"]) == (4, 3, 15)
    assert stats["prompt_tokens"] == 300
    assert stats["mean_quality"] == pytest.approx(0.7)
    assert [(group["name"], group["count"]) for group in stats["by_type"]] == [("detailed", 1), ("quick", 3)]
    assert stats["by_type"][0]["mean_quality"] is None
    assert [group["name"] for group in stats["by_model"]] == ["phi3:medium"]
    assert body["strategies_available"] == len(QueryType)
    models = {row["name"]: row for row in body["models_configured"]}
    assert models["phi3:medium"]["is_installed"]
    assert not models["qwen2.5:14b-instruct"]["is_installed"]
    assert set(models["phi3:medium"]["strategies"]) == {"quick", "scoring"}
    assert body["timestamp"]


def test_empty_stats_are_unknown_not_zero(client, key):
    stats = client.get(STATS, **bearer(key.text)).json()["optimizer_stats"]

    assert (stats["total"], stats["mean_quality"], stats["by_type"]) == (0, None, [])


def test_a_key_acts_for_its_user_or_for_itself(client):
    alice = User.objects.create(username="alice")
    hers, nobodys = keys.create("a", user=alice), keys.create("b")

    assert client.get(STATS, **bearer(hers.text)).status_code == 200
    principal = KeyPrincipal(nobodys.row)
    assert principal.is_authenticated
    assert not principal.is_anonymous
    assert not principal.is_staff
    assert str(principal).startswith("API key ")


def test_a_key_brings_its_tier_and_people_have_that_of_their_row():
    key = keys.create("a", tier="premium").row

    assert tier_of(SimpleNamespace(user=KeyPrincipal(key), auth=key)) == "premium"
    assert tier_of(SimpleNamespace(user=AnonymousUser(), auth=None)) is None


def test_a_unit_is_the_user_the_key_the_session_or_nobody():
    alice = User.objects.create(username="alice")
    key = keys.create("a").row
    session = SimpleNamespace(session_key="s3cret")

    units = [
        unit_of(SimpleNamespace(user=alice, auth=key, session=session)),
        unit_of(SimpleNamespace(user=KeyPrincipal(key), auth=key)),
        unit_of(SimpleNamespace(user=AnonymousUser(), session=session)),
        unit_of(SimpleNamespace(user=AnonymousUser())),
    ]

    assert units[:2] == [f"user:{alice.pk}", f"key:{key.pk}"]
    assert units[2].startswith("session:")
    assert "s3cret" not in units[2]
    assert units[3] == "nobody"
    assert all(len(unit) <= 80 for unit in units)


def test_the_schema_describes_the_key_and_leaves_openais_doors_to_openai():
    schema = SchemaGenerator(urlconf="tests.models_registry.urls").get_schema(request=None, public=True)

    assert {STATS, "/gateway/models", "/gateway/route", "/gateway/stats"} <= set(schema["paths"])
    assert not [path for path in schema["paths"] if path.startswith("/v1")]
    assert schema["components"]["securitySchemes"]["ApiKey"]["scheme"] == "bearer"
