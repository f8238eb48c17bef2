"""Measure faiss-cpu over the same vectors, in a process and a virtual environment of its own that is kept."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from models_registry.domain.embedding import Vectors

PACKAGE = "faiss-cpu"
PROGRAM = Path(__file__).with_name("faiss_program.py")
LONGEST_INSTALL_S = 600.0
LONGEST_RUN_S = 1800.0


def measured(vectors: Vectors, questions: Vectors, *, knobs: tuple[int, int, int], folder: Path) -> dict[str, Any]:
    """Return what faiss needs for these questions with `knobs`: m, ef_construction, ef_search; or why not."""
    try:
        python = _installed(folder)
        with tempfile.TemporaryDirectory() as room:
            files = [str(Path(room) / name) for name in ("vectors.npy", "questions.npy")]
            for file, values in zip(files, (vectors, questions), strict=True):
                np.save(file, np.ascontiguousarray(values, dtype=np.float32))
            command = (str(python), str(PROGRAM), *files, *map(str, knobs))
            done = subprocess.run(command, check=True, capture_output=True, timeout=LONGEST_RUN_S)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as exc:
        said = (exc.stderr or b"no reason given").decode("utf-8", "replace").strip().splitlines()
        return {"skipped": f"{PACKAGE}: {said[-1][:200]}"}
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def _installed(folder: Path) -> Path:
    """Return the interpreter that has faiss, installed when it is not there yet."""
    python = folder / "bin" / "python"
    if not (folder / "installed").is_file():
        subprocess.run((sys.executable, "-m", "venv", str(folder)), check=True, capture_output=True)
        pip = (str(python), "-m", "pip", "install", "--quiet", "--no-input", PACKAGE)
        subprocess.run(pip, check=True, capture_output=True, timeout=LONGEST_INSTALL_S)
        (folder / "installed").touch()
    return python
