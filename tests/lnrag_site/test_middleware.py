"""What happens around every request, for sync and async requests alike."""

import json
import logging
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.test import RequestFactory
from prometheus_client import REGISTRY

from lnrag_site import middleware
from lnrag_site.logging import REQUEST_ID

VERSION = "2025-10-15"
STEPS = (middleware.request_id, middleware.response_time, middleware.content_security_policy, middleware.api_version)


async def run(step: Any, request: HttpRequest, response: HttpResponseBase, *, is_async: bool) -> Any:
    """Return what the step makes of `response`, under either kind of server."""
    if is_async:

        async def answer(request: HttpRequest) -> HttpResponseBase:
            return response

        return await step(answer)(request)
    return step(lambda request: response)(request)


async def status_of(path: str, version: str | None, *, is_async: bool = True) -> int:
    headers = {} if version is None else {"X-API-Version": version}
    answer = await run(
        middleware.api_version, RequestFactory().get(path, headers=headers), HttpResponse(), is_async=is_async
    )
    return int(answer.status_code)


@pytest.mark.parametrize("is_async", [True, False])
@pytest.mark.parametrize(
    ("path", "version", "expected"),
    [
        ("/api/v1/network", VERSION, 200),
        ("/api/v1/network", f" {VERSION} ", 200),
        ("/api/v1/network", None, 400),
        ("/api/v1/network", "", 400),
        ("/api/v1/network", "2024-01-01", 426),
        ("/api/v1/streaming/rag/query", None, 400),
        ("/api/v1/no-such-thing", None, 400),
        ("/api/v1/docs", None, 200),
        ("/api/v1/schema", None, 200),
        ("/api/v1/streaming/health", None, 200),
        ("/api/v1/rag/health", None, 200),
        ("/api/v1/health", None, 200),
        ("/api/v1/healthy", None, 400),
        ("/api/v1/docs/evil", None, 400),
        ("/api/v1/node/health-node", None, 400),
        ("/", None, 200),
        ("/metrics", None, 200),
        ("/v1/models", None, 200),
        ("/ws/ask", None, 200),
    ],
)
async def test_the_api_answers_only_to_its_version(path, version, expected, is_async):
    assert await status_of(path, version, is_async=is_async) == expected


async def test_a_refusal_names_the_supported_version_and_the_request():
    REQUEST_ID.set("req-7")
    request = RequestFactory().get("/api/v1/network", headers={"X-API-Version": "1999-01-01"})

    answer = await run(middleware.api_version, request, HttpResponse(), is_async=True)

    error = json.loads(answer.content)["error"]
    assert (error["code"], error["request_id"]) == ("api_version_unsupported", "req-7")
    assert VERSION in error["message"]
    assert answer["X-API-Version"] == VERSION


@pytest.mark.parametrize("is_async", [True, False])
@pytest.mark.parametrize(
    ("given", "is_kept"),
    [
        ("abcdef-12345", True),
        ("short", False),
        ("x" * 65, False),
        ("evil\nline: 1", False),
        ("<script>1234", False),
        ("", False),
    ],
)
async def test_an_id_from_outside_is_kept_only_when_it_is_harmless(given, is_kept, is_async):
    request = RequestFactory().get("/")
    request.META["HTTP_X_REQUEST_ID"] = given

    answer = await run(middleware.request_id, request, HttpResponse(), is_async=is_async)

    assert (answer["X-Request-ID"] == given) is is_kept
    assert len(answer["X-Request-ID"]) >= 8


@pytest.mark.parametrize(
    ("path", "allowed", "refused"),
    [
        (
            "/",
            ["default-src 'self'", "frame-ancestors 'none'"],
            ["unsafe-eval", "unsafe-inline", "http:", "https:", "*"],
        ),
        ("/admin/", ["'unsafe-eval'", "style-src 'self' 'unsafe-inline'", "frame-ancestors 'none'"], ["*", "https:"]),
        (
            "/api/v1/docs",
            ["style-src 'self' 'unsafe-inline'"],
            ["unsafe-eval", "script-src 'self' 'unsafe-inline'", "https:"],
        ),
        ("/administration", ["default-src 'self'"], ["unsafe-eval"]),
    ],
)
async def test_pages_load_only_what_we_serve(path, allowed, refused):
    answer = await run(middleware.content_security_policy, RequestFactory().get(path), HttpResponse(), is_async=True)

    policy = answer["Content-Security-Policy"]
    assert all(words in policy for words in allowed)
    assert not any(words in policy for words in refused)


async def test_the_response_time_moves_its_metric():
    def count() -> float:
        return REGISTRY.get_sample_value("lnrag_response_time_ms_count", {"endpoint": "other"}) or 0.0

    before = count()
    await run(middleware.response_time, RequestFactory().get("/nowhere"), HttpResponse(), is_async=True)

    assert count() == before + 1


@pytest.mark.parametrize("step", STEPS)
async def test_a_stream_passes_every_step_untouched(step):
    async def pieces():
        yield b"one"
        yield b"two"

    request = RequestFactory().get("/api/v1/streaming/x", headers={"X-API-Version": VERSION})

    answer = await run(step, request, StreamingHttpResponse(pieces()), is_async=True)

    assert answer.streaming
    assert [piece async for piece in answer] == [b"one", b"two"]


@pytest.mark.django_db
def test_a_whole_request_carries_every_header(client):
    answer = client.get("/health/live", headers={"X-Request-ID": "from-the-proxy-1"})

    assert answer["X-Request-ID"] == "from-the-proxy-1"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'self'" in answer["Content-Security-Policy"]


async def test_the_id_is_in_the_log_while_a_stream_is_made(async_client, caplog):
    caplog.set_level(logging.INFO)

    answer = await async_client.get("/health/live", headers={"X-Request-ID": "stream-id-1"})

    assert answer["X-Request-ID"] == "stream-id-1"
