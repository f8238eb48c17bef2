"""An HNSW index of faiss-cpu in one process and one thread, over the vectors in a file. Runs in a scratch environment.

`python faiss_program.py VECTORS.npy QUESTIONS.npy M EF_CONSTRUCTION EF_SEARCH` prints one JSON object.
"""

import importlib
import json
import sys
import time
from pathlib import Path
from typing import Any

NEAREST = 10


def main(vectors_file: str, questions_file: str, *knobs: str) -> dict[str, Any]:
    """Build, ask, and compare with comparing all."""
    np, faiss = importlib.import_module("numpy"), importlib.import_module("faiss")
    vectors, questions = np.load(vectors_file), np.load(questions_file)
    m, ef_construction, ef_search = map(int, knobs)
    started = time.perf_counter()
    graph = faiss.IndexHNSWFlat(vectors.shape[1], m, faiss.METRIC_INNER_PRODUCT)
    graph.hnsw.efConstruction, graph.hnsw.efSearch = ef_construction, ef_search
    graph.add(vectors)
    build_s = time.perf_counter() - started
    faiss.omp_set_num_threads(1)
    exact = faiss.IndexFlatIP(vectors.shape[1])
    exact.add(vectors)
    found = [_timed(graph, question[None, :]) for question in questions]
    truth = [exact.search(question[None, :], NEAREST)[1][0] for question in questions]
    hits = sum(len(set(one) & set(other)) for (_, one), other in zip(found, truth, strict=True))
    times = [taken_ms for taken_ms, _ in found]
    return {
        "version": faiss.__version__,
        "p50_ms": round(float(np.percentile(times, 50)), 3),
        "p95_ms": round(float(np.percentile(times, 95)), 3),
        "recall_at_10": round(hits / (NEAREST * len(questions)), 4),
        "build_s": round(build_s, 1),
        "peak_mb": _peak_mb(),
    }


def _peak_mb() -> int | None:
    """Return what the system noted of this program alone; the usual count begins with its parent's."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM")), None)


def _timed(index: Any, question: Any) -> tuple[float, Any]:
    started = time.perf_counter()
    _, places = index.search(question, NEAREST)
    return (time.perf_counter() - started) * 1000, places[0]


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
