"""What every host's failures share: how a broken connection, a foreign text and a Retry-After are read."""

import contextlib
import re
from typing import Any, Protocol

import httpx
import msgspec

from models_registry.domain.errors import (
    ModelError,
    ProviderRejected,
    ProviderTimeout,
    ProviderUnavailable,
    RateLimited,
)

LONGEST_QUOTE = 300  # characters of a foreign text that may enter our messages
TOO_LONG = re.compile(
    r"exceed_context_size|exceeds? (?:the )?(?:available )?context|input length exceeds"
    r"|context_length_exceeded|maximum context length|prompt is too long|context length of only"
    r"|context size has been exceeded|request_too_large",
    re.IGNORECASE,
)


class Refusal(Protocol):
    """Tells what an answer that is no 2xx means for the caller."""

    def __call__(self, status: int, body: bytes, *, retry_after: str | None = None) -> ModelError: ...


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
        with contextlib.suppress(msgspec.DecodeError, UnicodeEncodeError):
            return error_text(msgspec.json.decode(error))
    if isinstance(error, dict):
        inner = error.get("error")
        if inner is not None:
            return error_text(inner)
        words = " ".join(str(error[key]) for key in ("type", "message") if error.get(key))
        return words[:LONGEST_QUOTE] or "unnamed error"
    return str(error)[:LONGEST_QUOTE]


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


def seconds(retry_after: str | None) -> float | None:
    """Return a Retry-After in seconds; None when it is absent or a date."""
    return float(retry_after) if retry_after and retry_after.isdigit() else None
