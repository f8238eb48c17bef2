"""How long a hybrid retrieval takes as the library grows, each leg for itself, and what the vector index misses.

`python -m tests.benchmarks search` takes some minutes: the real corpus is embedded where it is, and copied up to
100,000 passages. faiss-cpu's HNSW in a process of its own is measured beside it, over the same vectors.
"""

import json
import resource
import statistics
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.db import connection

from models_registry.domain.embedding import Vectors
from models_registry.services.embed import embed_passages
from rag.domain.bm25 import QuestionWord, lexeme_weights
from rag.domain.expansion import words_of
from rag.domain.language import is_function_word
from rag.domain.spaces import Space
from rag.models import ChunkEmbedding, IndexVersion, Source
from rag.services.active_space import active_space
from rag.services.index_sql import indexes_of
from rag.services.legs_sql import Leg, dense_leg, dense_sql, knobs_sql, lexical_leg
from rag.services.opening import open_search
from rag.services.retrieve import retrieve
from rag.services.search_sql import CorpusSums, Reader
from rag.services.word_counts import word_counts
from tests.benchmarks import faiss_beside, search_corpus
from tests.benchmarks.bench_retrieval import QUESTIONS, fresh_database

LARGE = 100_000  # passages
ASKED = 100  # questions per figure
NEAREST = 10
JUDGED = Path("eval") / "dev.jsonl"
ANYONE = Reader.of(None, languages=("en", "fr"))
TARGETS = {
    "retrieval_p50_ms": 12.0,
    "retrieval_p95_ms": 30.0,
    "vector_leg_p95_ms_at_100k": 5.0,
    "recall_at_10": 0.97,
    "in_database_median_ms_hnsw": 0.8,
}


def run() -> dict[str, object]:
    """Measure at the corpus' size, by exact scan and by index, then at 100,000 passages."""
    with fresh_database():
        source = search_corpus.base()
        questions = _questions()
        vectors = embed_passages(questions)
        small = _size(source, questions, vectors)
        search_corpus.index("hnsw")
        small["hnsw_in_database_median_ms"] = _in_database(vectors)
        search_corpus.index("exact")  # each vector that comes into a graph costs as much as in its build, and more
        search_corpus.grow(source, to=LARGE)
        large = _size(source, questions, vectors)
        peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024  # before all vectors are read for faiss
        return {
            "name": "search",
            "targets": TARGETS,
            "corpus": small,
            "large": large,
            "growth": _growth(small, large),
            "faiss": _faiss(vectors),
            "peak_mb": peak_mb,
        }


def _size(source: Source, questions: Sequence[str], vectors: Vectors) -> dict[str, Any]:
    """Measure the library as it is: whole retrievals, and each leg by the kinds of index that suit its size."""
    source.refresh_from_db()
    told: dict[str, Any] = {"passages": source.chunk_count, "postings": _count("rag_posting")}
    search_corpus.index("exact")
    told["exact"] = _figures(_retrievals(questions)) | {"dense": _figures(_dense(vectors))}
    told["lexical"] = _figures(_lexical(questions))
    truth = _nearest(vectors)
    started = time.perf_counter()
    row = search_corpus.index("hnsw")
    told["hnsw"] = _figures(_retrievals(questions)) | {
        "dense": _figures(_dense(vectors)),
        "recall_at_10": _shared(_nearest(vectors), truth),
        "recall_at_10_as_stored": row.measured_recall,
        "ef_search": row.hnsw_ef_search,
        "build_s": round(time.perf_counter() - started, 1),
        "index_mb": sum(one.size_bytes for one in indexes_of(row.pk)) // 2**20,
    }
    return told


def _retrievals(questions: Sequence[str]) -> list[float]:
    """Ask what was not asked before: embedded questions are remembered."""
    stamp = time.perf_counter_ns()
    retrieve("warm up")
    return [_timed(partial(retrieve, f"{question} {stamp}")) for question in questions]


def _dense(vectors: Vectors) -> list[float]:
    """Search by meaning alone, through the statement of the search."""
    search = _by_meaning()
    return [_timed(partial(search, vector)) for vector in vectors]


def _nearest(vectors: Vectors) -> list[set[int]]:
    """Return the ten passages next to each question."""
    search = _by_meaning()
    return [{chunk for chunk, _ in search(vector)[:NEAREST]} for vector in vectors]


def _by_meaning() -> Callable[[Vectors], Leg]:
    return partial(dense_leg, space=_space(), sums=CorpusSums(_count("rag_chunk"), 60.0), reader=ANYONE)


def _shared(found: list[set[int]], truth: list[set[int]]) -> float:
    return round(sum(len(one & two) for one, two in zip(found, truth, strict=True)) / sum(map(len, truth)), 4)


def _lexical(questions: Sequence[str]) -> list[float]:
    """Search by words alone: how frequent they are, counted anew, and the ranking."""
    sums = open_search("", lang="en", reader=ANYONE, with_glossary=False).sums
    return [_timed(partial(_by_words, question, sums=sums)) for question in questions]


def _by_words(question: str, *, sums: CorpusSums) -> None:
    words = [word for word in dict.fromkeys(words_of(question)) if not is_function_word(word, lang="en")]
    counts = word_counts(words, reader=ANYONE, mark=None)
    weighed = [QuestionWord(word, held) for word, held in counts.items()]
    lexical_leg(lexeme_weights(weighed, passages=sums.passages), sums=sums, reader=ANYONE)


def _in_database(vectors: Vectors) -> float:
    """Return the median time that the server itself needs for the ten nearest, planning included, in ms."""
    space = _space()
    statement = f"{knobs_sql(space)} EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) "
    statement += dense_sql(space, within="true", limit=NEAREST)
    taken: list[float] = []
    for vector in vectors:
        with connection.cursor() as cursor:
            cursor.execute(statement, {"vector": str(vector.tolist())})
            while cursor.description is None:
                cursor.nextset()
            told = cursor.fetchone()[0]
            plan = (json.loads(told) if isinstance(told, str) else told)[0]
            taken.append(plan["Planning Time"] + plan["Execution Time"])
    return round(statistics.median(taken), 3)


def _growth(small: dict[str, Any], large: dict[str, Any]) -> dict[str, Any]:
    """Return how many times longer each leg takes, beside how many times more passages there are."""
    legs: dict[str, Callable[[dict[str, Any]], float]] = {
        "dense exact": lambda told: told["exact"]["dense"]["p50_ms"],
        "dense hnsw": lambda told: told["hnsw"]["dense"]["p50_ms"],
        "lexical": lambda told: told["lexical"]["p50_ms"],
        "whole hnsw": lambda told: told["hnsw"]["p50_ms"],
        "passages": lambda told: told["passages"],
    }
    return {name: round(of(large) / of(small), 2) for name, of in legs.items()}


def _faiss(questions: Vectors) -> dict[str, Any]:
    row = IndexVersion.objects.get(is_active=True)
    stored = ChunkEmbedding.objects.filter(index_version=row).values_list("embedding", flat=True)
    vectors = np.stack([np.asarray(one, dtype=np.float32) for one in stored.iterator(chunk_size=5000)])
    knobs = (row.hnsw_m, row.hnsw_ef_construction, row.hnsw_ef_search)
    return faiss_beside.measured(vectors, questions, knobs=knobs, folder=Path(settings.VAR_DIR) / "faiss")


def _questions() -> list[str]:
    judged = search_corpus.CORPUS.parent / JUDGED
    if not judged.is_file():
        return [f"{question} {number}" for number in range(ASKED // len(QUESTIONS)) for question in QUESTIONS]
    return [json.loads(line)["question"] for line in judged.read_text(encoding="utf-8").splitlines()][:ASKED]


def _space() -> Space:
    space = active_space()
    assert space is not None, "the library was just taken in"
    return space


def _count(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        return int(cursor.fetchone()[0])


def _timed(verb: Callable[[], object]) -> float:
    started = time.perf_counter()
    verb()
    return (time.perf_counter() - started) * 1000


def _figures(taken: Sequence[float]) -> dict[str, float]:
    return {
        "p50_ms": round(statistics.median(taken), 2),
        "p95_ms": round(statistics.quantiles(taken, n=20)[-1], 2),
    }
