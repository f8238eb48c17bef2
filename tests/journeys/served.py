"""The real application on a real socket: Daphne in a process of its own, on the test database."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote, urlencode

import httpx
from django.conf import settings

HOST = "127.0.0.1"
BACKLOG = 512
LONGEST_BOOT_S = 90.0


@dataclass(slots=True)
class Served:
    """One Daphne. `with Served(database) as served: httpx.get(served.url)`."""

    database: dict[str, Any]  # settings of the connection it shall use
    log: Path
    port: int = 0
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def ws_url(self) -> str:
        return f"ws://{HOST}:{self.port}"

    def __enter__(self) -> Self:
        with socket.create_server((HOST, 0), backlog=BACKLOG) as listener, self.log.open("ab") as log:
            self.port = listener.getsockname()[1]
            command = (sys.executable, "-m", "daphne", "-v", "0", "--no-server-name", "--fd", str(listener.fileno()))
            self.process = subprocess.Popen(
                (*command, "lnrag_site.asgi:application"),
                env={**os.environ, **self._environment()},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=(listener.fileno(),),
            )
        self._wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _environment(self) -> dict[str, str]:
        return {
            "DATABASE_URL": database_url(self.database),
            "DJANGO_SETTINGS_MODULE": settings.SETTINGS_MODULE,
            "LNRAG_VAR": str(settings.VAR_DIR),
            "PYTHONPATH": os.pathsep.join(filter(None, (str(settings.BASE_DIR), os.environ.get("PYTHONPATH")))),
        }

    def _wait(self) -> None:
        """Wait for the first answer; the kernel keeps the connection until Daphne is there to take it."""
        deadline = time.monotonic() + LONGEST_BOOT_S
        while time.monotonic() < deadline and self.process and self.process.poll() is None:
            try:
                if httpx.get(f"{self.url}/health/live", timeout=LONGEST_BOOT_S).is_success:
                    return
            except httpx.TransportError:
                time.sleep(0.1)
        raise RuntimeError(f"Daphne did not get ready:\n{self.log.read_text()[-4000:]}")


def database_url(values: dict[str, Any]) -> str:
    """Return the DATABASE_URL that leads to the same database as these connection settings."""
    options = {key: value for key, value in values.get("OPTIONS", {}).items() if isinstance(value, str)}
    where = urlencode({"host": values["HOST"], **options})
    port = f":{values['PORT']}" if values.get("PORT") else ""
    user, password = (quote(values[name], safe="") for name in ("USER", "PASSWORD"))
    return f"postgresql://{user}:{password}@localhost{port}/{quote(values['NAME'])}?{where}"


def wait_until(is_so: Callable[[], object], *, patience_s: float = 10.0) -> None:
    """Wait for what another process brings about, and fail when it does not."""
    deadline = time.monotonic() + patience_s
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert is_so()
