"""The library for programs: what is asked, what is refused, what comes back."""

import json
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient, Client

from models_registry.services import keys
from rag.models import Answer, Document, Source
from tests.rag.conftest import ollama_host
from tests.servers.ollama import Fault, OllamaServer, Scenario

QUERY = "/api/v1/rag/query"
RETRIEVE = "/api/v1/rag/retrieve"
STREAM = "/api/v1/streaming/rag/query"
QUESTION = {"query": "What is the default base fee?"}
VERSION = {"X-API-Version": "2025-10-15"}

pytestmark = pytest.mark.django_db


@pytest.fixture
def headers(library: Source) -> dict[str, str]:
    return {**VERSION, "Authorization": f"Bearer {keys.create('test').text}"}


def post(client: Client, path: str, content: dict[str, Any], headers: dict[str, str], **more: str) -> Any:
    return client.post(path, json.dumps(content), content_type="application/json", headers={**headers, **more})


def test_a_query_is_answered_with_its_evidence(client: Client, headers: dict[str, str]) -> None:
    response = post(client, QUERY, QUESTION, headers)

    told = response.json()
    assert response.status_code == 200
    assert "1,000 msat" in told["answer"]
    assert told["citations"][0]["document_uid"] == "fees.md"
    assert (told["degraded"], told["cached"], told["model_used"]) == (True, False, "")
    assert told["recommendations"] == []
    assert told["processing_time_ms"] >= 0
    assert Answer.objects.get().unit.startswith("key:")


def test_the_second_query_is_cached(client: Client, headers: dict[str, str]) -> None:
    post(client, QUERY, QUESTION, headers)

    assert post(client, QUERY, QUESTION, headers).json()["cached"] is True
    assert post(client, QUERY, {**QUESTION, "use_cache": False}, headers).json()["cached"] is False


@pytest.mark.parametrize(
    ("path", "content", "field"),
    [
        (QUERY, {}, "query"),
        (QUERY, {"query": "ab"}, "query"),
        (QUERY, {"query": "   "}, "query"),
        (QUERY, {**QUESTION, "n_results": 0}, "n_results"),
        (QUERY, {**QUESTION, "n_results": 21}, "n_results"),
        (QUERY, {**QUESTION, "temperature": 2.1}, "temperature"),
        (QUERY, {**QUESTION, "max_tokens": 1}, "max_tokens"),
        (QUERY, {**QUESTION, "lang": "de"}, "lang"),
        (QUERY, {**QUESTION, "query_type": "nonsense"}, "query_type"),
        (QUERY, {**QUESTION, "node_pubkey": "02ab"}, "node_pubkey"),
        (RETRIEVE, {"query": "ab"}, "query"),
        (RETRIEVE, {**QUESTION, "n_results": 21}, "n_results"),
        (STREAM, {"query": "ab"}, "query"),
        (STREAM, {**QUESTION, "max_results": 21}, "max_results"),
        (STREAM, {**QUESTION, "include_ai": "perhaps"}, "include_ai"),
    ],
)
def test_a_value_out_of_range_is_refused_by_its_name(
    client: Client, headers: dict[str, str], path: str, content: dict[str, Any], field: str
) -> None:
    response = post(client, path, content, headers, Accept="application/json")

    assert response.status_code == 400
    assert field in response.content.decode()
    assert not Answer.objects.exists()


@pytest.mark.parametrize("path", [QUERY, RETRIEVE, STREAM])
@pytest.mark.parametrize("key", [None, "lnr_wrong_key", "nonsense"])
def test_nothing_is_said_without_a_key(client: Client, library: Source, path: str, key: str | None) -> None:
    given = {**VERSION, **({"Authorization": f"Bearer {key}"} if key else {})}

    assert post(client, path, QUESTION, given).status_code == 401


def test_retrieval_works_while_generation_is_down(client: Client, headers: dict[str, str]) -> None:
    told = post(client, RETRIEVE, {**QUESTION, "n_results": 2}, headers).json()

    assert [one["rank"] for one in told["passages"]] == [1, 2]
    assert told["passages"][0]["document_uid"] == "fees.md"
    assert told["is_answerable"] is True
    assert told["index_version"]


def test_the_statistics_equal_a_count_by_hand(client: Client, headers: dict[str, str]) -> None:
    for _ in range(2):
        post(client, QUERY, QUESTION, headers)

    told = client.get("/api/v1/rag/stats", headers=headers).json()

    assert (told["documents"], told["queries"], told["cache_hit_rate"]) == (Document.objects.count(), 2, 0.5)
    assert told["degraded_rate"] == 1.0  # a kept answer that quotes is still one
    assert told["latest_update"]


def test_statistics_of_nothing_are_unknown_not_zero(client: Client, headers: dict[str, str]) -> None:
    told = client.get("/api/v1/rag/stats", headers=headers).json()

    assert (told["queries"], told["cache_hit_rate"], told["mean_processing_ms"]) == (0, None, None)


def test_health_tells_what_can_be_searched(client: Client, headers: dict[str, str]) -> None:
    told = client.get("/api/v1/rag/health", headers=headers).json()

    assert told["status"] == "ok"
    assert told["passages"] == told["embedded_passages"] > 0


def test_streaming_health_is_open(client: Client, library: Source) -> None:
    assert client.get("/api/v1/streaming/health", headers=VERSION).json()["status"] == "ok"


def test_json_gathers_all_events(client: Client, headers: dict[str, str]) -> None:
    response = post(client, STREAM, QUESTION, headers, Accept="application/json")

    events = response.json()["events"]
    assert response["Content-Type"] == "application/json"
    assert [one["sequence"] for one in events] == list(range(len(events)))
    assert (events[0]["type"], events[-1]["type"]) == ("status", "complete")


@pytest.mark.usefixtures("tidy")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("*/*", "application/x-ndjson; charset=utf-8"),
        ("application/x-ndjson", "application/x-ndjson; charset=utf-8"),
        ("text/event-stream", "text/event-stream; charset=utf-8"),
    ],
)
async def test_the_framing_is_what_the_program_accepts(
    async_client: AsyncClient, headers: dict[str, str], accept: str, content_type: str
) -> None:
    response: Any = await async_client.post(
        STREAM, json.dumps(QUESTION), content_type="application/json", headers={**headers, "Accept": accept}
    )
    parts = [part async for part in response.streaming_content]

    assert response.status_code == 200
    assert response["Content-Type"] == content_type
    assert response["X-Accel-Buffering"] == "no"
    assert response["Cache-Control"] == "no-store"
    events = [json.loads(part.split(b"data: ", 1)[-1]) for part in parts]
    assert events[-1]["type"] == "complete"


def test_an_unknown_framing_is_not_acceptable(client: Client, headers: dict[str, str]) -> None:
    assert post(client, STREAM, QUESTION, headers, Accept="application/pdf").status_code == 406


@pytest.mark.usefixtures("tidy")
@pytest.mark.django_db(transaction=True)
async def test_three_framings_of_one_generation_carry_equal_answers(
    async_client: AsyncClient, headers: dict[str, str], ollama: OllamaServer
) -> None:
    await sync_to_async(ollama_host)(ollama.url)
    ollama.respond_with(lambda *_: "The base fee is 1,000 msat [1].")
    asked = {**QUESTION, "use_cache": False}

    told = []
    for accept in ("application/x-ndjson", "text/event-stream", "application/json"):
        response = await async_client.post(
            STREAM, json.dumps(asked), content_type="application/json", headers={**headers, "Accept": accept}
        )
        told.append(await _events(response))

    plain = [[_without_chance(event) for event in events] for events in told]
    assert plain[0] == plain[1] == plain[2]
    assert "token" in {event["type"] for event in plain[0]}


def test_a_query_that_broke_off_is_answered_with_quotes_and_says_so(
    client: Client, headers: dict[str, str], ollama: OllamaServer
) -> None:
    ollama_host(ollama.url)
    ollama.use(Fault(Scenario.EOF_WITHOUT_DONE, after=4))

    response = post(client, QUERY, QUESTION, headers)

    assert response.status_code == 200
    told = response.json()
    assert (told["degraded"], told["model_used"]) == (True, "")
    assert "1,000 msat" in told["answer"]
    assert sorted(Answer.objects.values_list("outcome", flat=True)) == ["completed", "failed"]


async def _events(response: Any) -> list[dict[str, Any]]:
    if not response.streaming:
        found: list[dict[str, Any]] = response.json()["events"]
        return found
    return [json.loads(part.split(b"data: ", 1)[-1]) async for part in response.streaming_content]


def _without_chance(event: dict[str, Any]) -> dict[str, Any]:
    """Leave out what differs between two turns: ids and times."""
    chance = ("answer_id", "turn_id", "processing_time_ms", "trace")
    return {**event, "data": {name: value for name, value in event["data"].items() if name not in chance}}
