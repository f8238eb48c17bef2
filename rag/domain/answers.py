"""What an answer is made of, how sure it is and how good. Pure."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from models_registry.domain.errors import RateLimited
from rag.domain.citing import cited_numbers, numbers_in, ungrounded_numbers, without_code
from rag.domain.language import detect_language
from rag.domain.passages import Citation, Passage, Retrieval
from rag.domain.quoting import best_quotes, extractive_answer, quote, wanted_stems

LOW_COSINE, HIGH_COSINE = 0.25, 0.70  # of unrelated and of closely matching passages in the built-in space
AGREEMENT_BONUS = 0.1  # both legs rank the first passage among their first five
AGREEMENT_DEPTH = 5
UNGROUNDED_PENALTY = 0.2
UNCITED_CEILING = 0.3
WEIGHTS = {"grounding": 0.30, "evidence": 0.20, "usefulness": 0.10}  # FEATURES 3.2, the parts an answer has
MOST_NEAREST = 3

NOTES = {
    "en": {
        "searching": "Searching the library.",
        "writing": "Writing the answer.",
        "lacking": "The library does not seem to hold the answer.",
        "broke_off": "The model broke off in the middle of its answer. Ask again.",
        "canceled": "Stopped. What had been written so far is kept.",
        "degraded": "No language model answered. This answer quotes the library word for word.",
        "busy": "The model was busy. This answer quotes the library word for word; ask again in about {seconds} s.",
        "busy_now": "The model was busy. This answer quotes the library word for word; ask again a little later.",
        "abstained": "The library does not hold the answer.",
        "missing": "Nothing in it mentions: {terms}.",
        "next": "Add a document that covers it, or ask with other words.",
        "nearest": "The nearest passages are:",
        "empty": "It holds no document that you may read.",
    },
    "fr": {
        "searching": "Recherche dans la bibliothèque.",
        "writing": "Rédaction de la réponse.",
        "lacking": "La bibliothèque ne semble pas contenir la réponse.",
        "broke_off": "Le modèle s'est interrompu au milieu de sa réponse. Reposez la question.",
        "canceled": "Arrêté. Ce qui était déjà écrit est conservé.",
        "degraded": "Aucun modèle de langage n'a répondu. Cette réponse cite la bibliothèque mot pour mot.",
        "busy": "Le modèle était occupé. Cette réponse cite la bibliothèque mot pour mot ; "
        "reposez la question dans environ {seconds} s.",
        "busy_now": "Le modèle était occupé. Cette réponse cite la bibliothèque mot pour mot ; "
        "reposez la question un peu plus tard.",
        "abstained": "La bibliothèque ne contient pas la réponse.",
        "missing": "Rien n'y mentionne : {terms}.",
        "next": "Ajoutez un document qui en traite, ou demandez avec d'autres mots.",
        "nearest": "Les passages les plus proches sont :",
        "empty": "Elle ne contient aucun document que vous puissiez lire.",
    },
}


@dataclass(frozen=True, slots=True)
class Quality:
    """0 to 1 over the components that apply; `coverage` is the weight they stand for."""

    score: float
    components: Mapping[str, float]
    coverage: float


@dataclass(frozen=True, slots=True)
class Draft:
    """An answer's words before they are checked, and which engine wrote them."""

    text: str
    model: str = ""
    is_degraded: bool = False
    is_abstention: bool = False
    dropped_citations: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class AnswerResult:
    """A checked answer as it is sent, stored and cached (AD-07)."""

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
    ungrounded_numbers: tuple[float, ...]
    embed_model: str
    embed_version: str
    index_version: str
    sources: tuple[Mapping[str, Any], ...] = field(default=())

    def as_data(self) -> dict[str, Any]:
        """Return JSON-safe data under the names that the API promises (AD-07, WF-04)."""
        content = {
            "answer": self.text,
            "lang": self.lang,
            "query_type": self.query_type,
            "citations": [asdict(one) for one in self.citations],
            "sources": [dict(one) for one in self.sources],
            "confidence": self.confidence,
            "confidence_score": self.confidence,
            "quality_score": self.quality.score if self.quality else None,
            "quality_components": dict(self.quality.components) if self.quality else {},
            "model": self.model,
            "model_used": self.model,
            "degraded": self.degraded,
            "abstained": self.abstained,
            "note": self.note,
        }
        named = ("embed_model", "embed_version", "index_version")
        lists = ("missing_terms", "ungrounded_numbers")
        return (
            content
            | {name: getattr(self, name) for name in named}
            | {name: list(getattr(self, name)) for name in lists}
        )


def note(name: str, *, lang: str) -> str:
    """Return one of our own sentences in the reader's language, English where we do not speak it."""
    return NOTES.get(lang, NOTES["en"])[name]


def degraded_note(refusal: RateLimited | None, *, lang: str) -> str:
    """Return why no model answered: nobody could, or all were busy, and then when to ask again."""
    if refusal is None:
        return note("degraded", lang=lang)
    if refusal.retry_after_s is None:
        return note("busy_now", lang=lang)
    return note("busy", lang=lang).format(seconds=math.ceil(refusal.retry_after_s))


def abstention(retrieval: Retrieval) -> Draft:
    """Return what is said when the library does not hold the answer: what is missing, and what comes nearest."""
    words = NOTES.get(retrieval.lang, NOTES["en"])
    parts = [words["abstained"]]
    if not retrieval.passages:
        parts.append(words["empty"])
    elif retrieval.missing_terms:
        parts.append(words["missing"].format(terms=", ".join(retrieval.missing_terms)))
    parts.append(words["next"])
    lines = [" ".join(parts)]
    nearest = retrieval.passages[:MOST_NEAREST]
    if nearest:
        lines += ["", words["nearest"], ""]
        lines += [f"- {passage.breadcrumb} [{number}]" for number, passage in enumerate(nearest, start=1)]
    return Draft("\n".join(lines), is_abstention=True)


def quoted(retrieval: Retrieval) -> Draft:
    """Return what is said without a model: the sentences of the best passages, word for word."""
    quotes = best_quotes(retrieval.question, passages=retrieval.passages)
    if not quotes:
        return abstention(retrieval)
    text = extractive_answer(quotes, passages=retrieval.passages, lang=retrieval.lang)
    return Draft(text, is_degraded=True)


def citations_of(text: str, *, question: str, passages: Sequence[Passage]) -> tuple[Citation, ...]:
    """Return the citations of an answer in order of their numbers, each with the words of its passage that say most."""
    wanted = wanted_stems(question, passages=passages)
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
    refusal: RateLimited | None = None,
) -> AnswerResult:
    """Return the answer with its citations, confidence and quality; `given` are the fact texts beside the passages.

    `refusal` says that every model was busy.
    """
    citations = citations_of(draft.text, question=retrieval.question, passages=retrieval.passages)
    texts = [*given, retrieval.question, *(f"{one.breadcrumb}\n{one.text}" for one in retrieval.passages)]
    ungrounded = () if draft.is_degraded else ungrounded_numbers(draft.text, given=texts)
    is_judged = not draft.is_abstention
    rating = quality(draft, citations=citations, ungrounded=ungrounded, lang=retrieval.lang)
    return AnswerResult(
        text=draft.text,
        lang=retrieval.lang,
        query_type=query_type,
        citations=citations,
        confidence=confidence(retrieval, citations=citations, ungrounded=ungrounded) if is_judged else None,
        quality=rating if is_judged else None,
        model=draft.model,
        degraded=draft.is_degraded,
        abstained=draft.is_abstention,
        note=degraded_note(refusal, lang=retrieval.lang) if draft.is_degraded else "",
        missing_terms=retrieval.missing_terms,
        ungrounded_numbers=ungrounded,
        sources=sources_of(citations),
        **space,
    )


def sources_of(citations: Sequence[Citation]) -> tuple[Mapping[str, Any], ...]:
    """Return the cited documents, each once, in order of first citation."""
    found: dict[str, Mapping[str, Any]] = {}
    for one in citations:
        source = {"uid": one.document_uid, "title": one.title, "url": one.url, "document_id": one.document_id}
        found.setdefault(one.document_uid, source)
    return tuple(found.values())


def confidence(retrieval: Retrieval, *, citations: Sequence[Citation], ungrounded: Sequence[float]) -> float:
    """Return 0 to 1: how near the passages are, lowered for numbers nobody gave, capped when nothing is cited."""
    near = ((retrieval.best_cosine or 0.0) - LOW_COSINE) / (HIGH_COSINE - LOW_COSINE)
    first = retrieval.passages[0] if retrieval.passages else None
    if first and max(first.dense_rank or 99, first.lexical_rank or 99) <= AGREEMENT_DEPTH:
        near += AGREEMENT_BONUS
    if ungrounded:
        near -= UNGROUNDED_PENALTY
    ceiling = 1.0 if citations else UNCITED_CEILING
    return round(min(max(near, 0.0), ceiling), 3)


def quality(draft: Draft, *, citations: Sequence[Citation], ungrounded: Sequence[float], lang: str) -> Quality:
    """Return the quality of an answer by what it can show (FEATURES 3.2); without a valid citation it is 0."""
    stated = len({number for number in numbers_in(without_code(draft.text)) if number > 2})
    held = len(citations) / max(len(citations) + len(set(draft.dropped_citations)), 1)
    components = {"evidence": held, "usefulness": float(detect_language(draft.text, default=lang) == lang)}
    if stated:
        components["grounding"] = 1 - min(len(ungrounded) / stated, 1.0)
    coverage = sum(WEIGHTS[name] for name in components)
    score = sum(WEIGHTS[name] * value for name, value in components.items()) / coverage if citations else 0.0
    return Quality(round(score, 3), {name: round(value, 3) for name, value in components.items()}, round(coverage, 2))
