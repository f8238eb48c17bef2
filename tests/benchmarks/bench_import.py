"""How long an import takes, as a multiple of reading the same unpacked file with `json.load`, and its peak memory.

`python -m tests.benchmarks.bench_import` imports the newest real snapshot, measures of network and nodes included
(betweenness runs as a job and is apart), each time into a fresh database that is dropped again, each time in a process
of its own, so that its peak memory is its own too. `json.load` runs in the same runs, in processes of its own as well.
"""

import json
import lzma
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import django
from django.conf import settings

SNAPSHOT = Path("shared") / "data" / "network" / "describegraph-2025-10-19.json.xz"
ROUNDS = 3
TARGET_RATIO, TARGET_PEAK_MB = 3.0, 600
LOAD_JSON = """
import json, sys, time
with open(sys.argv[1], encoding="utf-8") as stream:
    started = time.perf_counter()
    json.load(stream)
print(json.dumps({"seconds": time.perf_counter() - started}))
"""


def run() -> dict[str, object]:
    """Return seconds of import and `json.load`, their ratio, and peak memory; `skipped` names what is absent."""
    postgres.attach(settings.VAR_DIR)
    packed = Path(settings.BASE_DIR).parent / SNAPSHOT
    if not packed.is_file():
        return {"name": "import", "skipped": f"the real snapshot is not at {packed}"}
    with tempfile.TemporaryDirectory() as folder, template_database() as template:
        unpacked = Path(folder) / "graph.json"
        unpacked.write_bytes(lzma.decompress(packed.read_bytes()))
        rounds = [_round(unpacked, template=template) for _ in range(ROUNDS)]
    return _summary(rounds)


def _summary(rounds: list[dict[str, Any]]) -> dict[str, object]:
    ratios = [one["import_seconds"] / one["json_seconds"] for one in rounds]
    return {
        "name": "import",
        "n": len(rounds),
        "nodes": rounds[0]["nodes"],
        "channels": rounds[0]["channels"],
        "import_seconds": round(statistics.median(one["import_seconds"] for one in rounds), 2),
        "json_load_seconds": round(statistics.median(one["json_seconds"] for one in rounds), 2),
        "ratio": round(statistics.median(ratios), 2),
        "ratio_range": [round(min(ratios), 2), round(max(ratios), 2)],
        "target_ratio": TARGET_RATIO,
        "peak_mb": max(one["peak_mb"] for one in rounds),
        "target_peak_mb": TARGET_PEAK_MB,
    }


def _round(unpacked: Path, *, template: str) -> dict[str, Any]:
    """Read the file both ways, one right after the other."""
    read = _child([sys.executable, "-c", LOAD_JSON, str(unpacked)])
    name = f"{template}_copy"
    _administer(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    try:
        imported = _child([sys.executable, "-m", "tests.benchmarks.bench_import", "--import", str(unpacked), name])
    finally:
        _administer(f'DROP DATABASE "{name}" WITH (FORCE)')
    return imported | {"json_seconds": read["seconds"]}


def _child(command: list[str]) -> dict[str, Any]:
    done = subprocess.run(command, cwd=settings.BASE_DIR, capture_output=True, text=True, check=False, timeout=600)
    if done.returncode != 0:
        raise RuntimeError(f"The measured process failed: {done.stderr[-800:]}")
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


@contextmanager
def template_database() -> Iterator[str]:
    """Yield the name of a migrated database that is dropped again."""
    name = f"bench_import_{os.getpid()}"
    _administer(f'CREATE DATABASE "{name}"')
    try:
        with _connected_to(name):
            call_command("migrate", verbosity=0)
        yield name
    finally:
        _administer(f'DROP DATABASE "{name}" WITH (FORCE)')


@contextmanager
def _connected_to(name: str) -> Iterator[None]:
    usual = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = usual


def _administer(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def _import_once(path: Path, *, database: str) -> dict[str, object]:
    """Import in this process and return what it took; peak memory is that of the whole process, Django included."""
    postgres.attach(settings.VAR_DIR)
    with _connected_to(database):
        started = time.perf_counter()
        report = import_graph(path, at=timezone.now())
        seconds = time.perf_counter() - started
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return {"import_seconds": seconds, "nodes": report.nodes, "channels": report.channels, "peak_mb": peak_mb}


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()

from django.core.management import call_command  # noqa: E402 - run as a program, Django is set up first
from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from lnrag_site import postgres  # noqa: E402
from recommendations.services.import_graph import import_graph  # noqa: E402

if __name__ == "__main__":
    if sys.argv[1:2] == ["--import"]:
        print(json.dumps(_import_once(Path(sys.argv[2]), database=sys.argv[3])))
    else:
        print(json.dumps(run(), indent=2))
