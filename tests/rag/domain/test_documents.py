"""Documents before they are stored: their hash, their names, and groups of them."""

from dataclasses import replace

import pytest

from rag.domain.chunking import ChunkText, StoredChunk, recut
from rag.domain.documents import RawDocument, Unread, batches, enclosing, short_uid

DOCUMENT = RawDocument("a.md", "A", "text")


def test_the_hash_is_of_everything_but_the_uid() -> None:
    assert DOCUMENT.sha256() == replace(DOCUMENT, uid="b.md").sha256()
    for change in ({"title": "B"}, {"content": "x"}, {"lang": "fr"}, {"metrics": {"a": 1}}, {"quality": 0.5}):
        assert DOCUMENT.sha256() != replace(DOCUMENT, **change).sha256()


@pytest.mark.parametrize("length", [1, 200, 201, 5000])
def test_a_uid_always_fits_and_long_names_stay_apart(length: int) -> None:
    first, second = short_uid("x" * length), short_uid("x" * length + "y")

    assert len(first) <= 200
    assert first != second


def test_what_is_in_a_file_names_the_file() -> None:
    assert list(enclosing("a/b.zip/c.json#3")) == ["a/b.zip/c.json#3", "a/b.zip/c.json", "a/b.zip", "a"]


def test_groups_are_bounded_in_number_and_characters() -> None:
    items = [replace(DOCUMENT, uid=str(n), content="x" * 10) for n in range(5)] + [Unread("u", "c", "m")]

    by_number = [len(group) for group in batches(items, most=2, most_characters=1000)]
    by_size = [len(group) for group in batches(items, most=100, most_characters=25)]
    early = [len(group) for group in batches(items, most=2, most_characters=1000, first=1)]
    long = list(batches([replace(DOCUMENT, content="x" * 99)], most=2, most_characters=10))

    assert (by_number, by_size, early, len(long)) == ([2, 2, 2], [2, 2, 2], [1, 2, 2, 1], 1)


def piece(ordinal: int, text: str) -> ChunkText:
    return ChunkText(ordinal, "crumb", text, 1)


def test_passages_that_are_the_same_stay_wherever_they_move() -> None:
    stored = [StoredChunk(n, n, piece(n, text).sha256) for n, text in enumerate("abca")]

    changes = recut(stored, [piece(0, "new"), piece(1, "a"), piece(2, "c"), piece(3, "a")])

    assert [(one.pk, new.ordinal) for one, new in changes.kept] == [(0, 1), (2, 2), (3, 3)]
    assert [one.text for one in changes.added] == ["new"]
    assert changes.gone == (1,)
