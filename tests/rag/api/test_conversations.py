"""Conversations over the API: begun with "new", gone on with by id, unknown to everybody else."""

import json
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from models_registry.services import keys
from rag.models import Source

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("library")]
QUERY, STREAM = "/api/v1/rag/query", "/api/v1/streaming/rag/query"


@pytest.fixture
def headers(reader: Any) -> dict[str, str]:
    return of_key(reader)


def of_key(user: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {keys.create('tests', user=user).text}", "X-API-Version": "2025-10-15"}


def ask(client: Client, headers: dict[str, str], query: str, *, path: str = QUERY, **more: Any) -> Any:
    return client.post(path, {"query": query, "lang": "en", **more}, content_type="application/json", headers=headers)


def test_a_follow_up_goes_on_with_its_conversation(client: Client, headers: dict[str, str]) -> None:
    first = ask(client, headers, "What is the default base fee?", conversation_id="new").json()

    then = ask(client, headers, "And can it be undone?", conversation_id=first["conversation_id"]).json()

    assert then["conversation_id"] == first["conversation_id"]
    assert "base" in then["standalone"]
    assert {"checks", "passages", "trace", "cached_from"} <= then.keys()
    assert ask(client, headers, "What is a base fee?").json()["conversation_id"] is None


@pytest.mark.parametrize("path", [QUERY, STREAM])
@pytest.mark.parametrize("whose", ["another's", "nobody's", "no id"])
def test_another_conversation_is_not_there(
    client: Client, headers: dict[str, str], django_user_model: Any, library: Source, path: str, whose: str
) -> None:
    first = ask(client, headers, "What is the default base fee?", conversation_id="new").json()
    key = {"another's": first["conversation_id"], "nobody's": str(uuid4()), "no id": "x"}[whose]
    stranger = of_key(django_user_model.objects.create_user("stranger"))

    response = ask(client, stranger, "And then?", path=path, conversation_id=key)

    assert response.status_code == 404
    assert json.loads(response.content)["error"]["code"] == "conversation_unknown"
