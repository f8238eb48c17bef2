"""MO-11: the steps of an answer and of an ingestion reach OpenTelemetry, by the real kit, and say nothing private."""

from collections.abc import Iterator

import pytest
from opentelemetry import trace as otel
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from rag.domain.documents import RawDocument
from rag.domain.trace import Trace
from rag.models import Answer, Source
from rag.services import telemetry
from rag.services.answer import answer
from rag.services.ingest import ingest_documents
from tests.rag.conftest import NOW

pytestmark = pytest.mark.django_db(transaction=True)
QUESTION = "What is the default base fee in my secret plan?"


@pytest.fixture(scope="module")
def exporter() -> InMemorySpanExporter:
    """A provider can be set once per process: all spans of this module are kept, and forgotten between its tests."""
    kept, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    otel.set_tracer_provider(provider)
    return kept


@pytest.fixture
def sent(exporter: InMemorySpanExporter) -> Iterator[InMemorySpanExporter]:
    exporter.clear()
    yield exporter
    exporter.clear()


def named(sent: InMemorySpanExporter) -> dict[str, ReadableSpan]:
    return {span.name: span for span in sent.get_finished_spans()}


def parent_of(span: ReadableSpan) -> int:
    assert span.parent
    return span.parent.span_id


def test_steps_are_children_of_their_turn_and_parts_of_their_step(sent: InMemorySpanExporter) -> None:
    trace = Trace()
    trace.add("retrieve", start_ms=5, ms=20)
    trace.add("embed", start_ms=7, ms=3, within="retrieve")

    telemetry.send("answer", trace.spans, began_at=NOW, ms=40, attributes={"lnrag.lang": "en"})

    spans = named(sent)
    root, step, part = spans["answer"], spans["retrieve"], spans["embed"]
    assert root.parent is None
    assert root.attributes == {"lnrag.lang": "en"}
    assert (parent_of(step), parent_of(part)) == (root.context.span_id, step.context.span_id)
    assert root.start_time == round(NOW.timestamp()) * 10**9
    assert [(one.end_time or 0) - (one.start_time or 0) for one in (root, step, part)] == [40e6, 20e6, 3e6]


async def test_an_answer_is_stored_with_its_steps_and_sends_them_without_its_words(
    library: Source, sent: InMemorySpanExporter
) -> None:
    async for _event in answer(QUESTION, unit="u:1", user=None, at=NOW):
        pass

    stored = {step["step"]: step for step in (await Answer.objects.aget()).trace}
    assert {"prepare", "retrieve", "search", "embed", "rerank", "check"} <= stored.keys()
    assert (stored["search"]["within"], stored["embed"]["within"]) == ("retrieve", "search")
    spans = named(sent)
    assert stored.keys() <= spans.keys()
    assert parent_of(spans["rerank"]) == spans["retrieve"].context.span_id
    told = str([dict(span.attributes or {}) for span in spans.values()])
    assert "secret" not in told


def test_an_ingestion_is_told_with_its_counts(library: Source, sent: InMemorySpanExporter) -> None:
    ingest_documents(library, [RawDocument("new.md", "New", "# New\n\nA base fee.\n")], at=NOW, keeps_others=True)

    told = named(sent)["ingest"].attributes
    assert told is not None
    assert (told["lnrag.documents"], told["lnrag.embedded"]) == (1, 1)
