"""The programs beside the gateway while it is measured: the host that speaks, the client that asks, and LiteLLM."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil

from tests.benchmarks.gateway_client import Job, Tally

ROOT = Path(__file__).resolve().parent.parent.parent
HOST = "127.0.0.1"
LONGEST_BOOT_S = 120.0
LONGEST_INSTALL_S = 900.0
LITELLM = "litellm[proxy]"
MASTER_KEY = "sk-bench-only"


class NotInstallable(Exception):
    """LiteLLM cannot be had here; the message says why."""


@dataclass(frozen=True, slots=True)
class Running:
    """A program that was started, and the port it answers on."""

    process: "subprocess.Popen[bytes]"
    port: int

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"


@contextmanager
def upstream(*models: str, tokens: int, **pace: float) -> Iterator[Running]:
    """Run the wire-faithful Ollama in a process of its own. Its slots are so many that nobody waits there."""
    options: dict[str, float] = {"--tokens": tokens, "--num-parallel": 2000, "--max-loaded": 8, "--token-delay": 0}
    options |= {f"--{name.replace('_', '-')}": value for name, value in pace.items()}
    words = [str(word) for pair in options.items() for word in pair]
    port = free_port()
    command = (sys.executable, "-m", "tests.servers.ollama", "--quiet", "--port", str(port))
    with _started((*command, "--models", ",".join(models), *words), cwd=ROOT) as process:
        wait_for(f"http://{HOST}:{port}/api/version", process)
        yield Running(process, port)


@contextmanager
def litellm(upstream_url: str, *, model: str, folder: Path) -> Iterator[Running]:
    """Run one process of LiteLLM's proxy before the same host.

    :raises NotInstallable: with the reason.
    """
    program = _installed(folder)
    config = folder / "config.json"  # JSON is YAML too
    route = {"model": f"ollama_chat/{model}", "api_base": upstream_url}
    models = [{"model_name": model, "litellm_params": route}]
    config.write_text(json.dumps({"model_list": models, "general_settings": {"master_key": MASTER_KEY}}))
    port = free_port()
    words = ("--config", str(config), "--host", HOST, "--port", str(port), "--num_workers", "1")
    with _started((str(program), *words), cwd=folder, env=_plain_environment()) as process:
        wait_for(f"http://{HOST}:{port}/health/liveliness", process)
        yield Running(process, port)


def ask(job: Job) -> Tally:
    """Run one job in a client process of its own."""
    command = (sys.executable, "-m", "tests.benchmarks.gateway_client")
    done = subprocess.run(command, input=json.dumps(asdict(job)).encode(), capture_output=True, cwd=ROOT, check=True)
    return Tally(**json.loads(done.stdout))


def cpu_s(process: "subprocess.Popen[bytes]") -> float:
    """Return the processor time a program has used so far, its children's too."""
    whole = psutil.Process(process.pid)
    return sum(sum(one.cpu_times()[:2]) for one in (whole, *whole.children(recursive=True)))


def free_port() -> int:
    with socket.create_server((HOST, 0)) as listener:
        return int(listener.getsockname()[1])


def wait_for(url: str, process: "subprocess.Popen[bytes]") -> None:
    """Wait until a program answers at all.

    :raises RuntimeError: when it does not.
    """
    deadline = time.monotonic() + LONGEST_BOOT_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"Nothing answers at {url}.")


def _plain_environment() -> dict[str, str]:
    """Return an environment without our variables: some have the names of LiteLLM's own."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return {**kept, "LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_LOG": "ERROR"}


@contextmanager
def _started(command: tuple[str, ...], **options: Any) -> Iterator["subprocess.Popen[bytes]"]:
    silent: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process: subprocess.Popen[bytes] = subprocess.Popen(command, **silent, **options)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _installed(folder: Path) -> Path:
    """Return LiteLLM's program, in a virtual environment of its own that is kept for the next time.

    :raises NotInstallable: with the reason.
    """
    program = folder / "bin" / "litellm"
    if program.is_file():
        return program
    try:
        subprocess.run((sys.executable, "-m", "venv", str(folder)), check=True, capture_output=True)
        pip = (str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-input", LITELLM)
        subprocess.run(pip, check=True, capture_output=True, timeout=LONGEST_INSTALL_S)
    except subprocess.TimeoutExpired as exc:
        raise NotInstallable(f"pip did not install {LITELLM} within {LONGEST_INSTALL_S:.0f} s") from exc
    except subprocess.CalledProcessError as exc:
        said = exc.stderr.decode("utf-8", "replace").strip().splitlines() or ["no reason given"]
        raise NotInstallable(f"pip could not install {LITELLM}: {said[-1][:200]}") from exc
    return program
