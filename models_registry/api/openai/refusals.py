"""The one table from a failure to what OpenAI's clients expect of it: a status they know, a code, when to retry.

It differs from the site's own table where their classes do: an unknown model is 404, an overlong prompt is 400.
"""

import logging
import math

from django.db import OperationalError

from models_registry.api.openai.wire import LARGEST_BODY, Refused
from models_registry.domain import errors

logger = logging.getLogger(__name__)
NO_RETRY = (("x-should-retry", "false"),)  # their clients would repeat a 409, and with it a turn somebody stopped
UNREACHABLE_RETRY_S = 5.0

# The first class that fits decides: its status, the code their clients know it by, and the parameter it is about.
TABLE: tuple[tuple[type[Exception], int, str, str | None], ...] = (
    (errors.KeyInvalid, 401, "invalid_api_key", None),
    (errors.ScopeMissing, 403, "insufficient_permissions", None),
    (errors.ModelNotInstalled, 404, "model_not_found", "model"),
    (errors.PromptTooLong, 400, "context_length_exceeded", "messages"),
    (errors.QuotaExceeded, 429, "rate_limit_exceeded", None),
    (errors.QueueFull, 503, "queue_full", None),
    (errors.WaitTooLong, 503, "wait_too_long", None),
    (errors.RateLimited, 503, "upstream_busy", None),
    (errors.GenerationCanceled, 409, "generation_canceled", None),
    (errors.ProviderTimeout, 504, "provider_timeout", None),
    (errors.ProviderRejected, 400, "provider_rejected", None),
    (errors.AnswerInvalid, 502, "answer_invalid", None),
    (errors.GenerationInterrupted, 502, "generation_interrupted", None),
    (errors.NoModelAvailable, 503, "no_model_available", "model"),
    (errors.ModelError, 503, "model_error", None),
)


def refusal_of(failure: Exception) -> Refused:
    """Return what a program is told of any failure; one that nobody expected is logged, and told without details."""
    if isinstance(failure, Refused):
        return failure
    cause = failure.__cause__
    # When every model refused, the latest reason says more than that none is left.
    if isinstance(failure, errors.NoModelAvailable) and isinstance(cause, errors.ModelError):
        return _of_model(cause)
    if isinstance(failure, errors.ModelError):
        return _of_model(failure)
    if isinstance(failure, OperationalError):
        return Refused(503, "database_unavailable", "The database does not answer. Try again shortly.")
    logger.error("Unable to answer a gateway call", exc_info=failure)
    return Refused(500, "internal", "Something failed on our side; the log tells what.")


def too_large() -> Refused:
    """Return the refusal of a body that is larger than any call may be."""
    return Refused(413, "request_too_large", f"Send at most {LARGEST_BODY // 1024 // 1024} MB.")


def _of_model(failure: errors.ModelError) -> Refused:
    status, code, param = next(row[1:] for row in TABLE if isinstance(failure, row[0]))
    wait_s = getattr(failure, "retry_after_s", None)
    headers: tuple[tuple[str, str], ...] = NO_RETRY if status == 409 else ()
    if status in (429, 503):
        headers = (("Retry-After", str(max(1, math.ceil(wait_s or UNREACHABLE_RETRY_S)))),)
    if status == 401:
        headers = (("WWW-Authenticate", 'Bearer realm="lnrag"'),)
    return Refused(status, code, str(failure) or "The model failed.", param=param, headers=headers)
