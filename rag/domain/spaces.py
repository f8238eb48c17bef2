"""An embedding space as retrieval needs it, which index serves it, and how a model wants its texts. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

EXACT_BELOW = 3_000  # visible vectors: comparing them all is quicker than looking for them in a graph of many more
LEAST_RECALL = 0.97  # recall@10 of an index against the exact scan
STILL_AFTER = 4  # turns of an index's knob: half as wide again
LEAST_GAIN = 0.005  # of recall, in so many turns: less is chance, for so small a sample
HALFVEC_ABOVE = 2_000  # dimensions: what pgvector can index at 32 bits


class IndexKind(StrEnum):
    """How the nearest vectors are found."""

    EXACT = "exact"
    HNSW = "hnsw"
    IVFFLAT = "ivfflat"


class Element(StrEnum):
    """What an index holds of a vector: 32 or 16 bits per dimension."""

    VECTOR = "vector"
    HALFVEC = "halfvec"


class PrefixScheme(StrEnum):
    """What a model wants to read before a text, so that it knows a question from a passage."""

    NONE = "none"
    NOMIC = "nomic"
    E5 = "e5"


QUESTION_PREFIXES = {PrefixScheme.NOMIC: "search_query: ", PrefixScheme.E5: "query: "}
PASSAGE_PREFIXES = {PrefixScheme.NOMIC: "search_document: ", PrefixScheme.E5: "passage: "}


@dataclass(frozen=True, slots=True)
class Space:
    """One embedding space. Vectors of two spaces never meet in one ranking."""

    pk: int
    slug: str
    model: str
    digest: str
    dimension: int
    version: str = ""
    prefix_scheme: str = PrefixScheme.NONE
    index_kind: IndexKind = IndexKind.EXACT
    element: Element = Element.VECTOR
    ef_search: int = 100
    lists: int | None = None
    probes: int | None = None
    least_cosine: float | None = None  # None: the library's
    is_built_in: bool = True


def scheme_of(model: str) -> PrefixScheme:
    """Return the prefixes a model was trained with, told by its name."""
    name = model.lower().rpartition("/")[2]
    if name.startswith("nomic-embed-text"):
        return PrefixScheme.NOMIC
    return PrefixScheme.E5 if "e5-" in name else PrefixScheme.NONE


def as_question(text: str, *, scheme: str) -> str:
    """Return a question as the model of a space reads it."""
    return QUESTION_PREFIXES.get(PrefixScheme(scheme), "") + text


def as_passage(text: str, *, scheme: str) -> str:
    """Return a passage as the model of a space reads it."""
    return PASSAGE_PREFIXES.get(PrefixScheme(scheme), "") + text


def kind_for(vectors: int, *, hnsw_from: int, forced: str = "") -> IndexKind:
    """Return the index that so many vectors are served by; a forced one wins (IX-11)."""
    if forced:
        return IndexKind(forced)
    return IndexKind.HNSW if vectors >= hnsw_from else IndexKind.EXACT


def keeps_kind(current: IndexKind, *, vectors: int, hnsw_from: int, forced: str = "") -> bool:
    """Return whether the index at hand still fits so many vectors; a graph is kept until they are less than half."""
    wanted = kind_for(vectors, hnsw_from=hnsw_from, forced=forced)
    is_shrinking = current == IndexKind.HNSW and wanted == IndexKind.EXACT and not forced
    return current == wanted or (is_shrinking and vectors * 2 >= hnsw_from)


def stands_still(recalls: Sequence[float]) -> bool:
    """Tell whether the last turns of an index's knob found nothing more; what it misses then, no width finds."""
    return len(recalls) > STILL_AFTER and recalls[-1] - recalls[-1 - STILL_AFTER] < LEAST_GAIN


def lists_for(vectors: int) -> int:
    """Return how many lists an ivfflat index has: one for 1,000 vectors, and the root of them beyond a million."""
    return max(1, round(vectors / 1000 if vectors <= 1_000_000 else math.sqrt(vectors)))


def element_for(dimension: int) -> Element:
    """Return what an index of this width holds: beyond 2,000 dimensions only 16 bits can be indexed."""
    return Element.HALFVEC if dimension > HALFVEC_ABOVE else Element.VECTOR
