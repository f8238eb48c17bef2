"""The filters inside each leg: who, which sources, which languages."""

from typing import Any

import pytest

from models_registry.services.embed import embed_question
from rag.domain.documents import RawDocument
from rag.models import Chunk, ChunkEmbedding, Posting, Source
from rag.services.ingest import ingest_documents
from rag.services.legs_sql import Legs, dense_leg, lexical_leg
from rag.services.opening import open_search
from rag.services.search_sql import CorpusSums, Reader
from rag.services.word_counts import word_counts
from tests.rag.conftest import NOW

pytestmark = pytest.mark.django_db
WORDS = ("channel", "fee", "rebalance", "frais")


def legs_of(reader: Reader, *words: str) -> tuple[Legs, CorpusSums]:
    """Search by words and by meaning, as far as this reader sees."""
    opening = open_search(" ".join(words or WORDS), lang="en", reader=reader, with_glossary=False)
    counts = word_counts(words or WORDS, reader=reader, mark=opening.mark)
    weights = {lexeme: 1.0 for lexemes in counts.values() for lexeme in lexemes}
    vector = embed_question(" ".join(words or WORDS))
    assert opening.space
    dense = dense_leg(vector, space=opening.space, sums=opening.sums, reader=reader)
    return Legs(lexical_leg(weights, sums=opening.sums, reader=reader), dense), opening.sums


def chunks_of(source: Source) -> set[int]:
    return set(Chunk.objects.filter(document__source=source).values_list("pk", flat=True))


def found_by(legs: Legs) -> list[set[int]]:
    return [{chunk for chunk, _ in leg} for leg in (legs.lexical, legs.dense)]


@pytest.fixture
def shelves(library: Source) -> dict[str, Source]:
    """The library, another public source, and one of an evaluation."""
    rows = {"tests": library}
    for slug, kind in (("other", Source.Kind.FOLDER), ("trial", Source.Kind.TEMPORARY)):
        rows[slug] = Source.objects.create(slug=slug, name=slug, kind=kind, is_public=True)
        text = f"# {slug}\n\nA channel of {slug} needs a fee and a rebalance.\n"
        ingest_documents(rows[slug], [RawDocument(f"{slug}.md", slug, text)], at=NOW)
    return rows


@pytest.mark.parametrize(
    ("named", "expected"),
    [(None, ("tests", "other")), (("other",), ("other",)), (("trial",), ("trial",)), ((), ())],
)
def test_each_leg_stays_within_the_sources_that_are_named(
    shelves: dict[str, Source], named: tuple[str, ...] | None, expected: tuple[str, ...]
) -> None:
    sources = None if named is None else [shelves[slug].pk for slug in named]
    allowed: set[int] = set().union(*(chunks_of(shelves[slug]) for slug in expected))

    legs, sums = legs_of(Reader.of(None, sources=sources))

    assert sums.passages == len(allowed)
    assert all(found <= allowed for found in found_by(legs))
    assert all(bool(found) == bool(allowed) for found in found_by(legs))


def test_naming_a_source_opens_none_that_is_closed(shelves: dict[str, Source], reader: Any) -> None:
    Source.objects.filter(slug="other").update(is_public=False, owner=reader)
    named = [shelves["other"].pk]

    assert found_by(legs_of(Reader.of(None, sources=named))[0]) == [set(), set()]
    assert found_by(legs_of(Reader.of(reader, sources=named))[0]) == [chunks_of(shelves["other"])] * 2


@pytest.mark.parametrize("languages", [("fr",), ("en",), ("en", "fr"), ("de",)])
def test_each_leg_and_the_word_counts_stay_within_the_languages(library: Source, languages: tuple[str, ...]) -> None:
    reader = Reader.of(None, languages=languages)
    spoken = set(Chunk.objects.filter(document__lang__in=languages).values_list("pk", flat=True))

    legs, _ = legs_of(reader)
    counted = word_counts(("frais",), reader=reader, mark=None)

    assert found_by(legs)[1] == spoken
    assert found_by(legs)[0] <= spoken
    assert bool(sum(counted["frais"].values())) is ("fr" in languages)


def test_language_and_source_are_repeated_where_they_are_searched(library: Source) -> None:
    for table in (Posting, ChunkEmbedding):
        for row in table.objects.select_related("chunk__document")[:200]:
            assert (row.lang, row.source_id) == (row.chunk.document.lang, row.chunk.document.source_id)
