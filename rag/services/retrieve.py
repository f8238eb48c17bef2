"""Find the passages for a question: by words and by meaning, fused. Five statements, whatever the library's size."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.utils import timezone

from models_registry.domain.embedding import Vectors
from rag import metrics
from rag.domain.answerable import judge
from rag.domain.bm25 import QuestionWord, lexeme_weights
from rag.domain.expansion import Expansion, words_of
from rag.domain.language import detect_language, is_function_word
from rag.domain.passages import Passage, Retrieval
from rag.domain.policy import SHIPPED, Policy
from rag.domain.proximity import Weights, stem_weights
from rag.domain.spaces import Space
from rag.domain.steps import ALL_STEPS, Steps
from rag.domain.trace import Trace
from rag.services.active_space import Begun, begin_embedding, guess_embedding, middle_vector
from rag.services.find import find
from rag.services.legs_sql import Leg, Legs, dense_leg, lexical_leg
from rag.services.opening import Opening, open_search
from rag.services.search_sql import Reader
from rag.services.word_counts import word_counts

# Weight of words that the glossary brought, in the lexical leg: synonyms stand beside the question's own words,
# translations in their place. 0.3 to 0.8 within noise, 1 is worse.
ADDED_WEIGHT = {"en": 0.5, "fr": 0.7}
SPOKEN_SHARE = 0.6  # of the French words of a question: a library that holds so many of them has French texts
COMMON_SHARE = 0.08  # of the passages: a synonym that more of them hold tells nothing, and costs time


@dataclass(frozen=True, slots=True)
class _Search:
    """One retrieval under way: what is asked, by whom, and how."""

    question: str
    lang: str
    reader: Reader
    policy: Policy
    steps: Steps
    opening: Opening
    began_s: float  # by the clock that times its steps
    rewritten: str | None = None

    @property
    def searched(self) -> str:
        return self.rewritten or self.question

    @property
    def space(self) -> Space | None:
        return self.opening.space

    @property
    def judging(self) -> Policy:
        """Return the policy with the threshold of the space, where that has one."""
        own = self.space.least_cosine if self.space else None
        return self.policy if own is None else replace(self.policy, least_cosine=own)


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
    opening: Opening | None = None,
    at: datetime | None = None,
) -> Retrieval:
    """Return the k best passages that `user` may read, and whether they can hold the answer.

    `policy` says how many when `k` does not, and how near they must be; `queries.library_policy` reads the row.
    `sources` and `languages` narrow what is searched; None: every source, and the policy's languages. `rewritten` is
    the question in English, by a model (rewrite.py): it is searched in its place. `opening` spares the caller who has
    read it already a statement. `at` is now: documents age.

    :raises ProviderUnavailable: when the embedder's files are missing or altered.
    """
    started = time.perf_counter()
    lang_searched = "en" if rewritten else lang or detect_language(question)
    searched = rewritten or question
    guessed = guess_embedding(searched) if steps.dense else {}
    reader = Reader.of(user, sources=sources, languages=policy.languages if languages is None else languages)
    opening = opening or open_search(searched, lang=lang_searched, reader=reader, with_glossary=steps.glossary)
    search = _Search(question, lang_searched, reader, policy, steps, opening, started, rewritten)
    expansion = opening.expansion
    trace = Trace()
    words, legs = _ask(search, guessed, trace)
    asked = time.perf_counter()
    trace.lap("search", started, asked, began_s=started)
    today = (at or timezone.now()).date()
    found = find(
        legs,
        words=words,
        readings=_weighed(words, search),
        k=k or policy.top_k,
        steps=steps,
        policy=policy,
        today=today,
    )
    trace.lap("rerank", asked, time.perf_counter(), began_s=started)
    support = judge(
        words,
        question=search.searched,
        passage_texts=found.texts,
        best_cosine=legs.dense[0][1] if legs.dense else None,
        covered=expansion.covered,
        passages=opening.sums.passages,
        lang=search.lang,
        policy=search.judging,
    )
    elapsed_ms = (time.perf_counter() - started) * 1000
    _measure(legs, expansion, found.passages, elapsed_ms=elapsed_ms)
    return Retrieval(
        question=question,
        lang=lang or detect_language(question),
        passages=found.passages,
        best_cosine=support.best_cosine,
        missing_terms=support.missing,
        is_answerable=support.is_answerable,
        lack=support.lack,
        index_version=search.space.slug if search.space else "",
        elapsed_ms=round(elapsed_ms),
        added=expansion.added,
        rewritten=rewritten,
        steps=steps,
        took=tuple(trace.spans),
    )


def _ask(search: _Search, guessed: Begun, trace: Trace) -> tuple[tuple[QuestionWord, ...], Legs]:
    """Return the question's words as they are weighed, and both rankings. The vectors are made meanwhile."""
    opening, begun = search.opening, Begun()
    if opening.space and search.steps.dense:
        texts = dict.fromkeys((*opening.expansion.readings, opening.expansion.question))
        begun = begin_embedding(opening.space, tuple(texts), guessed=guessed)
    words = _weigh_words(search)
    asked = time.perf_counter()
    lexical = _by_words(words, search)
    ranked = time.perf_counter()
    vector = _vector(_readings(words, search), search, begun)
    known = time.perf_counter()
    trace.lap("embed", ranked, known, began_s=search.began_s, within="search")
    dense = _by_meaning(vector, search)
    metrics.HYBRID_SEARCH_SECONDS.observe(ranked - asked + time.perf_counter() - known)
    return words, Legs(lexical, dense)


def _by_words(words: Sequence[QuestionWord], search: _Search) -> Leg:
    if not search.steps.lexical:
        return ()
    sums = search.opening.sums
    added_weight = ADDED_WEIGHT.get(search.lang, 1.0)
    weights = lexeme_weights(words, passages=sums.passages, added_weight=added_weight)
    return lexical_leg(weights, sums=sums, reader=search.reader)


def _vector(readings: Sequence[str], search: _Search, begun: Begun) -> Vectors | None:
    if search.space is None or not search.steps.dense:
        return None
    return middle_vector(search.space, readings, begun=begun, ttl_s=search.policy.embedding_ttl_s)


def _by_meaning(vector: Vectors | None, search: _Search) -> Leg:
    if vector is None or search.space is None:
        return ()
    return dense_leg(vector, space=search.space, sums=search.opening.sums, reader=search.reader)


def _weigh_words(search: _Search) -> tuple[QuestionWord, ...]:
    lang, expansion, passages = search.lang, search.opening.expansion, search.opening.sums.passages
    own = [word for word in dict.fromkeys(words_of(expansion.question)) if not is_function_word(word, lang=lang)]
    added = [word for word in dict.fromkeys(words_of(" ".join(expansion.added))) if word not in own]
    counts = word_counts([*own, *added], reader=search.reader, mark=search.opening.mark)
    words = [
        *(QuestionWord(word, counts[word]) for word in own),
        *(QuestionWord(word, counts[word], is_added=True) for word in added),
    ]
    common = COMMON_SHARE * passages if lang == "en" else passages
    return tuple(word for word in words if not word.is_added or word.document_frequency <= common)


def _weighed(words: Sequence[QuestionWord], search: _Search) -> tuple[Weights, ...]:
    """Return what had best stand together: the question's own words, or those that stand for them in English."""
    if not search.steps.proximity:
        return ()
    passages, covered = search.opening.sums.passages, search.opening.expansion.covered
    asked = stem_weights((word for word in words if not word.is_added), passages=passages)
    if search.lang == "en":
        return (asked,)
    english = (word for word in words if word.is_added or word.word not in covered)
    return asked, stem_weights(english, passages=passages, added_weight=ADDED_WEIGHT.get(search.lang, 1.0))


def _readings(words: Sequence[QuestionWord], search: _Search) -> tuple[str, ...]:
    """Return the texts that stand for the question. A host's model reads one only: each costs a call.

    The question's own French is read where the library has French texts: elsewhere it leads astray.
    """
    expansion = search.opening.expansion
    if search.space and not search.space.is_built_in:
        return (expansion.text,)
    if not search.steps.gloss or not expansion.gloss:
        return tuple(dict.fromkeys((expansion.question, expansion.text)))
    translated = [word for word in words if word.word in expansion.covered and not word.is_stop_word]
    held = sum(word.document_frequency > 0 for word in translated)
    is_spoken = held >= SPOKEN_SHARE * len(translated)
    return tuple(dict.fromkeys((*expansion.readings, *((expansion.question,) if is_spoken else ()))))


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
