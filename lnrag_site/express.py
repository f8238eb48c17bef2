"""The short way for streams of programs: past Django's middleware, but as strict about hosts, ids and headers.

Django's chain changes thread several times per request, for sessions and cookies that a program with a key has none of.
What it does for such a call is done here: the host is checked, the request has an id, its time is measured, a refusal
is logged, and the security headers are those of every other response. All other paths go on to Django.
"""

import logging
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.conf import settings
from django.http.request import split_domain_port, validate_host
from django.urls.resolvers import RoutePattern

from lnrag_site import metrics
from lnrag_site.logging import REQUEST_ID
from lnrag_site.middleware import POLICIES, number_of
from models_registry.api.openai.framing import Application, as_asgi
from models_registry.api.openai.wire import Call, Door, Refused, Reply

logger = logging.getLogger(__name__)
Scope = MutableMapping[str, Any]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
Again = Callable[[str, str, bytes], Awaitable[bytes | None]]  # by Authorization, path and query string
Headers = Sequence[tuple[bytes, bytes]]
HEADERS = (
    (b"content-security-policy", POLICIES[-1][1].encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
)


@dataclass(frozen=True, slots=True)
class Lane:
    """One address of the short way, and the name its times are counted under."""

    pattern: RoutePattern
    endpoint: str
    door: Door


class Express:
    """An ASGI application: its lanes, and for everything else the other application."""

    def __init__(self, addresses: Sequence[tuple[str, str, Door]], *, prefix: str, otherwise: Any) -> None:
        self._start = f"/{prefix}"
        self._otherwise = otherwise
        self._lanes = tuple(
            Lane(RoutePattern(f"{prefix}{route}", is_endpoint=True), f"models_registry:{name}", door)
            for route, name, door in addresses
        )

    async def __call__(self, scope: Scope, receive: Any, send: Send) -> None:
        application = self._application(scope) if scope["path"].startswith(self._start) else None
        await (application or self._otherwise)(scope, receive, send)

    def _application(self, scope: Scope) -> Application | None:
        """Return the lane of this path, or None: then Django decides. A path below a root is Django's to take apart."""
        if scope.get("root_path"):
            return None
        path = scope["path"][1:]
        for lane in self._lanes:
            if (match := lane.pattern.match(path)) is not None:
                door = lane.door if is_addressed_to_us(scope["headers"]) else _refuse_host
                named = {name: str(value) for name, value in match[2].items()}
                return _accompanied(as_asgi(door, named), endpoint=lane.endpoint)
        return None


class ShortWay:
    """An ASGI application: what is told again as it was told before, and for everything else the other application.

    Only calls that ask in the plainest way are looked at: nothing about them is for Django to decide.
    """

    def __init__(self, again: Again, *, prefix: str, endpoint: str, headers: Headers, otherwise: Any) -> None:
        self._again = again
        self._prefix = prefix
        self._endpoint = endpoint
        self._headers = headers
        self._otherwise = otherwise

    async def __call__(self, scope: Scope, receive: Any, send: Send) -> None:
        began = time.perf_counter()
        key = _plain_key(scope) if scope["path"].startswith(self._prefix) else None
        body = await self._again(key, scope["path"], scope["query_string"]) if key else None
        if body is None:
            await self._otherwise(scope, receive, send)
            return
        application = partial(_send_json, body, self._headers)
        await _accompanied(application, endpoint=self._endpoint, began=began)(scope, receive, send)


def _plain_key(scope: Scope) -> str | None:
    """Return the Authorization header of a GET for JSON in our version, to one of our names; None for any other."""
    told = {name: value.decode("latin-1") for name, value in scope["headers"]}
    is_single = len(told) == len(scope["headers"])  # no header comes twice
    is_plain = scope["method"] == "GET" and not scope.get("root_path") and is_single
    asks_json = told.get(b"accept", "*/*") in ("*/*", "application/json")
    asks_ours = told.get(b"x-api-version") == settings.API_VERSION
    is_usual = is_plain and asks_json and asks_ours and is_addressed_to_us(scope["headers"])
    return told.get(b"authorization") if is_usual else None


async def _send_json(body: bytes, headers: Headers, _scope: Mapping[str, Any], _receive: Any, send: Send) -> None:
    size = (b"content-length", str(len(body)).encode())
    start = {"type": "http.response.start", "status": 200, "headers": [*headers, size]}
    await send(start)
    await send({"type": "http.response.body", "body": body})


def is_addressed_to_us(headers: Sequence[tuple[bytes, bytes]]) -> bool:
    """Return whether the one Host header names a host of ours."""
    hosts = [value.decode("latin-1") for name, value in headers if name == b"host"]
    domain, _ = split_domain_port(hosts[0]) if len(hosts) == 1 else ("", "")
    return bool(domain) and validate_host(domain, settings.ALLOWED_HOSTS)


async def _refuse_host(call: Call) -> Reply:
    return Refused(400, "invalid_host", "This server does not answer under that name; see ALLOWED_HOSTS.").reply()


def _accompanied(application: Application, *, endpoint: str, began: float | None = None) -> Application:
    """Return the application with an id, a clock, a log line for refusals, and the headers of every response."""

    async def accompanied(scope: Mapping[str, Any], receive: Any, send: Send) -> None:
        since = time.perf_counter() if began is None else began
        given = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"x-request-id"), "")
        number = number_of(given)
        REQUEST_ID.set(number)

        async def sent(message: Mapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                _note(scope, message["status"], endpoint=endpoint, took_ms=(time.perf_counter() - since) * 1000)
                headers = [*message["headers"], *HEADERS, (b"x-request-id", number.encode())]
                message = {**message, "headers": headers}
            await send(message)

        await application(scope, receive, sent)

    return accompanied


def _note(scope: Mapping[str, Any], status: int, *, endpoint: str, took_ms: float) -> None:
    metrics.RESPONSE_TIME.labels(endpoint=endpoint).observe(took_ms)
    if status >= 400:
        level = logging.ERROR if status >= 500 else logging.WARNING
        logger.log(level, "lnrag_site.request.refused", extra={"endpoint": endpoint, "status": status})
