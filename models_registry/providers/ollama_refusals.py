"""Tell what Ollama's errors mean for the caller (OLLAMA.md A.5). Status first, text second; never the whole text."""

import contextlib
import re
from http import HTTPStatus
from typing import Any

import httpx
import msgspec

from models_registry.domain.errors import (
    ModelError,
    ModelNotInstalled,
    PromptTooLong,
    ProviderRejected,
    ProviderTimeout,
    ProviderUnavailable,
    RateLimited,
)

# A 500 that names an option or the format will fail the same way for ever; other 500s are crashes.
OUR_FAULT = re.compile(r"invalid format|\boption\b|unmarshal|invalid options", re.IGNORECASE)
TOO_LONG = re.compile(
    r"exceed_context_size|exceeds? (?:the )?(?:available )?context|input length exceeds", re.IGNORECASE
)
HOST_HEADER_HINT = "The host refuses this address (403): behind a proxy or container name, give it OLLAMA_HOST=0.0.0.0."
CLIENT_LEFT = 499  # the load this request waited for was given up
LONGEST_QUOTE = 300  # characters of a foreign text that may enter our messages


def read_error(body: bytes) -> str | None:
    """Return the text of `{"error": …}`, also when it holds JSON itself; None when the body is no such object."""
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return error_text(found["error"]) if isinstance(found, dict) and "error" in found else None


def error_text(error: Any) -> str:
    """Return the innermost wording of an error that may be text, JSON in text, or an object."""
    if isinstance(error, str) and error.lstrip().startswith("{"):
        with contextlib.suppress(msgspec.DecodeError):
            return error_text(msgspec.json.decode(error))
    if isinstance(error, dict):
        inner = error.get("error")
        if inner is not None:
            return error_text(inner)
        return " ".join(str(error[key]) for key in ("type", "message") if error.get(key)) or "unnamed error"
    return str(error)[:LONGEST_QUOTE]


def refusal(status: int, body: bytes, *, retry_after: str | None = None) -> ModelError:
    """Return the error for an answer that is not a 2xx."""
    text = read_error(body)
    quoted = text or f"HTTP {status} without an error text"
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _server_error(status, quoted, retry_after_s=_seconds(retry_after))
    if status == CLIENT_LEFT:
        return ProviderUnavailable(quoted)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return RateLimited(quoted, retry_after_s=_seconds(retry_after))
    if status == HTTPStatus.NOT_FOUND and text is not None and "not found" in text.lower():
        return ModelNotInstalled(quoted)
    if status == HTTPStatus.FORBIDDEN and text is None:
        return ProviderRejected(HOST_HEADER_HINT)
    return PromptTooLong(quoted) if TOO_LONG.search(quoted) else ProviderRejected(quoted)


def spoken_error(error: Any) -> ModelError:
    """Return the error for an `{"error": …}` line of a stream whose status was 200."""
    text = error_text(error)
    if TOO_LONG.search(text):
        return PromptTooLong(text)
    if text.lower().startswith("model ") and "not found" in text.lower():
        return ModelNotInstalled(text)
    return ProviderUnavailable(text)


def broken_connection(exc: httpx.HTTPError | httpx.InvalidURL, *, where: str) -> ModelError:
    """Return the error for a failure below HTTP. A time-out is never repeated on the same host."""
    if isinstance(exc, httpx.PoolTimeout):
        return RateLimited(f"Every connection to {where} is in use.")
    if isinstance(exc, httpx.TimeoutException):
        return ProviderTimeout(
            f"{where} does not answer in time.", is_unreachable=isinstance(exc, httpx.ConnectTimeout)
        )
    if isinstance(exc, httpx.InvalidURL | httpx.UnsupportedProtocol):
        return ProviderRejected(f"{where} is no usable address.")
    if isinstance(exc, httpx.DecodingError):
        return ProviderUnavailable(f"{where} sent bytes that cannot be decoded.")
    return ProviderUnavailable(f"The connection to {where} failed ({type(exc).__name__}).", repeat_here=True)


def _server_error(status: int, quoted: str, *, retry_after_s: float | None) -> ModelError:
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        return RateLimited(quoted, retry_after_s=retry_after_s, repeat_here=True)
    if status in (HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT):
        return ProviderUnavailable(quoted, repeat_here=True)
    if TOO_LONG.search(quoted):
        return PromptTooLong(quoted)
    return ProviderRejected(quoted) if OUR_FAULT.search(quoted) else ProviderUnavailable(quoted)


def _seconds(retry_after: str | None) -> float | None:
    return float(retry_after) if retry_after and retry_after.isdigit() else None
