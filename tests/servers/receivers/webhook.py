"""A webhook's end: takes what is posted, remembers it, and answers as told."""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it came in, header names in lower case."""

    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class WebhookServer:
    """Listens on a port of this machine. `status` and `location` say what it answers, `delay_s` how late."""

    status: int = 204
    location: str = ""
    delay_s: float = 0.0
    received: list[Received] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"hook": self}))
        self._http.daemon_threads = True
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._http.shutdown()
        self._http.server_close()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}/hook?key=sesame"

    def answer(self, *, status: int = 204, location: str = "", delay_s: float = 0.0) -> None:
        """Forget what was received, and answer like this from now on."""
        self.status, self.location, self.delay_s = status, location, delay_s
        self.received.clear()


class _Handler(BaseHTTPRequestHandler):
    hook: WebhookServer

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.hook.received.append(Received(self.path, headers, body))
        time.sleep(self.hook.delay_s)
        self.send_response(self.hook.status)
        if self.hook.location:
            self.send_header("Location", self.hook.location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_args: Any) -> None:
        """Stay silent."""
