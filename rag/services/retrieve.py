"""Find the passages for a question: by words and by meaning, fused. Four statements, whatever the library's size."""

import time
from collections.abc import Mapping, Sequence

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

from models_registry.services.embed import embed_question, embedding_space
from rag import metrics
from rag.domain.answerable import Support, judge
from rag.domain.bm25 import QuestionWord, lexeme_weights
from rag.domain.expansion import Expansion, candidate_terms, expand, fold, words_of
from rag.domain.fusion import distinct, reciprocal_rank_fusion
from rag.domain.language import detect_language, is_function_word
from rag.domain.passages import Passage, Retrieval
from rag.domain.policy import SHIPPED, Policy
from rag.services.search_sql import (
    ChunkRow,
    CorpusSums,
    Legs,
    Reader,
    chunk_rows,
    glossary_rows,
    search_legs,
    word_frequencies,
)

SPARE = 6  # candidates read beyond k, to replace near-duplicates


def retrieve(
    question: str,
    *,
    k: int | None = None,
    lang: str | None = None,
    user: AbstractBaseUser | AnonymousUser | None = None,
    policy: Policy = SHIPPED,
) -> Retrieval:
    """Return the k best passages that `user` may read, and whether they can hold the answer.

    `policy` says how many when `k` does not, and how near they must be; `queries.library_policy` reads the row.

    :raises ProviderUnavailable: when the embedder's files are missing or altered.
    """
    started = time.perf_counter()
    lang = lang or detect_language(question)
    reader = Reader.of(user)
    with metrics.EXPANSION_SECONDS.time():
        expansion = expand_question(question)
    words, sums = _weigh_words(expansion, lang=lang, reader=reader)
    legs = _search(expansion, words, sums, reader=reader)
    passages = _passages(legs, k=k or policy.top_k)
    support = judge(
        words,
        question=question,
        passage_texts=[fold(f"{one.breadcrumb} {one.text}") for one in passages],
        best_cosine=legs.dense[0][1] if legs.dense else None,
        covered=expansion.covered,
        passages=sums.passages,
        lang=lang,
        least_cosine=policy.least_cosine,
    )
    elapsed_ms = (time.perf_counter() - started) * 1000
    _measure(legs, expansion, passages, elapsed_ms=elapsed_ms)
    return _retrieval(question, lang, passages, support, elapsed_ms=round(elapsed_ms))


def _search(expansion: Expansion, words: Sequence[QuestionWord], sums: CorpusSums, *, reader: Reader) -> Legs:
    vector = embed_question(expansion.text)
    with metrics.HYBRID_SEARCH_SECONDS.time():
        return search_legs(
            lexeme_weights(words, passages=sums.passages),
            vector,
            space=embedding_space(),
            mean_length=sums.mean_length,
            reader=reader,
        )


def _retrieval(
    question: str, lang: str, passages: tuple[Passage, ...], support: Support, *, elapsed_ms: int
) -> Retrieval:
    return Retrieval(
        question=question,
        lang=lang,
        passages=passages,
        best_cosine=support.best_cosine,
        missing_terms=support.missing_names or support.missing,
        is_answerable=support.is_answerable,
        index_version=embedding_space().slug,
        elapsed_ms=elapsed_ms,
    )


def expand_question(question: str) -> Expansion:
    """Return the question with what its glossary terms stand for. One statement."""
    runs = candidate_terms(question)
    return expand(question, glossary_rows(list(runs)), candidates=runs)


def _weigh_words(expansion: Expansion, *, lang: str, reader: Reader) -> tuple[tuple[QuestionWord, ...], CorpusSums]:
    own = [word for word in dict.fromkeys(words_of(expansion.question)) if not is_function_word(word, lang=lang)]
    added = [word for word in dict.fromkeys(words_of(" ".join(expansion.added))) if word not in own]
    frequencies, sums = word_frequencies([*own, *added], reader=reader)
    words = tuple(
        QuestionWord(word, held, is_added=place >= len(own))
        for place, (word, held) in enumerate(zip([*own, *added], frequencies, strict=True))
    )
    return words, sums


def _passages(legs: Legs, *, k: int) -> tuple[Passage, ...]:
    fused = reciprocal_rank_fusion([[chunk for chunk, _ in legs.lexical], [chunk for chunk, _ in legs.dense]])
    scores = dict(fused[: k + SPARE])
    rows = chunk_rows(list(scores))
    order = [chunk for chunk in scores if chunk in rows]  # a chunk may be gone since the legs were read
    kept = distinct({chunk: rows[chunk].text for chunk in order}, order=order)[:k]
    bm25, cosines = _ranked(legs.lexical), _ranked(legs.dense)
    return tuple(
        _passage(rows[chunk], rank=rank, score=scores[chunk], bm25=bm25.get(chunk), cosine=cosines.get(chunk))
        for rank, chunk in enumerate(kept, start=1)
    )


def _ranked(leg: Sequence[tuple[int, float]]) -> Mapping[int, tuple[int, float]]:
    return {chunk: (rank, score) for rank, (chunk, score) in enumerate(leg, start=1)}


def _passage(
    row: ChunkRow, *, rank: int, score: float, bm25: tuple[int, float] | None, cosine: tuple[int, float] | None
) -> Passage:
    return Passage(
        chunk_id=row.chunk_id,
        document_id=row.document_id,
        document_uid=row.document_uid,
        title=row.title,
        breadcrumb=row.breadcrumb,
        text=row.text,
        lang=row.lang,
        url=row.url,
        rank=rank,
        score=score,
        cosine=cosine[1] if cosine else None,
        bm25=bm25[1] if bm25 else None,
        dense_rank=cosine[0] if cosine else None,
        lexical_rank=bm25[0] if bm25 else None,
    )


def _measure(legs: Legs, expansion: Expansion, passages: Sequence[Passage], *, elapsed_ms: float) -> None:
    metrics.RETRIEVAL_LATENCY_MS.observe(elapsed_ms)
    metrics.DENSE_RESULTS.observe(len(legs.dense))
    metrics.SPARSE_RESULTS.observe(len(legs.lexical))
    metrics.EXPANSION_VARIANTS.observe(len(expansion.added))
    cosines = [one.cosine for one in passages if one.cosine is not None]
    if passages:
        metrics.FUSION_SCORE.observe(passages[0].score)
    if cosines:
        metrics.TOPK_MAX.observe(max(cosines))
        metrics.TOPK_MEAN.observe(sum(cosines) / len(cosines))
