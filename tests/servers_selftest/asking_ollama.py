"""Ask the stand-in as raw bytes, or as a client with little patience."""

import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from tests.servers.ollama import OllamaServer
from tests.servers_selftest.raw import chat, connect, post, split_response, talk


def body_of(server: OllamaServer, request: dict[str, Any] | None = None) -> bytes:
    return split_response(talk(server, post("/api/chat", request or chat())))[1]


@contextmanager
def asking(server: OllamaServer) -> Iterator[socket.socket]:
    with closing(connect(server)) as client:
        client.sendall(post("/api/chat", chat()))
        yield client
