"""Run the stand-in in a process of its own: for benches and tests whose own process must not share its time."""

import re
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import httpx

from tests.servers.ollama.orders import PREFIX

ROOT = Path(__file__).parents[3]
ADDRESS = re.compile(r"Ollama stand-in on (\S+)")
STOP_TIMEOUT_S = 5.0


class OllamaApart:
    """`with OllamaApart("--tokens", "20", "--token-delay", "0") as apart: …` serves on `apart.url` meanwhile.

    The arguments are those of the command line; `urls` holds one address per host. A free port is taken.
    """

    def __init__(self, *arguments: str) -> None:
        self._arguments = arguments
        self._process: subprocess.Popen[str] | None = None
        self.urls: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        """Return the address of the first host."""
        return self.urls[0]

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "tests.servers.ollama", "--port", "0", "--quiet", *self._arguments]
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout
        self.urls = _addresses(self._process.stdout)
        if not self.urls:
            raise RuntimeError("the stand-in did not start; its words stand above")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is None:
            return
        self._process.terminate()
        self._process.wait(STOP_TIMEOUT_S)
        if self._process.stdout:
            self._process.stdout.close()

    def report(self, *, host: int = 0, with_records: bool = True) -> dict[str, Any]:
        """Return what one host remembers (tests/servers/README.md)."""
        query = {} if with_records else {"records": "0"}
        reply = httpx.get(f"{self.urls[host]}{PREFIX}report", params=query, trust_env=False).raise_for_status()
        found: dict[str, Any] = reply.json()
        return found

    def order(self, name: str, *, host: int = 0, **body: Any) -> None:
        """Give one host an order: scenario, recover, forget, pace, models, answer.

        :raises httpx.HTTPStatusError: when it makes no sense; the reply says why.
        """
        httpx.post(f"{self.urls[host]}{PREFIX}{name}", json=body, trust_env=False).raise_for_status()


def _addresses(lines: IO[str]) -> tuple[str, ...]:
    """Read the addresses that the process prints, up to the line that follows them."""
    found = []
    for line in lines:
        address = ADDRESS.match(line)
        if address is None:
            break
        found.append(address[1])
    return tuple(found)
