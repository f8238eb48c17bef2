"""Rows of documents, a batch in one statement."""

from dataclasses import asdict, replace
from datetime import date
from typing import Any

import pytest

from rag.models import Document, Source
from rag.services.documents_sql import DocumentRow, write_documents
from tests.rag.conftest import NOW

pytestmark = pytest.mark.django_db
FULL = DocumentRow(
    uid="notes/é %s.md",
    title='A "title" with \\ and %(x)s',
    lang="fr",
    content="# Un\n\nUn texte\tavec « tout » 😀 \\u0041 {}\n",
    content_sha256="0" * 64,
    url="https://example.com/?a=b&c=%20",
    tags=("fees", "a, b", "c'd"),
    references=({"name": "N", "url": "https://example.com"},),
    node_pubkey="02" * 33,
    channel_id="1x2x3",
    media_type="application/pdf",
    metrics={"pages": 3, "ratio": 0.5, "none": None, "deep": {"list": [1, "2"]}},
    flags=("hidden_text",),
    dated_at=date(2025, 10, 19),
    ingested_at=NOW,
    quality=0.25,
)
EMPTY = replace(FULL, uid="empty", tags=(), references=(), metrics={}, flags=(), dated_at=None, quality=None, url="")


@pytest.fixture
def shelf(db: None) -> Source:
    return Source.objects.create(slug="shelf", name="Shelf", kind=Source.Kind.UPLOAD)


def stored(source: Source, uid: str) -> dict[str, Any]:
    row = Document.objects.get(source=source, uid=uid)
    return {name: getattr(row, name) for name in asdict(FULL)}


def as_stored(row: DocumentRow) -> dict[str, Any]:
    return asdict(row) | {name: list(getattr(row, name)) for name in ("tags", "references", "flags")}


def test_what_is_written_is_read_again(shelf: Source, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        ids = write_documents(shelf.pk, [FULL, EMPTY])

    assert ids == dict(Document.objects.values_list("uid", "pk"))
    assert stored(shelf, FULL.uid) == as_stored(FULL)
    assert stored(shelf, "empty") == as_stored(EMPTY)


def test_a_document_written_again_keeps_its_number_and_its_citations(shelf: Source) -> None:
    first = write_documents(shelf.pk, [FULL])
    Document.objects.update(cited_count=7)

    again = write_documents(shelf.pk, [replace(EMPTY, uid=FULL.uid)])

    assert again == first
    assert stored(shelf, FULL.uid) == as_stored(replace(EMPTY, uid=FULL.uid))
    assert Document.objects.get().cited_count == 7


def test_two_sources_may_have_a_document_of_one_name(shelf: Source) -> None:
    other = Source.objects.create(slug="other", name="Other", kind=Source.Kind.UPLOAD)

    assert write_documents(shelf.pk, [FULL]) != write_documents(other.pk, [FULL])
    assert write_documents(shelf.pk, []) == {}
