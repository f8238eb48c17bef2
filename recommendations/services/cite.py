"""Find the passages of the public library that a rule's advice rests on. Kept in memory: topics are few, nodes many."""

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache

from rag.domain.commands import BARE, skeleton
from rag.domain.hygiene import suspicious_patterns
from rag.domain.passages import Citation, Passage
from rag.queries.policy import library_epoch
from rag.services.retrieve import retrieve
from recommendations.domain.recommendation import ScoredRecommendation

MOST_CITATIONS = 2
LONGEST_QUOTE = 320
CONSIDERED = 6  # passages looked at; one that gives orders is passed over


def cited(items: Iterable[ScoredRecommendation]) -> tuple[ScoredRecommendation, ...]:
    """Return the items, each with up to MOST_CITATIONS citations for its topics; () where the library says nothing."""
    epoch = library_epoch()
    return tuple(replace(item, citations=_cited(" ".join(item.topics), epoch)) for item in items)


@lru_cache(maxsize=512)
def _cited(words: str, _epoch: str) -> tuple[Citation, ...]:
    if not words:
        return ()
    found = [one for one in retrieve(words, k=CONSIDERED, lang="en").passages if is_harmless(one.text)]
    distinct = {passage.document_id: passage for passage in reversed(found)}
    best = sorted(distinct.values(), key=lambda passage: passage.rank)[:MOST_CITATIONS]
    return tuple(_citation(number, passage) for number, passage in enumerate(best, start=1))


def is_harmless(text: str) -> bool:
    """Whether a passage may stand beside advice: no orders to a model, no command that acts on everything."""
    words = skeleton(text)
    return not suspicious_patterns(text) and not any(word in words for word in BARE)


def _citation(number: int, passage: Passage) -> Citation:
    words = " ".join(passage.text.split())
    quote = words if len(words) <= LONGEST_QUOTE else f"{words[:LONGEST_QUOTE].rsplit(' ', 1)[0]} …"
    return Citation(
        number=number,
        chunk_id=passage.chunk_id,
        document_uid=passage.document_uid,
        title=passage.title,
        breadcrumb=passage.breadcrumb,
        quote=quote,
        url=passage.url,
    )
