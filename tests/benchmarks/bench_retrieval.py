"""How long one hybrid retrieval over the built-in library takes, embedding of the question included.

`python -m tests.benchmarks.bench_retrieval` works in a database of its own and leaves nothing behind.
"""

import json
import os
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager

import django
from django.conf import settings

QUESTIONS = (
    "How is a routing fee computed?",
    "Should I set my base fee to zero?",
    "When is rebalancing a channel worth its cost?",
    "How do I recover my channels when the disk died?",
    "Is it better to run over Tor or clearnet?",
    "What does it mean when HTLCs are stuck and a force close is near?",
    "Comment fonctionnent les frais de routage ?",
    "Le rééquilibrage circulaire est-il rentable ?",
    "Which peers should I choose for my next channel, and how large should it be?",
    "Why do my payments fail although I have enough local balance?",
)
ROUNDS = 20
TARGET_P95_MS = 15.0


def run() -> dict[str, object]:
    """Load the library into a fresh database, ask 200 questions, and return p50 and p95 in milliseconds."""
    with fresh_database():
        return measure()


def measure() -> dict[str, object]:
    """Measure in the database at hand."""
    now = timezone.now()
    defaults.load(at=now)
    library = load_library(at=now)
    for question in QUESTIONS:
        retrieve(question)
    taken = [_ask(f"{question} ({number})") for number in range(ROUNDS) for question in QUESTIONS]
    return {
        "name": "retrieval",
        "documents": library.documents,
        "passages": Source.objects.get(slug=library.source).chunk_count,
        "n": len(taken),
        "p50_ms": round(statistics.median(taken), 2),
        "p95_ms": round(statistics.quantiles(taken, n=20)[-1], 2),
        "target_p95_ms": TARGET_P95_MS,
    }


def _ask(question: str) -> float:
    """Return how long a question takes that was not asked before: embedded questions are remembered."""
    started = time.perf_counter()
    retrieve(question)
    return (time.perf_counter() - started) * 1000


@contextmanager
def fresh_database() -> Iterator[None]:
    """Attach to the server, and work in a database that is dropped at the end."""
    postgres.attach(settings.VAR_DIR)
    kept = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(kept, verbosity=0)
        postgres.detach(settings.VAR_DIR)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()

from django.db import connection  # noqa: E402 - the tables are known only after the setup above
from django.utils import timezone  # noqa: E402

from lnrag_site import postgres  # noqa: E402
from rag.models import Source  # noqa: E402
from rag.services import defaults  # noqa: E402
from rag.services.ingest import load_library  # noqa: E402
from rag.services.retrieve import retrieve  # noqa: E402

if __name__ == "__main__":
    print(json.dumps(run()))
