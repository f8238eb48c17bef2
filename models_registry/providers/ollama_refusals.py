"""Tell what Ollama's errors mean for the caller (OLLAMA.md A.5). Status first, text second; never the whole text."""

import re
from http import HTTPStatus
from typing import Any

from models_registry.domain.errors import (
    ModelError,
    ModelNotInstalled,
    PromptTooLong,
    ProviderRejected,
    ProviderUnavailable,
    RateLimited,
)
from models_registry.providers.refusals import TOO_LONG, error_text, read_error, seconds

# A 500 that names an option or the format will fail the same way for ever; other 500s are crashes.
OUR_FAULT = re.compile(r"invalid format|\boption\b|unmarshal|invalid options", re.IGNORECASE)
HOST_HEADER_HINT = "The host refuses this address (403): behind a proxy or container name, give it OLLAMA_HOST=0.0.0.0."
CLIENT_LEFT = 499  # the load this request waited for was given up


def refusal(status: int, body: bytes, *, retry_after: str | None = None) -> ModelError:
    """Return the error for an answer that is not a 2xx."""
    text = read_error(body)
    quoted = text or f"HTTP {status} without an error text"
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _server_error(status, quoted, retry_after_s=seconds(retry_after))
    if status == CLIENT_LEFT:
        return ProviderUnavailable(quoted)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return RateLimited(quoted, retry_after_s=seconds(retry_after))
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


def _server_error(status: int, quoted: str, *, retry_after_s: float | None) -> ModelError:
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        return RateLimited(quoted, retry_after_s=retry_after_s, repeat_here=True)
    if status in (HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT):
        return ProviderUnavailable(quoted, repeat_here=True)
    if TOO_LONG.search(quoted):
        return PromptTooLong(quoted)
    return ProviderRejected(quoted) if OUR_FAULT.search(quoted) else ProviderUnavailable(quoted)
