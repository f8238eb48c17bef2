"""The library for programs: filled by records and files, listed, removed; who may what; answers from given texts."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django_q.models import OrmQ

from models_registry.domain.scopes import Scope
from models_registry.services import keys
from rag import tasks
from rag.api import parsing
from rag.models import DeadLetter, Document, IndexVersion, Ingestion, Source
from rag.services import handed_in
from tests.rag.conftest import ollama_host
from tests.servers.ollama import OllamaServer

VERSION = {"X-API-Version": "2025-10-15"}
RAG = "/api/v1/rag"
INGEST, FILE, LETTERS = f"{RAG}/ingest", f"{RAG}/index-file", f"{RAG}/dead-letters"
DOCUMENTS, EMBED, GENERATE = f"{RAG}/documents", f"{RAG}/embed", f"{RAG}/generate"
RECORD = {"uid": "peers/one", "title": "Peer notes", "content": "# Peers\n\nKeep a list of peers that vanish."}
QUESTION = {"query": "What is the default base fee?"}

pytestmark = pytest.mark.django_db


def bearer(user: Any = None, *, scopes: tuple[str, ...] = ()) -> dict[str, str]:
    return {**VERSION, "Authorization": f"Bearer {keys.create('test', user=user, scopes=scopes).text}"}


@pytest.fixture
def headers(library: Source, reader: Any) -> dict[str, str]:
    """The key of a user."""
    return bearer(reader)


@pytest.fixture
def staff(library: Source, django_user_model: Any) -> dict[str, str]:
    return bearer(django_user_model.objects.create_user("boss", is_staff=True))


def post(client: Client, path: str, content: Any, headers: dict[str, str]) -> Any:
    return client.post(path, json.dumps(content), content_type="application/json", headers=headers)


def send_file(client: Client, headers: dict[str, str], content: bytes, *, name: str = "peers.md", **place: str) -> Any:
    return client.post(FILE, {"file": SimpleUploadedFile(name, content), **place}, headers=headers)


def error_of(response: Any) -> dict[str, Any]:
    error: dict[str, Any] = response.json()["error"]
    return error


def test_records_are_found_when_the_answer_comes_and_again_cost_nothing(
    client: Client, headers: dict[str, str], reader: Any
) -> None:
    extra = {"tags": ["peers"], "metrics": {"seen": 3}, "dated_at": "2026-01-31", "node_pubkey": "02" + "A" * 64}

    first = post(client, INGEST, {"documents": [{**RECORD, **extra}], "source_name": "Notes"}, headers)
    second = post(client, INGEST, {"documents": [{**RECORD, **extra}], "source_name": "Notes"}, headers)
    found = post(client, f"{RAG}/retrieve", {"query": "list of peers that vanish"}, headers).json()

    document = Document.objects.get(uid="peers/one")
    assert (first.status_code, first.json()["state"], first.json()["report"]["created"]) == (200, "done", 1)
    assert (second.json()["report"]["unchanged"], second.json()["report"]["embedded"]) == (1, 0)
    assert (document.source.owner, document.node_pubkey, document.metrics) == (reader, "02" + "a" * 64, {"seen": 3})
    assert found["passages"][0]["document_uid"] == "peers/one"


def test_a_second_request_leaves_the_documents_of_the_first(client: Client, headers: dict[str, str]) -> None:
    post(client, INGEST, {"documents": [RECORD]}, headers)
    post(client, INGEST, {"documents": [{**RECORD, "uid": "two", "content": "Another text of ours."}]}, headers)

    assert Document.objects.filter(source__name="My documents").count() == 2


@pytest.mark.parametrize(
    ("path", "content", "field"),
    [
        (INGEST, {}, "documents"),
        (INGEST, {"documents": []}, "documents"),
        (INGEST, {"documents": [{**RECORD, "uid": ""}]}, "uid"),
        (INGEST, {"documents": [{**RECORD, "title": "x" * 301}]}, "title"),
        (INGEST, {"documents": [RECORD, RECORD]}, "documents"),
        (INGEST, {"documents": [{**RECORD, "content": "x" * 600_000, "uid": u} for u in "ab"]}, "documents"),
        (INGEST, {"documents": [{**RECORD, "content": "a\x00b"}]}, "content"),
        (INGEST, {"documents": [{**RECORD, "url": "javascript:alert(1)"}]}, "url"),
        (INGEST, {"documents": [{**RECORD, "dated_at": "yesterday"}]}, "dated_at"),
        (INGEST, {"documents": [{**RECORD, "node_pubkey": "02ab"}]}, "node_pubkey"),
        (INGEST, {"documents": [RECORD], "audience": "world"}, "audience"),
        (INGEST, {"documents": [RECORD], "audience": "everybody"}, "audience"),
        (EMBED, {}, "texts"),
        (EMBED, {"texts": []}, "texts"),
        (EMBED, {"texts": ["x"], "kind": "poem"}, "kind"),
        (GENERATE, {"query": "ab"}, "query"),
        (GENERATE, {**QUESTION, "passages": []}, "passages"),
        (GENERATE, {**QUESTION, "passages": [{"title": "x"}]}, "text"),
        (GENERATE, {**QUESTION, "temperature": 3}, "temperature"),
        (f"{RAG}/retrieve", {**QUESTION, "sources": []}, "sources"),
        (f"{RAG}/retrieve", {**QUESTION, "sources": ["a b"]}, "sources"),
        (f"{LETTERS}/retry", {"ids": []}, "ids"),
        (f"{LETTERS}/retry", {"ids": ["x"]}, "ids"),
    ],
)
def test_bad_input_is_refused_by_its_field(
    client: Client, headers: dict[str, str], path: str, content: dict[str, Any], field: str
) -> None:
    response = post(client, path, content, headers)

    assert response.status_code == 400
    assert field in error_of(response)["field"]
    assert not Ingestion.objects.exists()


@pytest.mark.parametrize("body", ["", "{", "[1, 2", '{"documents": NaN}', "[" * 100_000, "\udc80"])
def test_what_is_no_json_is_refused(client: Client, headers: dict[str, str], body: str) -> None:
    content = body.encode(errors="surrogatepass")

    response = client.post(INGEST, content, content_type="application/json", headers=headers)

    assert response.status_code == 400


def test_a_body_that_is_too_large_is_refused(
    client: Client, headers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parsing, "LARGEST_BODY", 50)

    response = post(client, INGEST, {"documents": [RECORD]}, headers)

    assert response.status_code == 413


def test_a_file_is_taken_in_by_a_job_whose_progress_can_be_asked(client: Client, headers: dict[str, str]) -> None:
    sent = send_file(client, headers, b"# Peers\n\nKeep a list of peers that vanish.")
    waiting = client.get(sent["Location"], headers=headers).json()
    tasks.take_in(ingestion_id=sent.json()["id"])
    done = client.get(sent["Location"], headers=headers).json()

    assert sent.status_code == 202
    assert (waiting["state"], done["state"], done["report"]["created"]) == ("queued", "done", 1)
    assert OrmQ.objects.exists()


def test_a_file_that_is_missing_or_too_large_is_refused(
    client: Client, headers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert error_of(client.post(FILE, {}, headers=headers))["field"] == "file"
    monkeypatch.setattr(handed_in, "MOST_FILE_BYTES", 10)

    refused = send_file(client, headers, b"x" * 11)

    assert (refused.status_code, error_of(refused)["field"]) == (400, "file")
    assert "Too large" in error_of(refused)["message"]


def test_what_failed_is_listed_and_tried_again(client: Client, headers: dict[str, str]) -> None:
    sent = send_file(client, headers, b"%PDF-1.4 nothing", name="broken.pdf")
    tasks.take_in(ingestion_id=sent.json()["id"])

    told = client.get(LETTERS, headers=headers).json()
    again = post(client, f"{LETTERS}/retry", {"ids": [told["dead_letters"][0]["id"]]}, headers)
    tasks.take_in(ingestion_id=again.json()["ingestions"][0]["id"])

    assert (told["count"], told["dead_letters"][0]["uid"]) == (1, "broken.pdf")
    assert again.status_code == 202
    assert DeadLetter.objects.get().tries == 2


def test_nobody_reaches_what_belongs_to_another(
    client: Client, headers: dict[str, str], staff: dict[str, str], django_user_model: Any
) -> None:
    theirs = bearer(django_user_model.objects.create_user("other"))
    post(client, INGEST, {"documents": [RECORD], "source_name": "Theirs"}, theirs)
    source = Source.objects.get(name="Theirs")
    document, intake = Document.objects.get(uid="peers/one"), Ingestion.objects.get()
    letter = DeadLetter.objects.create(source=source, uid="x", code="broken", message="m")

    for mine in (headers, staff):
        assert client.get(f"{DOCUMENTS}/{document.pk}", headers=mine).status_code == 404
        assert client.delete(f"{DOCUMENTS}/{document.pk}", headers=mine).status_code == 404
        assert client.get(f"{DOCUMENTS}?source={source.slug}", headers=mine).status_code == 404
        assert client.get(f"{RAG}/ingestions/{intake.pk}", headers=mine).status_code == 404
        assert post(client, INGEST, {"documents": [RECORD], "source": source.slug}, mine).status_code == 404
        assert post(client, f"{LETTERS}/retry", {"ids": [letter.pk]}, mine).status_code == 404
        assert client.get(LETTERS, headers=mine).json()["count"] == 0
        asked: dict[str, Any] = {"query": "list of peers that vanish", "sources": [source.slug]}
        assert post(client, f"{RAG}/retrieve", asked, mine).json()["passages"] == []
        titles = [one["title"] for one in client.get(DOCUMENTS, headers=mine).json()["documents"]]
        assert "Peer notes" not in titles


def test_documents_are_listed_read_and_removed(client: Client, headers: dict[str, str]) -> None:
    post(client, INGEST, {"documents": [RECORD]}, headers)
    key = Document.objects.get(uid="peers/one").pk

    listed = client.get(f"{DOCUMENTS}?q=peer&page_size=2", headers=headers).json()
    read = client.get(f"{DOCUMENTS}/{key}", headers=headers).json()
    removed = client.delete(f"{DOCUMENTS}/{key}", headers=headers)

    assert (listed["count"], listed["documents"][0]["uid"]) == (1, "peers/one")
    assert "content" not in listed["documents"][0]
    assert "peers that vanish" in read["content"]
    assert removed.status_code == 204
    assert client.get(f"{DOCUMENTS}/{key}", headers=headers).status_code == 404


@pytest.mark.parametrize("query", [{"page": 0}, {"page_size": 101}, {"source": "a b"}, {"page": "x"}])
def test_a_listing_that_cannot_be_is_refused_by_its_field(
    client: Client, headers: dict[str, str], query: dict[str, Any]
) -> None:
    response = client.get(DOCUMENTS, query, headers=headers)

    assert (response.status_code, error_of(response)["field"]) == (400, next(iter(query)))


def test_a_key_that_only_reads_changes_nothing(client: Client, library: Source, reader: Any) -> None:
    narrow = bearer(reader, scopes=(Scope.RAG,))
    key = Document.objects.get(uid="fees.md").pk

    refused = [
        post(client, INGEST, {"documents": [RECORD]}, narrow),
        send_file(client, narrow, b"# x"),
        client.delete(f"{DOCUMENTS}/{key}", headers=narrow),
        post(client, f"{RAG}/reindex", {}, narrow),
        client.delete(f"{RAG}/cache", headers=narrow),
    ]

    assert [one.status_code for one in refused] == [403] * 5
    assert {error_of(one)["code"] for one in refused} == {"scope_missing"}
    assert client.get(f"{DOCUMENTS}/{key}", headers=narrow).status_code == 200


@pytest.mark.parametrize(("scopes", "status"), [((), 400), (("library",), 200), (("rag", "library"), 200)])
def test_a_key_of_nobody_shares_only_when_it_was_made_for_the_library(
    client: Client, library: Source, scopes: tuple[str, ...], status: int
) -> None:
    content = {"documents": [RECORD], "source_name": "Shared", "audience": "signed_in"}

    assert post(client, INGEST, content, bearer(scopes=scopes)).status_code == status
    assert error_of(post(client, INGEST, {"documents": [RECORD]}, bearer(scopes=scopes)))["field"] == "audience"


def test_only_staff_rebuilds_the_index_and_empties_the_cache(
    client: Client, headers: dict[str, str], staff: dict[str, str]
) -> None:
    assert post(client, f"{RAG}/reindex", {}, headers).status_code == 403
    assert client.delete(f"{RAG}/cache", headers=headers).status_code == 403

    begun = post(client, f"{RAG}/reindex", {}, staff)
    listed = client.get(f"{RAG}/reindex", headers=headers).json()

    active = IndexVersion.objects.get(is_active=True)
    assert (begun.status_code, begun.json()["slug"]) == (202, active.slug)
    assert [one["slug"] for one in listed["spaces"]] == [active.slug]
    assert "build_space" in OrmQ.objects.latest("pk").task["func"]


def test_an_emptied_cache_gives_no_earlier_answer(
    client: Client, headers: dict[str, str], staff: dict[str, str]
) -> None:
    for expected in (False, True):
        assert post(client, f"{RAG}/query", QUESTION, headers).json()["cached"] is expected

    assert client.delete(f"{RAG}/cache", headers=staff).status_code == 204

    assert post(client, f"{RAG}/query", QUESTION, headers).json()["cached"] is False


def test_vectors_are_of_the_space_that_is_searched(client: Client, headers: dict[str, str]) -> None:
    told = post(client, EMBED, {"texts": ["base fee", "base fee", "backup"]}, headers).json()

    assert told["index_version"] == IndexVersion.objects.get(is_active=True).slug
    assert [len(vector) for vector in told["vectors"]] == [told["dimension"]] * 3
    assert told["vectors"][0] == told["vectors"][1] != told["vectors"][2]
    assert sum(x * x for x in told["vectors"][2]) == pytest.approx(1, abs=1e-3)


def test_a_retrieval_explains_itself_only_on_request(client: Client, headers: dict[str, str]) -> None:
    plain = post(client, f"{RAG}/retrieve", QUESTION, headers).json()
    told = post(client, f"{RAG}/retrieve", {**QUESTION, "explain": True, "languages": ["en"]}, headers).json()

    assert "explain" not in plain["passages"][0]
    best = told["passages"][0]
    assert {place["leg"] for place in best["explain"]["legs"]} == {"lexical", "dense", "proximity"}
    assert sum(place["share"] for place in best["explain"]["legs"]) == pytest.approx(best["score"], rel=1e-6)
    assert {one["lang"] for one in told["passages"]} == {"en"}


def test_without_a_model_nothing_is_generated_but_all_is_found(client: Client, headers: dict[str, str]) -> None:
    refused = post(client, GENERATE, {**QUESTION, "passages": [{"text": "It is 1,000 msat."}]}, headers)

    assert (refused.status_code, error_of(refused)["code"]) == (503, "no_model")
    assert int(refused["Retry-After"]) > 0
    assert post(client, f"{RAG}/retrieve", QUESTION, headers).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_model_answers_from_the_given_passages_alone(
    client: Client, headers: dict[str, str], ollama: OllamaServer
) -> None:
    ollama_host(ollama.url)
    ollama.respond_with(lambda _request: "The base fee is 777 msat [1], not 5,000 [4].")
    given = [{"title": "House rules", "text": "Our base fee is 777 msat."}]

    told = post(client, GENERATE, {**QUESTION, "passages": given}, headers).json()

    assert "777 msat [1]" in told["answer"]
    assert "[4]" not in told["answer"]
    assert [(one["number"], one["title"]) for one in told["citations"]] == [(1, "House rules")]
    assert told["ungrounded_numbers"] == [5000.0]
    assert told["model_used"]


def test_what_the_passages_do_not_hold_is_not_generated(client: Client, headers: dict[str, str]) -> None:
    told = post(client, GENERATE, {"query": "Who won the football match in Lisbon?"}, headers).json()

    assert told["abstained"] is True
    assert told["model_used"] == ""


@pytest.mark.parametrize("path", ["documents", "dead-letters", "reindex", "stats", "health"])
def test_nothing_is_said_without_a_key(client: Client, library: Source, path: str) -> None:
    assert client.get(f"{RAG}/{path}", headers=VERSION).status_code == 401
    if path != "health":
        assert client.get(f"{RAG}/{path}").status_code == 400
