"""How many passages hold a word: remembered while the library stands as it stood, and not a moment longer."""

from typing import Any

import pytest

from rag.domain.documents import RawDocument
from rag.models import Document, Source
from rag.services.ingest import ingest_documents
from rag.services.intake import remove_document
from rag.services.opening import open_search
from rag.services.search_sql import Reader
from rag.services.store import begin_change
from rag.services.word_counts import WordMemory, word_counts
from tests.rag.conftest import NOW

pytestmark = pytest.mark.django_db
ANYONE = Reader.of(None)
RARE = "zyzzyva"


@pytest.fixture
def shelf(library: Source) -> Source:
    """A public source that can be changed."""
    return Source.objects.create(slug="shelf", name="Shelf", kind=Source.Kind.UPLOAD, is_public=True)


def held(reader: Reader = ANYONE, word: str = RARE) -> int:
    """Return how many passages hold the word, as a search would learn it."""
    mark = open_search(word, lang="en", reader=reader).mark
    return sum(word_counts((word,), reader=reader, mark=mark)[word].values())


def fill(source: Source, *names: str) -> None:
    documents = [RawDocument(f"{name}.md", name, f"# {name}\n\nThe {RARE} is a weevil of {name}.\n") for name in names]
    ingest_documents(source, documents, at=NOW)


def test_words_met_before_cost_no_statement(library: Source, django_assert_num_queries: Any) -> None:
    mark = open_search("fee", lang="en", reader=ANYONE).mark
    first = word_counts(("fee", "channel", "the"), reader=ANYONE, mark=mark)

    with django_assert_num_queries(0):
        assert word_counts(("channel", "the", "fee"), reader=ANYONE, mark=mark) == first
    with django_assert_num_queries(1):
        more = word_counts(("fee", "rebalance"), reader=ANYONE, mark=mark)

    assert first["the"] == {}
    assert first["fee"]["fee"] > 0
    assert more["fee"] == first["fee"]
    assert sum(more["rebalance"].values()) > 0


def test_what_is_added_changed_and_removed_counts_at_once(shelf: Source) -> None:
    assert held() == 0
    fill(shelf, "one", "two")
    assert held() == 2
    fill(shelf, "one")
    assert held() == 1
    fill(shelf, "one", "two", "three")
    remove_document(Document.objects.get(uid="two.md"), at=NOW)
    assert held() == 2


def test_nothing_is_remembered_while_a_source_changes(shelf: Source) -> None:
    fill(shelf, "one")
    begin_change(shelf)

    assert open_search(RARE, lang="en", reader=ANYONE).mark is None
    assert held() == 1


@pytest.mark.parametrize("change", [{"is_enabled": False}, {"is_public": False}, {"kind": Source.Kind.TEMPORARY}])
def test_a_source_that_closes_takes_its_words_along(shelf: Source, change: dict[str, Any]) -> None:
    fill(shelf, "one")
    assert held() == 1

    Source.objects.filter(pk=shelf.pk).update(**change)

    assert held() == 0


def test_readers_and_languages_do_not_share_counts(shelf: Source, reader: Any) -> None:
    Source.objects.filter(pk=shelf.pk).update(is_public=False, owner=reader)
    fill(shelf, "one")

    assert held(Reader.of(reader)) == 1
    assert held(ANYONE) == 0
    assert held(Reader.of(reader, languages=("fr",))) == 0


def test_a_closed_source_is_asked_for_row_by_row_again(shelf: Source, reader: Any) -> None:
    """While everything is open to the reader no row is asked for its source; a source of somebody else ends that."""
    fill(shelf, "one")
    secret = Source.objects.create(slug="secret", name="Secret", kind=Source.Kind.UPLOAD, owner=reader)
    fill(secret, "two")
    german = Source.objects.create(slug="german", name="German", kind=Source.Kind.UPLOAD, is_public=True)
    ingest_documents(german, [RawDocument("de.md", "De", f"# De\n\nDer {RARE} ist ein Tier.\n", lang="de")], at=NOW)

    assert held(ANYONE) == 2
    assert held(Reader.of(None, languages=("en", "fr"))) == 1
    assert held(Reader.of(reader)) == 3
    german.refresh_from_db()
    assert german.languages == ["de"]


def test_what_was_long_not_asked_for_is_forgotten_first() -> None:
    memory = WordMemory(most_words=2)
    memory.keep("state", {"old": {"old": 1}, "new": {"new": 2}})
    memory.known("state", ["old"])

    memory.keep("state", {"newer": {"newer": 3}})

    assert memory.known("state", ["old", "new", "newer"]) == {"old": {"old": 1}, "newer": {"newer": 3}}
    assert memory.known("another", ["old"]) == {}
