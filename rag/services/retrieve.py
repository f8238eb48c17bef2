"""Find the passages for a question: by words and by meaning, fused. Five statements, whatever the library's size."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

from rag import metrics
from rag.domain.answerable import Support, judge
from rag.domain.bm25 import QuestionWord, lexeme_weights
from rag.domain.expansion import Expansion, candidate_terms, expand, fold, words_of
from rag.domain.fusion import distinct, reciprocal_rank_fusion
from rag.domain.language import detect_language, is_function_word
from rag.domain.passages import Explanation, LegPlace, Passage, Retrieval
from rag.domain.policy import SHIPPED, Policy
from rag.domain.spaces import Space
from rag.domain.steps import ALL_STEPS, Steps
from rag.services.active_space import active_space, embed_question_in
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


@dataclass(frozen=True, slots=True)
class _Search:
    """One retrieval under way: what is asked, by whom, and how."""

    question: str
    lang: str
    reader: Reader
    policy: Policy
    steps: Steps
    space: Space | None
    rewritten: str | None = None

    @property
    def searched(self) -> str:
        return self.rewritten or self.question

    @property
    def least_cosine(self) -> float:
        own = self.space.least_cosine if self.space else None
        return self.policy.least_cosine if own is None else own


def retrieve(
    question: str,
    *,
    k: int | None = None,
    lang: str | None = None,
    user: AbstractBaseUser | AnonymousUser | None = None,
    policy: Policy = SHIPPED,
    sources: Sequence[int] | None = None,
    languages: Sequence[str] | None = None,
    steps: Steps = ALL_STEPS,
    rewritten: str | None = None,
) -> Retrieval:
    """Return the k best passages that `user` may read, and whether they can hold the answer.

    `policy` says how many when `k` does not, and how near they must be; `queries.library_policy` reads the row.
    `sources` and `languages` narrow what is searched; None: every source, and the policy's languages. `rewritten` is
    the question in English, by a model (rewrite.py): it is searched in the question's place.

    :raises ProviderUnavailable: when the embedder's files are missing or altered.
    """
    started = time.perf_counter()
    search = _Search(
        question=question,
        lang="en" if rewritten else lang or detect_language(question),
        reader=Reader.of(user, sources=sources, languages=policy.languages if languages is None else languages),
        policy=policy,
        steps=steps,
        space=active_space(),
        rewritten=rewritten,
    )
    with metrics.EXPANSION_SECONDS.time():
        expansion = expand_question(search.searched, lang=search.lang) if steps.glossary else expand(search.searched, ())
    words, sums = _weigh_words(expansion, search)
    legs = _legs(expansion, words, sums, search)
    passages = _passages(legs, words=words, k=k or policy.top_k)
    support = _judge(words, passages, legs, expansion, sums, search)
    elapsed_ms = (time.perf_counter() - started) * 1000
    _measure(legs, expansion, passages, elapsed_ms=elapsed_ms)
    return Retrieval(
        question=question,
        lang=lang or detect_language(question),
        passages=passages,
        best_cosine=support.best_cosine,
        missing_terms=support.missing_names or support.missing,
        is_answerable=support.is_answerable,
        index_version=search.space.slug if search.space else "",
        elapsed_ms=round(elapsed_ms),
        added=expansion.added,
        rewritten=rewritten,
        steps=steps,
    )


def expand_question(question: str, *, lang: str) -> Expansion:
    """Return the question with what its glossary terms stand for. One statement."""
    unsaid = [word for word in words_of(question) if is_function_word(word, lang=lang)]
    return expand(question, glossary_rows(candidate_terms(question, lang=lang)), lang=lang, unsaid=unsaid)


def _weigh_words(expansion: Expansion, search: _Search) -> tuple[tuple[QuestionWord, ...], CorpusSums]:
    lang = search.lang
    own = [word for word in dict.fromkeys(words_of(expansion.question)) if not is_function_word(word, lang=lang)]
    added = [word for word in dict.fromkeys(words_of(" ".join(expansion.added))) if word not in own]
    frequencies, sums = word_frequencies([*own, *added], reader=search.reader)
    words = tuple(
        QuestionWord(word, held, is_added=place >= len(own))
        for place, (word, held) in enumerate(zip([*own, *added], frequencies, strict=True))
    )
    return words, sums


def _legs(expansion: Expansion, words: Sequence[QuestionWord], sums: CorpusSums, search: _Search) -> Legs:
    steps = search.steps
    weights = lexeme_weights(words, passages=sums.passages) if steps.lexical else {}
    ttl_s = search.policy.embedding_ttl_s
    vector = embed_question_in(search.space, expansion.text, ttl_s=ttl_s) if steps.dense else None
    with metrics.HYBRID_SEARCH_SECONDS.time():
        return search_legs(weights, vector, space=search.space, sums=sums, reader=search.reader)


def _judge(
    words: Sequence[QuestionWord],
    passages: Sequence[Passage],
    legs: Legs,
    expansion: Expansion,
    sums: CorpusSums,
    search: _Search,
) -> Support:
    return judge(
        words,
        question=search.searched,
        passage_texts=[fold(f"{one.breadcrumb} {one.text}") for one in passages],
        best_cosine=legs.dense[0][1] if legs.dense else None,
        covered=expansion.covered,
        passages=sums.passages,
        lang=search.lang,
        least_cosine=search.least_cosine,
    )


def _passages(legs: Legs, *, words: Sequence[QuestionWord], k: int) -> tuple[Passage, ...]:
    fused = reciprocal_rank_fusion([[chunk for chunk, _ in legs.lexical], [chunk for chunk, _ in legs.dense]])
    scores = dict(fused[: k + SPARE])
    rows = chunk_rows(list(scores))
    order = [chunk for chunk in scores if chunk in rows]  # a chunk may be gone since the legs were read
    kept = distinct({chunk: rows[chunk].text for chunk in order}, order=order)[:k]
    places = {
        "lexical": {chunk: (rank, score) for rank, (chunk, score) in enumerate(legs.lexical, start=1)},
        "dense": {chunk: (rank, score) for rank, (chunk, score) in enumerate(legs.dense, start=1)},
    }
    return tuple(
        _passage(
            rows[chunk],
            rank=rank,
            score=scores[chunk],
            places=tuple(
                LegPlace(leg, *of[chunk], share=1 / (60 + of[chunk][0])) for leg, of in places.items() if chunk in of
            ),
            words=words,
        )
        for rank, chunk in enumerate(kept, start=1)
    )


def _passage(
    row: ChunkRow, *, rank: int, score: float, places: tuple[LegPlace, ...], words: Sequence[QuestionWord]
) -> Passage:
    by_leg = {place.leg: place for place in places}
    lexical, dense = by_leg.get("lexical"), by_leg.get("dense")
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
        cosine=dense.score if dense else None,
        bm25=lexical.score if lexical else None,
        dense_rank=dense.rank if dense else None,
        lexical_rank=lexical.rank if lexical else None,
        explain=Explanation(legs=places),
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
