"""How well the real corpus is searched: the judged questions, by the evaluation that ships, with what each step adds.

`python -m tests.benchmarks.bench_recall` unpacks the corpus into a temporary folder and a database of its own; it takes
some minutes, since 11,500 passages are embedded. One question is about 1.1 points; less than 5 points is noise.
"""

import json
import os
import tarfile
import tempfile
from pathlib import Path
from typing import Any

import django
from django.conf import settings

SHARED = Path("shared") / "data"
SHOWN = (
    *("recall_at_1", "recall_at_5", "recall_at_10", "mrr_at_10", "ndcg_at_10", "answer_recall_at_1"),
    *("answer_recall_at_5", "abstention_recall", "wrong_refusals", "latency_p50_ms", "latency_p95_ms"),
)
TARGETS = {"recall_at_5": 0.85, "answer_recall_at_5": 0.78, "abstention_recall": 0.6, "wrong_refusals": 0.1}


def run() -> dict[str, object]:
    """Return the figures over all questions, by language and by choice of steps; `skipped` names what is absent."""
    data = Path(settings.BASE_DIR).parent / SHARED
    if not (data / "corpus.tar.xz").is_file():
        return {"name": "recall", "skipped": f"the real corpus is not at {data}"}
    with fresh_database(), tempfile.TemporaryDirectory() as folder:
        with tarfile.open(data / "corpus.tar.xz") as archive:
            archive.extractall(folder, filter="data")
        defaults.load(at=timezone.now())
        with gathered(Path(folder) / "corpus", at=timezone.now()) as collection:
            return measure(collection, file=data / "eval" / "dev.jsonl")


def measure(collection: Any, *, file: Path) -> dict[str, object]:
    """Ask the judged questions of the collection."""
    asked = evaluate(read_questions(file), collection=collection, policy=SHIPPED, with_ablation=True)
    return {
        "name": "recall",
        "passages": collection.passages,
        "ingest_seconds": collection.ingest_s,
        "targets": TARGETS,
        "all": _shown(asked.figures),
        **{lang: _shown(figures) for lang, figures in asked.figures["by_lang"].items()},
        "steps": {label: _shown(figures) for label, figures in asked.steps.items()},
    }


def _shown(figures: Any) -> dict[str, float | None]:
    return {name: None if figures.get(name) is None else round(figures[name], 3) for name in SHOWN}


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()

from django.utils import timezone  # noqa: E402 - the tables are known only after the setup above

from rag.domain.policy import SHIPPED  # noqa: E402
from rag.services import defaults  # noqa: E402
from rag.services.evaluate import evaluate, read_questions  # noqa: E402
from rag.services.gather import gathered  # noqa: E402
from tests.benchmarks.bench_retrieval import fresh_database  # noqa: E402

if __name__ == "__main__":
    print(json.dumps(run(), indent=2))
