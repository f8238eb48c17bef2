"""What an answer is made of: its words, its citations, what was checked, how it is sent. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from models_registry.domain.errors import RateLimited
from rag.domain.citing import cited_numbers
from rag.domain.grounding import Check, Evidence, Kind, check_answer
from rag.domain.guarding import Given, guarded
from rag.domain.notes import NOTES, degraded_note
from rag.domain.passages import Citation, Passage, Retrieval
from rag.domain.quality import Quality, confidence, quality
from rag.domain.quantities import quantities_in
from rag.domain.quoting import best_quotes, extractive_answer, quote, wanted_stems

MOST_NEAREST = 3


@dataclass(frozen=True, slots=True)
class Draft:
    """An answer's words before they are checked, and which engine wrote them.

    `removed`: the kinds of what was left out.
    """

    text: str
    model: str = ""
    is_degraded: bool = False
    is_abstention: bool = False
    dropped_citations: tuple[int, ...] = ()
    removed: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class AnswerResult:
    """A checked answer as it is sent, stored and cached (AD-07).

    `standalone` is a follow-up as it was searched; `cached_from` the question an earlier answer was given to.
    """

    text: str
    lang: str
    query_type: str
    citations: tuple[Citation, ...]
    confidence: float | None
    quality: Quality | None
    model: str
    degraded: bool
    abstained: bool
    note: str
    missing_terms: tuple[str, ...]
    checks: tuple[Check, ...]
    embed_model: str
    embed_version: str
    index_version: str
    sources: tuple[Mapping[str, Any], ...] = ()
    passages: tuple[Mapping[str, Any], ...] = ()
    standalone: str = ""
    cached_from: str = ""

    @property
    def ungrounded_numbers(self) -> tuple[float, ...]:
        """The numbers that nobody gave, without units."""
        written = (one.text for one in self.checks if one.kind is Kind.NUMBER)
        return tuple(dict.fromkeys(number for text in written for number in numbers_of(text)))

    def checks_data(self) -> list[dict[str, Any]]:
        """Return what was found wrong, as it is sent and stored."""
        return [one.as_data(lang=self.lang) for one in self.checks]

    def as_data(self) -> dict[str, Any]:
        """Return JSON-safe data under the names that the API promises (AD-07, WF-04)."""
        content = {
            "answer": self.text,
            "citations": [asdict(one) for one in self.citations],
            "sources": [dict(one) for one in self.sources],
            "passages": [dict(one) for one in self.passages],
            "checks": self.checks_data(),
            "confidence": self.confidence,
            "confidence_score": self.confidence,
            "quality_score": self.quality.score if self.quality else None,
            "quality_components": dict(self.quality.components) if self.quality else {},
            "model": self.model,
            "model_used": self.model,
            "missing_terms": list(self.missing_terms),
            "ungrounded_numbers": list(self.ungrounded_numbers),
        }
        named = ("lang", "query_type", "degraded", "abstained", "note", "standalone", "cached_from")
        space = ("embed_model", "embed_version", "index_version")
        return content | {name: getattr(self, name) for name in (*named, *space)}


def numbers_of(written: str) -> tuple[float, ...]:
    """Return the numbers of a text as the API lists them."""
    return tuple(one.plain[0] for one in quantities_in(written))


def abstention(retrieval: Retrieval, *, is_by_model: bool = False) -> Draft:
    """Return what is said when the library does not hold the answer: what is missing, and what comes nearest.

    `is_by_model`: a model read the passages and said so.
    """
    words = NOTES.get(retrieval.lang, NOTES["en"])
    parts = [words["abstained"]]
    if not retrieval.passages:
        parts.append(words["empty"])
    elif retrieval.missing_terms:
        parts.append(words["missing"].format(terms=", ".join(retrieval.missing_terms)))
    elif is_by_model:
        parts.append(words["not_found"])
    parts.append(words["next"])
    lines = [" ".join(parts)]
    nearest = retrieval.passages[:MOST_NEAREST]
    if nearest:
        lines += ["", words["nearest"], ""]
        lines += [f"- {_harmless(passage.breadcrumb)} [{number}]" for number, passage in enumerate(nearest, start=1)]
    return Draft("\n".join(lines), is_abstention=True)


def quoted(retrieval: Retrieval, *, refusal: RateLimited | None = None) -> Draft:
    """Return what is said without a model: the sentences of the best passages, word for word.

    What an answer may not repeat is left out of them too. `refusal` says that every model was busy.
    """
    quotes = best_quotes(retrieval.question, passages=retrieval.passages, added=retrieval.added)
    if not quotes:
        return abstention(retrieval)
    text = extractive_answer(quotes, passages=retrieval.passages, lang=retrieval.lang)
    text = guarded(text, given_to(retrieval, facts=()), lang=retrieval.lang)
    return Draft(text, is_degraded=True, note=degraded_note(refusal, lang=retrieval.lang))


def given_to(retrieval: Retrieval, *, facts: Sequence[str]) -> Given:
    """Return what the guard of an answer compares with; `facts` are the lines about a node."""
    asked = (retrieval.question, retrieval.rewritten or "", *facts)
    texts = (f"{one.title}\n{one.breadcrumb}\n{one.text}\n{one.url}" for one in retrieval.passages)
    return Given.of(texts, asked=asked)


def evidence_of(retrieval: Retrieval, *, facts: Sequence[str]) -> Evidence:
    """Return what the statements of an answer are held against."""
    texts = (f"{one.title}\n{one.breadcrumb}\n{one.text}" for one in retrieval.passages)
    return Evidence.of(texts, given=(retrieval.question, retrieval.rewritten or "", *facts))


def citations_of(
    text: str, *, question: str, passages: Sequence[Passage], added: Sequence[str]
) -> tuple[Citation, ...]:
    """Return the citations of an answer in order of their numbers, each with the words of its passage that say most."""
    wanted = wanted_stems(question, passages=passages, added=added)
    numbers = sorted(number for number in cited_numbers(text) if 1 <= number <= len(passages))
    return tuple(_citation(number, passages[number - 1], wanted=wanted) for number in numbers)


def _citation(number: int, passage: Passage, *, wanted: Mapping[str, float]) -> Citation:
    words = quote(passage, number=number, wanted=wanted)
    return Citation(
        number=number,
        chunk_id=passage.chunk_id,
        document_uid=passage.document_uid,
        title=passage.title,
        breadcrumb=passage.breadcrumb,
        quote=words.text if words else passage.text[:300],
        url=passage.url,
        document_id=passage.document_id,
    )


def check(
    draft: Draft,
    *,
    retrieval: Retrieval,
    given: Sequence[str],
    query_type: str,
    space: Mapping[str, str],
    standalone: str = "",
    evidence: Evidence | None = None,
    found: Retrieval | None = None,
) -> AnswerResult:
    """Return the answer with its citations, checks, confidence and quality.

    `given` are the fact texts beside the passages; `evidence` the same with the passages, where it was read already.
    `found` is all that was found, where the model read less of it.
    """
    citations = citations_of(
        draft.text, question=retrieval.question, passages=retrieval.passages, added=retrieval.added
    )
    is_spoken, is_judged = bool(draft.model), not draft.is_abstention
    checks, claims = check_answer(draft.text, evidence or evidence_of(retrieval, facts=given)) if is_spoken else ((), 0)
    checks = (*checks, *_left_out(draft))
    rating = quality(
        citations=citations,
        dropped=len(set(draft.dropped_citations)),
        checks=checks,
        claims=claims,
        text=draft.text,
        lang=retrieval.lang,
    )
    return AnswerResult(
        text=draft.text,
        lang=retrieval.lang,
        query_type=query_type,
        citations=citations,
        confidence=confidence(retrieval, citations=citations, checks=checks) if is_judged else None,
        quality=rating if is_judged else None,
        model=draft.model,
        degraded=draft.is_degraded,
        abstained=draft.is_abstention,
        note=draft.note,
        missing_terms=retrieval.missing_terms,
        checks=checks,
        sources=sources_of(citations),
        passages=explained(found or retrieval, read=len(retrieval.passages)),
        standalone=standalone,
        **space,
    )


def _left_out(draft: Draft) -> tuple[Check, ...]:
    """Return a check for each citation of no passage, and for each thing the guard took out."""
    dropped = (Check(Kind.CITATION, f"[{number}]") for number in dict.fromkeys(draft.dropped_citations))
    return (*dropped, *(Check(Kind.REMOVED, kind) for kind in dict.fromkeys(draft.removed)))


def sources_of(citations: Sequence[Citation]) -> tuple[Mapping[str, Any], ...]:
    """Return the cited documents, each once, in order of first citation."""
    found: dict[str, Mapping[str, Any]] = {}
    for one in citations:
        source = {"uid": one.document_uid, "title": one.title, "url": one.url, "document_id": one.document_id}
        found.setdefault(one.document_uid, source)
    return tuple(found.values())


def explained(retrieval: Retrieval, *, read: int) -> tuple[Mapping[str, Any], ...]:
    """Return why each passage was found: its rank and score in each leg, and the words of the question it holds.

    The first `read` of them were told to the model.
    """
    return tuple(
        {
            "number": number,
            "chunk_id": one.chunk_id,
            "document_id": one.document_id,
            "title": one.title,
            "breadcrumb": one.breadcrumb,
            "score": round(one.score, 5),
            "cosine": None if one.cosine is None else round(one.cosine, 4),
            "bm25": None if one.bm25 is None else round(one.bm25, 3),
            "dense_rank": one.dense_rank,
            "lexical_rank": one.lexical_rank,
            "words": list(one.explain.words),
            "added": list(one.explain.added),
            "moved_from": one.explain.moved_from,
            "is_read": number <= read,
        }
        for number, one in enumerate(retrieval.passages, start=1)
    )


def _harmless(breadcrumb: str) -> str:
    """Return a title that no Markdown can be made of; it is a document's."""
    return re.sub(r"[\[\]`*_<|#]", " ", breadcrumb)
