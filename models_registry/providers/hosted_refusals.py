"""Tell what the errors of OpenAI-compatible hosts and of Anthropic mean. Both write `{"error": {type, message, …}}`.

Read in 2026-11: OpenAI (param, code), llama.cpp server (code 400 exceed_context_size_error, 503 while loading), vLLM
(an error object in the stream, then [DONE]), LM Studio (`event: error` at 200), Anthropic (529 overloaded_error).
"""

import re
from collections.abc import Collection
from http import HTTPStatus
from typing import Any

import msgspec

from models_registry.domain.errors import (
    ModelError,
    ModelNotInstalled,
    PromptTooLong,
    ProviderRejected,
    ProviderUnavailable,
    RateLimited,
)
from models_registry.providers.keys import without_keys
from models_registry.providers.refusals import TOO_LONG, error_text, read_error, seconds

OVERLOADED = 529  # Anthropic's own
KEY_REFUSED = "The host refuses the key it was given."
BUSY = re.compile(r"overloaded|rate_limit|too many requests|unavailable_error|loading model", re.IGNORECASE)
NO_KEY = re.compile(r"authentication_error|permission_error|invalid_api_key", re.IGNORECASE)
NO_MODEL = re.compile(r"not_found_error|NotFoundError|model_not_found", re.IGNORECASE)
FINAL = re.compile(r"invalid_request_error|BadRequestError|billing_error", re.IGNORECASE)
REFUSED_FIELD = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY})


class FieldRefused(ProviderRejected):
    """The host does not know, or not for this model, one field that could as well be left out."""

    def __init__(self, message: str, *, body: bytes) -> None:
        super().__init__(message)
        self._body = body

    def named(self, fields: Collection[str]) -> str | None:
        """Return which of these fields is meant; None when none is named."""
        text = read_error(self._body) or self._body.decode("utf-8", "replace")
        wanted = _param(self._body) or ""
        if wanted in fields:
            return wanted
        # The longest first: `top_k` must not be found in a longer name.
        named = (field for field in sorted(fields, key=len, reverse=True) if re.search(rf"\b{field}\b", text))
        return next(named, None)


def refusal(status: int, body: bytes, *, retry_after: str | None = None) -> ModelError:
    """Return the error for an answer that is not a 2xx. The text of a refused key is never quoted."""
    text = read_error(body)
    quoted = without_keys(text or f"HTTP {status} without an error text")
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return ProviderRejected(f"{KEY_REFUSED} (HTTP {status})")
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return RateLimited(quoted, retry_after_s=seconds(retry_after))
    if status in (HTTPStatus.SERVICE_UNAVAILABLE, OVERLOADED):
        return RateLimited(quoted, retry_after_s=seconds(retry_after), repeat_here=True)
    if TOO_LONG.search(quoted) or status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return PromptTooLong(quoted)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        passes = status in (HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT)
        return ProviderUnavailable(quoted, repeat_here=passes)
    if status == HTTPStatus.NOT_FOUND and text is not None:
        return ModelNotInstalled(quoted)
    return FieldRefused(quoted, body=body) if status in REFUSED_FIELD else ProviderRejected(quoted)


def spoken_error(error: Any) -> ModelError:
    """Return the error for an error object within a stream whose status was 200."""
    code = error.get("code") if isinstance(error, dict) else None
    text = without_keys(" ".join(filter(None, (error_text(error), code if isinstance(code, str) else ""))))
    if TOO_LONG.search(text):
        return PromptTooLong(text)
    if NO_KEY.search(text) or code in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return ProviderRejected(KEY_REFUSED)
    if BUSY.search(text) or code in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        return RateLimited(text)
    if NO_MODEL.search(text) or code == HTTPStatus.NOT_FOUND:
        return ModelNotInstalled(text)
    if FINAL.search(text) or code == HTTPStatus.BAD_REQUEST:
        return ProviderRejected(text)
    return ProviderUnavailable(text)


def _param(body: bytes) -> str | None:
    """Return OpenAI's `param`, the name of the field it refuses."""
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    error = found.get("error") if isinstance(found, dict) else None
    param = error.get("param") if isinstance(error, dict) else None
    return param if isinstance(param, str) else None
