"""Speak to a server byte by byte, so that no client library smooths over what it sends."""

import json
import socket
import struct
from contextlib import closing
from typing import Any

import httpx

from tests.servers.ollama import OllamaServer

TIMEOUT_S = 5.0
# One client for all tests, since building one reads the system's certificates; it pools nothing.
HTTP = httpx.Client(verify=False, timeout=TIMEOUT_S, limits=httpx.Limits(max_keepalive_connections=0))
GENERATES = "llama3:8b-instruct"
EMBEDS = "nomic-embed-text"


def chat(content: str = "Tell me of fees on my channels.", **fields: Any) -> dict[str, Any]:
    """Return the body of a chat request."""
    return {"model": GENERATES, "messages": [{"role": "user", "content": content}], **fields}


def post(path: str, body: object) -> bytes:
    """Return the bytes of a request that closes the connection after its answer."""
    payload = body if isinstance(body, bytes) else json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {len(payload)}\r\n\r\n"
    return head.encode() + payload


def connect(server: OllamaServer) -> socket.socket:
    """Return an open socket to the server."""
    return socket.create_connection((server.host, server.port), timeout=TIMEOUT_S)


def talk(server: OllamaServer, request: bytes) -> bytes:
    """Return everything the server sends until it closes.

    :raises ConnectionResetError: when it resets instead.
    """
    with closing(connect(server)) as client:
        client.sendall(request)
        return read_all(client)


def read_all(client: socket.socket) -> bytes:
    """Return everything until the other side closes."""
    received = bytearray()
    while piece := client.recv(65_536):
        received += piece
    return bytes(received)


def read_to_error(client: socket.socket) -> tuple[bytes, OSError | None]:
    """Return what arrives until the other side closes, and the error if that was a reset or a time-out."""
    received = bytearray()
    try:
        while piece := client.recv(65_536):
            received += piece
    except OSError as exc:
        return bytes(received), exc
    return bytes(received), None


def read_until(client: socket.socket, mark: bytes) -> bytes:
    """Return what arrives up to a mark, and perhaps some bytes more."""
    received = bytearray()
    while mark not in received:
        piece = client.recv(65_536)
        if not piece:
            raise EOFError(bytes(received))
        received += piece
    return bytes(received)


def reset(client: socket.socket) -> None:
    """Leave with RST, as a killed process may."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def split_response(response: bytes) -> tuple[bytes, bytes]:
    """Return head and body."""
    head, _, body = response.partition(b"\r\n\r\n")
    return head, body


def chunks(body: bytes) -> list[bytes]:
    """Return the HTTP chunks of a body, strictly parsed; the last one must be empty.

    :raises ValueError: when the framing is broken or cut off.
    """
    found: list[bytes] = []
    while not found or found[-1]:
        size_text, mark, rest = body.partition(b"\r\n")
        size = int(size_text, 16)
        if not mark or rest[size : size + 2] != b"\r\n":
            raise ValueError("cut off or not framed")
        found.append(rest[:size])
        body = rest[size + 2 :]
    if body:
        raise ValueError("bytes after the last chunk")
    return found[:-1]


def lines(payload: bytes) -> list[dict[str, Any]]:
    """Return the JSON values of NDJSON, split at newline bytes only."""
    return [json.loads(line) for line in payload.split(b"\n") if line.strip()]


def stream(server: OllamaServer, path: str, body: object) -> list[dict[str, Any]]:
    """Return the lines of one well-framed streamed answer."""
    return lines(b"".join(chunks(split_response(talk(server, post(path, body)))[1])))


def said(answer: list[dict[str, Any]]) -> str:
    """Return the text of a chat."""
    return "".join(line["message"]["content"] for line in answer if "message" in line)
