"""Which index for how many vectors, which prefixes for which model."""

import pytest

from rag.domain.spaces import (
    Element,
    IndexKind,
    PrefixScheme,
    as_passage,
    as_question,
    element_for,
    keeps_kind,
    kind_for,
    lists_for,
    scheme_of,
    stands_still,
)


@pytest.mark.parametrize(
    ("vectors", "forced", "expected"),
    [
        (0, "", IndexKind.EXACT),
        (19_999, "", IndexKind.EXACT),
        (20_000, "", IndexKind.HNSW),
        (5_000_000, "", IndexKind.HNSW),
        (20_000, "ivfflat", IndexKind.IVFFLAT),
        (10, "hnsw", IndexKind.HNSW),
        (5_000_000, "exact", IndexKind.EXACT),
    ],
)
def test_the_size_decides_unless_a_kind_is_forced(vectors: int, forced: str, expected: IndexKind) -> None:
    assert kind_for(vectors, hnsw_from=20_000, forced=forced) == expected


@pytest.mark.parametrize(
    ("current", "vectors", "forced", "expected"),
    [
        (IndexKind.EXACT, 19_999, "", True),
        (IndexKind.EXACT, 20_000, "", False),
        (IndexKind.HNSW, 20_000, "", True),
        (IndexKind.HNSW, 10_000, "", True),
        (IndexKind.HNSW, 9_999, "", False),
        (IndexKind.HNSW, 15_000, "exact", False),
        (IndexKind.IVFFLAT, 30_000, "", False),
    ],
)
def test_a_graph_is_not_given_up_for_a_few_passages_less(
    current: IndexKind, vectors: int, forced: str, expected: bool
) -> None:
    assert keeps_kind(current, vectors=vectors, hnsw_from=20_000, forced=forced) is expected


@pytest.mark.parametrize(
    ("model", "question", "passage"),
    [
        ("nomic-embed-text:latest", "search_query: fees", "search_document: fees"),
        ("someone/nomic-embed-text-v2-moe", "search_query: fees", "search_document: fees"),
        ("multilingual-e5-large:latest", "query: fees", "passage: fees"),
        ("bge-m3:latest", "fees", "fees"),
        ("all-MiniLM-L6-v2", "fees", "fees"),
    ],
)
def test_a_model_reads_the_prefixes_it_was_trained_with(model: str, question: str, passage: str) -> None:
    scheme = scheme_of(model)

    assert (as_question("fees", scheme=scheme), as_passage("fees", scheme=scheme)) == (question, passage)


@pytest.mark.parametrize(
    ("recalls", "expected"),
    [
        ([0.96, 0.96, 0.96, 0.96], False),
        ([0.90, 0.91, 0.92, 0.93, 0.94], False),
        ([0.90, 0.96, 0.961, 0.961, 0.963], False),
        ([0.90, 0.96, 0.961, 0.961, 0.962, 0.963], True),
    ],
)
def test_a_knob_stands_still_once_four_turns_find_nothing_more(recalls: list[float], expected: bool) -> None:
    assert stands_still(recalls) is expected


@pytest.mark.parametrize(("vectors", "expected"), [(0, 1), (400, 1), (4000, 4), (1_000_000, 1000), (4_000_000, 2000)])
def test_lists_follow_from_the_size(vectors: int, expected: int) -> None:
    assert lists_for(vectors) == expected


@pytest.mark.parametrize(("dimension", "expected"), [(384, "vector"), (2000, "vector"), (2001, "halfvec")])
def test_what_is_too_wide_for_an_index_is_halved(dimension: int, expected: str) -> None:
    assert element_for(dimension) == Element(expected)


def test_a_scheme_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="odd"):
        as_question("fees", scheme="odd")
    assert PrefixScheme("none") is PrefixScheme.NONE
