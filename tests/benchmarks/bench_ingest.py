"""How fast documents are taken in, beside what the embedder alone reaches; and embedding over HTTP, in flight or not.

`python -m tests.benchmarks.bench_ingest` works in a database of its own and leaves nothing behind. The documents are
made of the built-in library's sentences, none twice the same. IX-10: 1,000 documents of at most 120 words in 8 s, at
90 % of the embedder's own speed or more; batches over HTTP with 50 ms latency at 10 times one text after the other.
The embedder alone gets what ingestion gives it, the headings apart from the passages too; without them is told beside.
"""

import asyncio
import json
import os
import random
import resource
import statistics
import time
from collections.abc import Iterator, Sequence
from datetime import datetime

import django

from rag.domain.documents import RawDocument

DOCUMENTS, MOST_WORDS = 1_000, 120
TARGET_SECONDS, TARGET_SHARE = 8.0, 0.90
HTTP_TEXTS, HTTP_SAMPLE = 320, 40
LATENCY_S = 0.05
TARGET_TIMES_SEQUENTIAL = 10.0
SEED = 7
MODEL = "nomic-embed-text:v1.5"


def run() -> dict[str, object]:
    """Return seconds, texts a second, the share of the embedder's own speed, and peak memory in MB."""
    with fresh_database():
        now = timezone.now()
        defaults.load(at=now)
        embed_passages(["warm"])
        source = upload_source("Bench", slug="bench")
        sentences = _sentences()
        report = ingest_documents(source, _documents(sentences), at=now)
        again = ingest_documents(source, _documents(sentences), at=now)
        alone_per_s, unheaded_per_s = _embedder_alone(), _embedder_alone(with_headings=False)
        http = _over_http(now)
    per_s = report.embedded / report.seconds
    return {
        "name": "ingest",
        "documents": report.documents,
        "passages": report.chunks,
        "seconds": round(report.seconds, 2),
        "target_seconds": TARGET_SECONDS,
        "texts_per_s": round(per_s, 1),
        "embedder_alone_texts_per_s": round(alone_per_s, 1),
        "share_of_embedder": round(per_s / alone_per_s, 3),
        "share_without_headings": round(per_s / unheaded_per_s, 3),
        "target_share_of_embedder": TARGET_SHARE,
        "second_run_embedded": again.embedded,
        "second_run_seconds": round(again.seconds, 2),
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "http": http,
    }


def _documents(sentences: Sequence[str]) -> Iterator[RawDocument]:
    """Yield the documents one by one: nobody holds them all."""
    rng = random.Random(SEED)
    for number in range(DOCUMENTS):
        words: list[str] = []
        while len(words) < MOST_WORDS:
            words += rng.choice(sentences).split()
        body = " ".join(words[: MOST_WORDS - rng.randrange(30)])
        yield RawDocument(f"{number}.md", f"Note {number}", f"# Note {number}\n\n{body}\n")


def _sentences() -> list[str]:
    texts = [item.content for item in Folder(KNOWLEDGE_DIR) if isinstance(item, RawDocument)]
    lines = [line for text in texts for line in text.split("\n") if len(line.split()) > 8 and line[:1].isalpha()]
    return sorted(set(lines))


def _embedder_alone(*, with_headings: bool = True) -> float:
    """Return the passages a second that the embedder reaches with nothing beside it."""
    rows = list(Chunk.objects.values_list("breadcrumb", "text").order_by("pk"))
    started = time.perf_counter()
    for start in range(0, len(rows), BATCH):
        batch = rows[start : start + BATCH]
        headings = dict.fromkeys(crumb for crumb, _ in batch) if with_headings else {}
        embed_passages([*(f"{crumb}\n{text}" for crumb, text in batch), *headings])
    return len(rows) / (time.perf_counter() - started)


def _over_http(now: datetime) -> dict[str, object]:
    """Return how many times quicker batches in flight are than one text after the other, at a host 50 ms away."""
    with OllamaServer(models=(MODEL,), prompt_delay_s=LATENCY_S) as server:
        model_defaults.load(at=now)
        Provider.objects.filter(slug="ollama").update(base_url=server.url, slots=8)
        check_all(at=now)
        texts = [f"passage number {number} about channels and fees" for number in range(HTTP_TEXTS)]
        return asyncio.run(_compare(texts))


async def _compare(texts: list[str]) -> dict[str, object]:
    singles = []
    for text in texts[:HTTP_SAMPLE]:
        started = time.perf_counter()
        await aembed_each([text], model=MODEL)
        singles.append(time.perf_counter() - started)
    started = time.perf_counter()
    await aembed_each(texts, model=MODEL)
    together_s = time.perf_counter() - started
    await catalog.close()
    sequential_s = statistics.mean(singles) * len(texts)
    return {
        "texts": len(texts),
        "latency_ms": round(LATENCY_S * 1000),
        "sequential_texts_per_s": round(len(texts) / sequential_s, 1),
        "batched_texts_per_s": round(len(texts) / together_s, 1),
        "times_sequential": round(sequential_s / together_s, 1),
        "target_times_sequential": TARGET_TIMES_SEQUENTIAL,
    }


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()

from django.utils import timezone  # noqa: E402 - the tables are known only after the setup above

from models_registry.models import Provider  # noqa: E402
from models_registry.providers import catalog  # noqa: E402
from models_registry.services import defaults as model_defaults  # noqa: E402
from models_registry.services.embed import aembed_each, embed_passages  # noqa: E402
from models_registry.services.health import check_all  # noqa: E402
from rag.models import Chunk  # noqa: E402
from rag.services import defaults  # noqa: E402
from rag.services.ingest import KNOWLEDGE_DIR, ingest_documents, upload_source  # noqa: E402
from rag.services.reindex import BATCH  # noqa: E402
from rag.sources.files import Folder  # noqa: E402
from tests.benchmarks.bench_retrieval import fresh_database  # noqa: E402
from tests.servers.ollama import OllamaServer  # noqa: E402

if __name__ == "__main__":
    print(json.dumps(run(), indent=2))
