"""The doors of /v1/ as Django serves them: who is let in, what is refused, what needs no model."""

import base64
import json
import struct

import pytest
from django.urls import reverse

from models_registry.models import Tier
from models_registry.services import keys
from models_registry.services.embed import embedding_space
from tests.models_registry.rows import host, model

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.models_registry.urls")]
HELLO = {"model": "auto", "messages": [{"role": "user", "content": "Hello"}]}
POSTED = ("chat/completions", "completions", "embeddings")


@pytest.fixture
def key() -> str:
    return keys.create("test").text


def bearer(key: str) -> dict[str, str]:
    return {"HTTP_AUTHORIZATION": f"Bearer {key}"}


def post(client, path, body, **headers):
    text = body if isinstance(body, bytes) else json.dumps(body)
    return client.post(f"/v1/{path}", text, content_type="application/json", **headers)


@pytest.mark.parametrize("header", [{}, bearer("lnr_wrong_key"), {"HTTP_AUTHORIZATION": "Basic eDp5"}])
@pytest.mark.parametrize("path", POSTED)
@pytest.mark.parametrize("body", [{}, HELLO, b"{"], ids=["empty", "right", "broken"])
def test_without_a_right_key_nothing_but_that_is_told(client, header, path, body):
    response = post(client, path, body, **header)

    assert response.status_code == 401
    assert response.json()["error"] | {"message": ""} == {
        "message": "",
        "type": "authentication_error",
        "param": None,
        "code": "invalid_api_key",
    }
    assert response["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("path", ["models", "models/auto"])
def test_the_list_needs_a_key_too(client, path):
    assert client.get(f"/v1/{path}").status_code == 401


def test_the_addresses_can_be_reversed():
    assert reverse("models_registry:openai-chat") == "/v1/chat/completions"
    assert reverse("models_registry:openai-model", args=["library/llama3:8b"]) == "/v1/models/library/llama3:8b"


@pytest.mark.parametrize(
    ("scopes", "path", "status"),
    [
        (["gateway"], "embeddings", 403),
        (["embeddings"], "chat/completions", 403),
        (["advice", "rag"], "completions", 403),
        (["embeddings"], "embeddings", 200),
        ([], "embeddings", 200),
    ],
)
def test_a_key_opens_the_doors_it_was_made_for(client, scopes, path, status):
    scoped = keys.create("scoped", scopes=scopes).text
    body = {"model": "auto", "input": "x"} if path == "embeddings" else {**HELLO, "prompt": "x"}
    body.pop("messages" if path == "completions" else "prompt", None)

    response = post(client, path, body, **bearer(scoped))

    assert response.status_code == status
    if status == 403:
        assert response.json()["error"]["type"] == "permission_error"


def test_the_call_after_the_limit_is_429_and_says_when_to_come_back(client):
    limited = bearer(keys.create("limited", requests_per_minute=2).text)

    statuses = [client.get("/v1/models", **limited).status_code for _ in range(2)]
    refused = client.get("/v1/models", **limited)

    assert statuses == [200, 200]
    assert refused.status_code == 429
    assert refused.json()["error"]["code"] == "rate_limit_exceeded"
    assert 1 <= int(refused["Retry-After"]) <= 120


@pytest.mark.parametrize(("verb", "path"), [("get", "chat/completions"), ("delete", "models"), ("put", "embeddings")])
def test_another_method_is_405_and_names_the_right_one(client, key, verb, path):
    response = getattr(client, verb)(f"/v1/{path}", **bearer(key))

    assert response.status_code == 405
    assert response["Allow"] in ("GET", "POST")


@pytest.mark.parametrize("path", ["/v1", "/v1/", "/v1/frobnicate", "/v1/chat/completions/"])
def test_other_addresses_are_404_in_the_same_shape(client, path):
    response = client.get(path)

    assert response.status_code == 404
    assert response.json()["error"]["code"] == "unknown_url"


def test_a_body_that_is_too_large_is_413(client, key, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = None

    response = post(client, "chat/completions", b" " * (4 * 1024 * 1024 + 1), **bearer(key))

    assert response.status_code == 413


def test_every_installed_model_is_listed_once_beside_auto(client, key):
    for name in ("one", "two"):
        model(host(name), "llama3:8b-instruct")
    model(host("off", is_enabled=False), "phi3:medium")

    body = client.get("/v1/models", **bearer(key)).json()

    assert body["object"] == "list"
    assert [entry["id"] for entry in body["data"]] == ["auto", embedding_space().model, "llama3:8b-instruct"]
    assert all(entry["object"] == "model" and entry["created"] > 0 for entry in body["data"])


@pytest.mark.parametrize(("name", "status"), [("llama3:8b-instruct", 200), ("auto", 200), ("phi3:medium", 404)])
def test_one_model_is_described_or_unknown(client, key, name, status):
    model(host(), "llama3:8b-instruct")

    response = client.get(f"/v1/models/{name}", **bearer(key))

    assert response.status_code == status
    if status == 404:
        assert response.json()["error"]["code"] == "model_not_found"


def test_a_model_that_no_host_has_is_404_with_its_parameter(client, key):
    model(host(), "llama3:8b-instruct")

    response = post(client, "chat/completions", {**HELLO, "model": "gpt-9"}, **bearer(key))

    assert response.status_code == 404
    error = response.json()["error"]
    assert (error["code"], error["param"], error["type"]) == ("model_not_found", "model", "not_found_error")


@pytest.mark.django_db(transaction=True)  # the ledger writes by a connection of its own
@pytest.mark.parametrize("is_streaming", [False, True])
def test_more_answers_at_once_than_the_tier_allows_are_429(client, key, is_streaming):
    model(host(), "llama3:8b-instruct")
    Tier.objects.create(slug="standard", model_tiers=["local"], max_concurrent=0)

    response = post(client, "chat/completions", {**HELLO, "stream": is_streaming}, **bearer(key))

    assert response.status_code == 429
    assert response.json()["error"]["code"] == "rate_limit_exceeded"
    assert "answers at once are allowed" in response.json()["error"]["message"]
    assert int(response["Retry-After"]) >= 1


@pytest.mark.django_db(transaction=True)  # the ledger writes by a connection of its own
def test_with_no_model_at_all_it_is_503_and_worth_another_try(client, key):
    response = post(client, "chat/completions", HELLO, **bearer(key))

    assert response.status_code == 503
    assert response.json()["error"]["code"] == "no_model_available"
    assert int(response["Retry-After"]) >= 1


@pytest.mark.parametrize("given", ["one text", ["one text", "another"]])
def test_texts_become_vectors_of_length_one(client, key, given):
    response = post(client, "embeddings", {"model": "auto", "input": given}, **bearer(key))

    body = response.json()
    vectors = [entry["embedding"] for entry in body["data"]]
    assert len(vectors) == (1 if isinstance(given, str) else len(given))
    assert all(sum(value * value for value in vector) == pytest.approx(1, abs=1e-3) for vector in vectors)
    assert body["model"] == embedding_space().model
    assert body["usage"]["prompt_tokens"] == body["usage"]["total_tokens"] > 0


def test_base64_holds_the_same_numbers(client, key):
    def asked(encoding):
        body = {"model": "auto", "input": "x", "encoding_format": encoding}
        return post(client, "embeddings", body, **bearer(key)).json()["data"][0]["embedding"]

    packed = base64.b64decode(asked("base64"))

    assert struct.unpack(f"<{len(packed) // 4}f", packed) == pytest.approx(asked("float"), abs=1e-7)


@pytest.mark.parametrize(
    ("change", "status", "param"),
    [({"model": "nobody"}, 404, "model"), ({"dimensions": 3}, 400, "dimensions"), ({"dimensions": 384}, 200, None)],
)
def test_vectors_that_nobody_can_make_are_refused(client, key, change, status, param):
    response = post(client, "embeddings", {"model": "auto", "input": "x", **change}, **bearer(key))

    assert response.status_code == status
    assert param is None or response.json()["error"]["param"] == param
