"""Advice rests on passages of the public library: few queries, none for what was looked up before."""

from datetime import timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext

from rag.domain.documents import RawDocument
from rag.models import Source
from rag.services.ingest import ingest_documents
from recommendations.services.cite import MOST_CITATIONS, cited
from recommendations.services.prepare import prepare
from tests.journeys.inside import request_of
from tests.journeys.stage import Stage

NEWER = """
# Base fee, again

The base fee of a Lightning channel is best set to zero, says this newer article about the base fee and routing fees.
"""


def test_citations_are_numbered_and_quote_their_passage(stage: Stage) -> None:
    items = prepare(request_of(stage), at=stage.demo.at).recommendations

    with_citations = [item for item in items if item.citations]
    assert with_citations
    for item in with_citations:
        assert [one.number for one in item.citations] == list(range(1, len(item.citations) + 1))
        assert len(item.citations) <= MOST_CITATIONS
        assert len({one.document_uid for one in item.citations}) == len(item.citations)


def test_looked_up_once_it_costs_one_query_for_all_items(stage: Stage) -> None:
    items = prepare(request_of(stage), at=stage.demo.at).recommendations

    with CaptureQueriesContext(connection) as captured:
        cited(items)

    assert len(items) > 1
    assert len(captured) == 1


def test_a_new_document_is_cited_from_the_next_request_on(stage: Stage) -> None:
    items = prepare(request_of(stage), at=stage.demo.at).recommendations
    source = Source.objects.create(slug="newer", name="Newer", kind=Source.Kind.UPLOAD, is_public=True)

    document = RawDocument("newer.md", "Base fee, again", NEWER, origin="Tests")
    ingest_documents(source, (document,), at=stage.demo.at + timedelta(days=1))

    uids = {one.document_uid for item in cited(items) for one in item.citations}
    assert "newer.md" in uids


def test_a_private_document_is_never_cited(stage: Stage) -> None:
    source = Source.objects.create(slug="mine", name="Mine", kind=Source.Kind.UPLOAD, is_public=False)
    document = RawDocument("mine.md", "Base fee, again", NEWER, origin="Tests")
    ingest_documents(source, (document,), at=stage.demo.at)

    items = prepare(request_of(stage), at=stage.demo.at).recommendations

    assert "mine.md" not in {one.document_uid for item in items for one in item.citations}
