"""How often the right document of the real corpus is found: success@k on the judged questions, by language.

`python -m tests.benchmarks.bench_recall` unpacks the corpus into a temporary folder and a database of its own; it takes
some minutes, since 11,500 passages are embedded. One question is about 1.1 points; less than 5 points is noise.
"""

import json
import os
import statistics
import tarfile
import tempfile
import time
from pathlib import Path
from typing import Any

import django
from django.conf import settings

DEPTH = 50  # passages
SHARED = Path("shared") / "data"


def run() -> dict[str, object]:
    """Return success@1, 5 and 10 on documents, refusals, and latency; `skipped` names what is absent."""
    data = Path(settings.BASE_DIR).parent / SHARED
    if not (data / "corpus.tar.xz").is_file():
        return {"name": "recall", "skipped": f"the real corpus is not at {data}"}
    with fresh_database(), tempfile.TemporaryDirectory() as folder:
        with tarfile.open(data / "corpus.tar.xz") as archive:
            archive.extractall(folder, filter="data")
        return measure(Path(folder) / "corpus", questions=_read(data / "eval" / "dev.jsonl"))


def measure(corpus: Path, *, questions: list[dict[str, Any]]) -> dict[str, object]:
    """Take the corpus in and ask the judged questions."""
    now = timezone.now()
    defaults.load(at=now)
    Source.objects.update(is_enabled=False)
    source = upload_source("Corpus", slug="corpus", is_public=True)
    taken_in = ingest_folder(corpus, source=source, at=now)
    asked = [_ask(question) for question in questions]
    answerable = [one for one, judged in zip(asked, questions, strict=True) if judged["answerable"]]
    unanswerable = [one for one in asked if one not in answerable]
    return {
        "name": "recall",
        "passages": taken_in.chunks,
        "ingest_seconds": round(taken_in.seconds, 1),
        "all": _shares([one["ranked"] for one in answerable]),
        "en": _shares([one["ranked"] for one in answerable if one["ranked"].lang == "en"]),
        "fr": _shares([one["ranked"] for one in answerable if one["ranked"].lang == "fr"]),
        "wrongly_refused": sum(not one["is_answerable"] for one in answerable),
        "rightly_refused": sum(not one["is_answerable"] for one in asked)
        - sum(not o["is_answerable"] for o in answerable),
        "unanswerable": len(unanswerable),
        "p50_ms": round(statistics.median(one["ms"] for one in asked), 1),
        "p95_ms": round(statistics.quantiles([one["ms"] for one in asked], n=20)[-1], 1),
    }


def _ask(judged: dict[str, Any]) -> dict[str, Any]:
    started = time.perf_counter()
    found = retrieve(judged["question"], k=8)
    taken_ms = (time.perf_counter() - started) * 1000
    deep = retrieve(judged["question"], k=DEPTH)
    ranked = RankedQuestion(
        lang=judged["lang"],
        found=tuple(passage.document_uid for passage in deep.passages),
        relevant=frozenset(place["path"] for place in judged["relevant"]),
    )
    return {"ranked": ranked, "is_answerable": found.is_answerable, "ms": taken_ms}


def _shares(ranked: list[Any]) -> dict[str, float | int | None]:
    shares = {f"success@{k}": recall_at(k, questions=ranked) for k in (1, 5, 10)}
    return {"n": len(ranked), **{name: None if share is None else round(share, 3) for name, share in shares.items()}}


def _read(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()

from django.utils import timezone  # noqa: E402 - the tables are known only after the setup above

from rag.domain.evaluation import RankedQuestion, recall_at  # noqa: E402
from rag.models import Source  # noqa: E402
from rag.services import defaults  # noqa: E402
from rag.services.ingest import ingest_folder, upload_source  # noqa: E402
from rag.services.retrieve import retrieve  # noqa: E402
from tests.benchmarks.bench_retrieval import fresh_database  # noqa: E402

if __name__ == "__main__":
    print(json.dumps(run(), indent=2))
