"""Run the benchmarks one after the other: a table for people, then one JSON object as the last line.

`python -m tests.benchmarks` runs the usual ones, `python -m tests.benchmarks recommendations` the named ones; `recall`
and `search` take minutes and run only when they are named. Everything happens on a database server of its own under
`var/bench`, which writes as safely as the product's does; the data of this checkout are not touched.
"""

import importlib
import json
import os
import platform
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
USUAL = (
    *("import", "candidates", "advice", "recommendations", "cache"),
    *("retrieval", "ingest", "pool", "faults", "routing", "gateway"),
)
NAMED_ONLY = ("recall", "search")
BUSY = 0.5  # of the cores: from there on others slow us down


def main(names: list[str]) -> int:
    """Return 0 when every benchmark ran, 1 when one failed, 2 when one is not known. A missed target is no failure."""
    unknown = [name for name in names if name not in USUAL + NAMED_ONLY]
    if unknown:
        print(f"There is no benchmark {unknown[0]!r}. There are: {', '.join(USUAL + NAMED_ONLY)}.", file=sys.stderr)
        return 2
    told = _machine()
    postgres.attach(settings.VAR_DIR)
    try:
        results = [_run(name) for name in names or USUAL]
    finally:
        postgres.detach(settings.VAR_DIR)
    for result in results:
        _print(result)
    print(json.dumps({"machine": told, "results": results}))
    return int(any("failed" in result for result in results))


def _run(name: str) -> dict[str, Any]:
    print(f"Running {name} …", file=sys.stderr, flush=True)
    started = time.perf_counter()
    try:
        result = dict(importlib.import_module(f"tests.benchmarks.bench_{name}").run())
    except Exception as exc:  # a door: the other benchmarks still run, and the failure is told
        return {"name": name, "failed": f"{type(exc).__name__}: {exc}"}
    return result | {"took_seconds": round(time.perf_counter() - started, 1)}


def _machine() -> dict[str, Any]:
    cores, load = os.cpu_count() or 1, os.getloadavg()[0]
    told = {
        "measured_at": timezone.now().isoformat(timespec="seconds"),
        "processor": _processor(),
        "cores": cores,
        "load_average": round(load, 2),
        "python": platform.python_version(),
        "is_busy": load > BUSY * cores,
    }
    _print({"name": "machine", **told})
    if told["is_busy"]:
        print("Others are at work on this machine: times are longer than they are on an idle one.\n")
    return told


def _processor() -> str:
    """Return what /proc says, where there is one; platform.processor() is often empty."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())


def _print(result: dict[str, Any]) -> None:
    """Print one row per figure, nested ones with their path, targets beside what they are for."""
    print(result["name"])
    rows = list(_rows({name: value for name, value in result.items() if name != "name"}))
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        print(f"  {name:<{width}}  {value}")
    print()


def _rows(values: dict[str, Any], path: str = "") -> Any:
    for name, value in values.items():
        if isinstance(value, dict):
            yield from _rows(value, f"{path}{name}.")
        else:
            yield f"{path}{name}", value


if __name__ == "__main__":
    os.environ.setdefault("LNRAG_VAR", str(ROOT / "var" / "bench"))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lnrag_site.settings")
    os.environ.setdefault("LNRAG_DB_POOL", "1")  # as the web server runs
    os.environ.setdefault("LOG_LEVEL", "WARNING")

import django  # noqa: E402 - the settings are chosen above
from django.conf import settings  # noqa: E402
from django.utils import timezone  # noqa: E402

from lnrag_site import postgres  # noqa: E402

if __name__ == "__main__":
    django.setup()
    sys.exit(main(sys.argv[1:]))
