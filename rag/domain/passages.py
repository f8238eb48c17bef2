"""What retrieval returns: passages with where they come from and why they were found."""

from dataclasses import dataclass, field

from rag.domain.answerable import Lack
from rag.domain.steps import ALL_STEPS, Steps
from rag.domain.trace import Span


@dataclass(frozen=True, slots=True)
class LegPlace:
    """Where one leg put a passage: `rank` counts from 1, `share` is what that added to the fused score."""

    leg: str
    rank: int
    score: float
    share: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a passage was found. `words` of the question it holds, `added` ones that the glossary brought."""

    legs: tuple[LegPlace, ...] = ()
    words: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    moved_from: int | None = None  # its rank before the reranker


@dataclass(frozen=True, slots=True)
class Passage:
    """One chunk of a document. `rank` counts from 1; `score` is the fused one; legs are None where a leg missed it."""

    chunk_id: int
    document_id: int
    document_uid: str
    title: str
    breadcrumb: str
    text: str
    lang: str
    url: str
    rank: int
    score: float
    cosine: float | None
    bm25: float | None
    dense_rank: int | None
    lexical_rank: int | None
    explain: Explanation = field(default_factory=Explanation)


@dataclass(frozen=True, slots=True)
class Retrieval:
    """The passages for one question, with the best cosine and the terms no passage holds."""

    question: str
    lang: str
    passages: tuple[Passage, ...]
    best_cosine: float | None
    missing_terms: tuple[str, ...] = ()
    is_answerable: bool = True
    index_version: str = ""
    elapsed_ms: int = 0
    lack: Lack | None = None  # why it is not answerable
    added: tuple[str, ...] = ()  # words that the glossary appended before the search
    rewritten: str | None = None  # what was searched in the question's place
    steps: Steps = ALL_STEPS
    took: tuple[Span, ...] = ()  # its parts: what it waited for the vectors, the search with that wait, the order


@dataclass(frozen=True, slots=True)
class Citation:
    """A numbered reference shown to the reader; `number` counts from 1 within one answer."""

    number: int
    chunk_id: int
    document_uid: str
    title: str
    breadcrumb: str
    quote: str
    url: str
    document_id: int | None = None
