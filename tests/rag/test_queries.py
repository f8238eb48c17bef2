"""The library's pages: who sees what, and that a page costs the same whatever its size."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from rag.models import Answer, Document, Source
from rag.queries.answers import answer_exists, popular_questions, recent_answers
from rag.queries.library import document_page, library_page, library_stats
from rag.queries.policy import library_epoch
from tests.rag.conftest import NOW

pytestmark = pytest.mark.django_db


def asked(question: str, *, unit: str = "user:1", **more: Any) -> Answer:
    values = {"asked_at": NOW, "outcome": "completed", "text": "An answer [1].", "lang": "en"}
    return Answer.objects.create(question=question, unit=unit, **{**values, **more})


@pytest.mark.parametrize(
    ("search", "titles"),
    [
        ("", ["Circular rebalancing", "Les frais de routage", "Routing fees", "Static channel backup"]),
        ("fees", ["Routing fees"]),
        ("CIRCULAR rebalanc", ["Circular rebalancing"]),
        ("nothing", []),
        ("%", []),
    ],
)
def test_the_library_lists_and_finds_titles_and_tags(library: Source, search: str, titles: list[str]) -> None:
    assert [row.title for row in library_page(None, search=search)] == titles


def test_a_page_costs_two_statements_whatever_its_size(library: Source) -> None:
    for size in (1, 4):
        with CaptureQueriesContext(connection) as captured:
            page = library_page(None, size=size)
            assert all(row.source.name and row.chunk_count for row in page)
        assert len(captured) == 2


def test_pages_beyond_the_end_show_the_end(library: Source) -> None:
    assert library_page(None, number=99, size=3).number == 2


def test_a_private_document_is_seen_by_its_owner_only(library: Source, reader: Any) -> None:
    Source.objects.update(is_public=False, owner=reader)
    row = Document.objects.get(uid="fees.md")

    assert document_page(None, document_id=row.pk) is None
    assert list(library_page(None)) == []
    found = document_page(reader, document_id=row.pk)
    assert found is not None
    assert found.references == [{"name": "BOLT 7", "url": ""}]


def test_the_epoch_moves_with_content_and_access(library: Source, reader: Any) -> None:
    marks = {library_epoch()}
    Source.objects.filter(pk=library.pk).update(revision=50)
    marks.add(library_epoch())
    Source.objects.filter(pk=library.pk).update(is_public=False)
    marks.add(library_epoch())

    assert len(marks) == 3
    assert library_epoch(reader) not in {library_epoch()}


def test_the_numbers_are_counted_from_rows(library: Source) -> None:
    asked("a", is_cached=True, processing_ms=10)
    asked("b", is_degraded=True, processing_ms=30)

    stats = library_stats()

    assert (stats.documents, stats.queries, stats.mean_processing_ms) == (4, 2, 20.0)
    assert (stats.cache_hit_rate, stats.degraded_rate, stats.abstention_rate) == (0.5, 0.5, 0.0)
    assert stats.embedded_passages == stats.passages > 0


def test_a_popular_question_was_put_by_more_than_one(db: None) -> None:
    for unit in ("user:1", "user:2", "user:3"):
        asked("How do fees work?", unit=unit)
    for _ in range(5):
        asked("My secret question", unit="user:1")
    for unit in ("user:1", "user:2"):
        asked("About a node", unit=unit, node_pubkey="02" + "ab" * 32)
        asked("Broken", unit=unit, outcome="failed")

    assert popular_questions(at=NOW) == ("How do fees work?",)
    assert popular_questions(at=NOW, lang="fr") == ()


def test_the_history_is_ones_own(library: Source, reader: Any) -> None:
    asked("mine", user=reader)
    asked("a stranger's", unit="user:9")

    assert [one["question"] for one in recent_answers(reader)] == ["mine"]
    assert [one["question"] for one in recent_answers(None, unit="user:9")] == ["a stranger's"]
    assert recent_answers(None) == ()


def test_an_answer_can_be_spoken_of_by_its_asker(library: Source, reader: Any) -> None:
    own, unowned = asked("mine", user=reader), asked("nobody's")

    assert answer_exists(own.pk, user=reader)
    assert not answer_exists(own.pk, user=None)
    assert answer_exists(unowned.pk, user=None)
    assert not answer_exists(uuid4(), user=reader)
