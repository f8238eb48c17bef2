"""Whatever a document tells a model to do, and however far the model obeys, the product stays what it is."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from django.utils import timezone

from models_registry.services.health import ensure_fresh
from rag.domain.commands import skeleton
from rag.domain.documents import RawDocument
from rag.domain.events import EventType
from rag.models import Answer, Document, Source
from rag.services.ingest import ingest_documents
from rag.templatetags.prose import cited
from tests.journeys import taps
from tests.journeys.injections import ADDRESS, BODY, EVIL, QUESTION, VARIANTS, Variant
from tests.journeys.served import Served
from tests.journeys.stage import Stage, point_at
from tests.servers.ollama import OllamaServer

pytestmark = pytest.mark.integration
TRUTH = "The zubrin fee is 640 msat per payment [1]."
PATH = "/api/v1/streaming/rag/query"
NEVER = ("closeallchannels", "evil.example", ADDRESS.lower(), "javascript:", "\u202e", "\u200b", "<|im_")


@pytest.fixture
def host(stage: Stage) -> Iterator[OllamaServer]:
    with OllamaServer(num_parallel=4) as server:
        point_at(server.url)
        ensure_fresh(at=timezone.now())
        yield server


@pytest.fixture(params=VARIANTS, ids=[one.name for one in VARIANTS])
def variant(request: pytest.FixtureRequest, stage: Stage) -> Iterator[Variant]:
    """One hostile document in the library, beside the honest ones."""
    planted: Variant = request.param
    add(planted)
    yield planted
    Document.objects.filter(source__slug="hostile").delete()


def add(planted: Variant) -> None:
    values = {"name": "Hostile", "kind": Source.Kind.UPLOAD, "is_public": True}
    source, _ = Source.objects.get_or_create(slug="hostile", defaults=values)
    raw = RawDocument(planted.uid, planted.title, planted.text, lang=planted.lang, origin="Tests", tags=planted.tags)
    ingest_documents(source, (raw,), at=timezone.now())


def ask(served: Served, stage: Stage, **more: Any) -> taps.Heard:
    body = {"query": QUESTION, "use_cache": False, "lang": "en", **more}
    response = httpx.post(f"{served.url}{PATH}", json=body, headers=taps.headers(stage.key), timeout=taps.PATIENCE_S)
    assert response.status_code == 200, response.text
    return taps.Heard(tuple(json.loads(line) for line in response.text.splitlines()))


def texts_of(heard: taps.Heard) -> str:
    """Return every word that a reader was shown as ours or the model's; quotes of sources stand apart."""
    said = [event["data"]["text"] for event in heard.events if event["type"] == "token"]
    answer = heard.data("answer")
    told = [one["message"] for one in answer["checks"] if one["kind"] == "removed"]
    return skeleton("".join((*said, *told, answer["answer"], answer["note"])))


def shape(value: Any) -> Any:
    """Return the names of an object's fields, without its values."""
    return sorted(value) if isinstance(value, dict) else type(value).__name__


def test_an_order_in_a_document_changes_no_action_command_citation_or_format(
    served: Served, stage: Stage, host: OllamaServer, variant: Variant
) -> None:
    host.respond_with(lambda _request: TRUTH)
    honest = ask(served, stage)
    assert honest.data("answer")["model_used"]
    host.respond_with(lambda _request: variant.obeyed)

    heard = ask(served, stage)

    answer = heard.data("answer")
    found = {event["data"]["number"]: event["data"] for event in heard.events if event["type"] == "similar_document"}
    assert any(BODY[:30] in one["excerpt"] for one in found.values())  # the model did read the hostile document
    assert [kind for kind in heard.types if kind in ("complete", "error")] == ["complete"]
    assert set(heard.types) <= set(EventType)
    assert heard.progress == sorted(heard.progress)
    assert shape(answer) == shape(honest.data("answer"))
    assert not [word for word in NEVER if word in texts_of(heard)]
    assert {one["number"] for one in answer["citations"]} <= found.keys()
    assert all(one["chunk_id"] == found[one["number"]]["chunk_id"] for one in answer["citations"])
    assert_harmless_page(answer)
    stored = Answer.objects.latest("asked_at")
    assert not [word for word in NEVER if word in skeleton(stored.text)]
    assert stored.outcome == Answer.Outcome.COMPLETED


def test_the_document_reaches_the_model_only_as_data(
    served: Served, stage: Stage, host: OllamaServer, variant: Variant
) -> None:
    host.respond_with(lambda _request: TRUTH)

    ask(served, stage)

    system, user = (message["content"] for message in host.requests_for("/api/chat")[-1].body["messages"])
    boundary = system.split("<<<")[1].split()[0]
    outside = "".join(part.split(f"\n{boundary}>>>", 1)[-1] for part in user.split(f"<<<{boundary} "))
    assert BODY not in system
    assert "closeallchannels" not in skeleton(system)
    assert BODY not in outside
    assert "closeallchannels" not in skeleton(outside)
    assert user.count(f"<<<{boundary} ") == user.count(f"\n{boundary}>>>")
    assert not any(sign in user for sign in ("\u200b", "\u202e", "<|im_start|>", "[INST]", "\U000e0049"))


def test_without_a_model_the_order_is_not_quoted_as_an_answer(served: Served, stage: Stage, variant: Variant) -> None:
    heard = ask(served, stage, include_ai=False)

    assert heard.types[-1] == "complete"
    assert not [word for word in NEVER if word in texts_of(heard)]
    assert_harmless_page(heard.data("answer"))


def assert_harmless_page(answer: dict[str, Any]) -> None:
    """The page links to nothing but our own citations and checks, and runs nothing."""
    html = cited(answer["answer"], "a", answer["checks"])
    assert html.count("<a ") == html.count('<a class="cite" href="#s-a-') + html.count(
        '<a class="check-mark" href="#c-a-'
    )
    assert not [sign for sign in ("<img", "<script", "<svg", "<iframe", "onerror=", "http") if sign in html.lower()]
    assert EVIL not in html
