"""What happens around every request: its id, its response time, its content policy, the API version it asked for.

Each step is a generator that yields once: before that the request is on its way in, and what it is sent is the
response. A step that returns without yielding has answered itself. `_middleware` runs a step for sync and async
requests alike, so that a streamed response is never moved to a thread.
"""

import re
import time
import uuid
from collections.abc import Callable, Generator
from inspect import iscoroutinefunction
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

from lnrag_site import metrics
from lnrag_site.errors import error_response
from lnrag_site.logging import REQUEST_ID

Step = Generator[None, HttpResponseBase, HttpResponseBase]

GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")  # an id from outside is text from a stranger: it ends up in our logs
VERSION_HEADER = "X-API-Version"
VERSIONED = "/api/v1/"
VERSION_FREE = re.compile(r"^/api/v1/(docs|schema)/?$|^/api/v1/(.+/)?health/?$")

STRICT = "default-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
POLICIES = (
    # django-unfold's Alpine builds functions from strings, and its theme is an inline style.
    ("/admin/", f"{STRICT}; script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data:"),
    # Swagger's page has an inline style and pictures in its stylesheet; its scripts are files of ours.
    ("/api/v1/docs", f"{STRICT}; style-src 'self' 'unsafe-inline'; img-src 'self' data:"),
    ("/", f"{STRICT}; img-src 'self' data:"),
)


def _middleware(step: Callable[[HttpRequest], Step]) -> Callable[..., Any]:
    """Make a Django middleware of a step."""

    @sync_and_async_middleware
    def factory(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
        async def answer_async(request: HttpRequest) -> HttpResponseBase:
            steps = step(request)
            return _refused(steps) or _finished(steps, await get_response(request))

        def answer(request: HttpRequest) -> HttpResponseBase:
            steps = step(request)
            return _refused(steps) or _finished(steps, get_response(request))

        return answer_async if iscoroutinefunction(get_response) else answer

    factory.__doc__ = step.__doc__
    return factory


def _refused(steps: Step) -> HttpResponseBase | None:
    try:
        next(steps)
    except StopIteration as answered:
        response: HttpResponseBase = answered.value
        return response
    return None


def _finished(steps: Step, response: HttpResponseBase) -> HttpResponseBase:
    try:
        steps.send(response)
    except StopIteration as answered:
        finished: HttpResponseBase = answered.value
        return finished
    raise RuntimeError("A middleware step yields once.")


def number_of(given: str) -> str:
    """Return the id of a request: the given one when it is well formed, else a new one."""
    return given if GIVEN_ID.fullmatch(given) else uuid.uuid4().hex


@_middleware
def request_id(request: HttpRequest) -> Step:
    """Give the request an id, or keep a well-formed one from a proxy; logs and the response carry it."""
    number = number_of(request.headers.get("X-Request-ID", ""))
    # Never reset: a streamed body is still being made after this step has ended. Each request has its own context.
    REQUEST_ID.set(number)
    response = yield
    response["X-Request-ID"] = number
    return response


@_middleware
def response_time(request: HttpRequest) -> Step:
    """Measure the time until the response starts, by URL name."""
    began = time.perf_counter()
    response = yield
    match = request.resolver_match
    endpoint = match.view_name if match and match.url_name else "other"
    metrics.RESPONSE_TIME.labels(endpoint=endpoint).observe((time.perf_counter() - began) * 1000)
    return response


@_middleware
def content_security_policy(request: HttpRequest) -> Step:
    """Let pages load only what this server serves; the admin and the API page get what they need, and no more."""
    response = yield
    response.setdefault("Content-Security-Policy", next(p for start, p in POLICIES if request.path.startswith(start)))
    return response


@_middleware
def api_version(request: HttpRequest) -> Step:
    """Refuse API calls that do not name the version they were written for."""
    if not request.path.startswith(VERSIONED) or VERSION_FREE.match(request.path):
        return (yield)
    asked, ours = request.headers.get(VERSION_HEADER, "").strip(), settings.API_VERSION
    if asked == ours:
        response = yield
    elif asked:
        response = error_response("api_version_unsupported", f"This server speaks {VERSION_HEADER}: {ours}.")
    else:
        response = error_response("api_version_missing", f"Send the header {VERSION_HEADER}: {ours}.")
    response[VERSION_HEADER] = ours
    return response
