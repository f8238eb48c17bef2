"""The one table from a failure to its HTTP status and code. Bodies tell what to do; internals never leave.

Every API body of a failure is `{"error": {"code", "message", "field"?, "request_id"}}`.
"""

import logging
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import Http404, JsonResponse
from rest_framework import exceptions as api
from rest_framework.response import Response
from rest_framework.views import set_rollback

from feedback.domain import errors as feedback
from lnrag_site.logging import REQUEST_ID
from models_registry.domain import errors as models
from rag.domain import errors as rag
from recommendations.domain import errors as recommendations
from recommendations.domain import source_errors as sources
from recommendations.domain.what_if import WhatIfRefused

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Failure:
    """What a program is told."""

    status: int
    code: str
    message: str
    field: str | None = None
    retry_after_s: float | None = None


# The first class that fits decides; a domain error names its own code and speaks for itself.
STATUSES: tuple[tuple[type[Exception], int], ...] = (
    (recommendations.NodeKeyInvalid, 400),
    (WhatIfRefused, 400),
    (recommendations.NodeAddressRefused, 400),
    (recommendations.SealBroken, 409),
    (sources.SourceUnreachable, 503),
    (sources.SourceBroken, 502),
    (sources.SourceError, 409),
    (recommendations.NotFound, 404),
    (recommendations.MoveNotAllowed, 409),
    (recommendations.AdviceFailed, 502),
    (recommendations.SnapshotTooOld, 409),
    (recommendations.SnapshotConflict, 409),
    (recommendations.GraphFileTooLarge, 413),
    (recommendations.GraphError, 422),
    (rag.QuestionInvalid, 400),
    (rag.ConversationUnknown, 404),
    (rag.SourceUnreadable, 422),
    (rag.SpaceNotReady, 409),
    (rag.QuestionsUnusable, 422),
    (rag.PatternTooSlow, 422),
    (rag.IndexUnavailable, 503),
    (rag.ModelAbsent, 503),
    (rag.PromptMissing, 503),
    (rag.AnswerFailed, 502),
    (feedback.RatingInvalid, 400),
    (feedback.TargetNotFound, 404),
    (models.QueueFull, 503),
    (models.WaitTooLong, 503),
    (models.LimiterUnavailable, 503),
    (models.RateLimited, 429),
    (models.KeyInvalid, 401),
    (models.ScopeMissing, 403),
    (models.ModelNotInstalled, 404),
    (models.GenerationCanceled, 409),
    (models.ProviderTimeout, 504),
    (models.PromptTooLong, 413),
    (models.AnswerInvalid, 502),
    (models.GenerationInterrupted, 502),
    (models.ProviderRejected, 502),
    (models.ModelError, 503),
)
DOMAIN_ERRORS = (
    recommendations.RecommendationsError,
    rag.RagError,
    feedback.FeedbackError,
    models.ModelError,
)
API_CODES = (
    (api.ParseError, "malformed"),
    (api.AuthenticationFailed, "authentication_failed"),
    (api.NotAuthenticated, "not_authenticated"),
    (api.PermissionDenied, "forbidden"),
    (api.NotFound, "not_found"),
    (api.MethodNotAllowed, "method_not_allowed"),
    (api.NotAcceptable, "not_acceptable"),
    (api.UnsupportedMediaType, "unsupported_media_type"),
    (api.Throttled, "rate_limited"),
)
REFUSALS = {  # made by the site itself, before any view
    "api_version_missing": 400,
    "api_version_unsupported": 426,
    "not_authenticated": 401,
    "forbidden": 403,
    "not_found": 404,
    "internal": 500,
}


def failure_of(exc: Exception) -> Failure | None:
    """Return what a program is told of `exc`, or None when it is a fault of ours."""
    if isinstance(exc, Http404):
        return Failure(404, "not_found", "There is nothing at this address.")
    if isinstance(exc, PermissionDenied):
        return Failure(403, "forbidden", "This is not yours to see or change.")
    if isinstance(exc, api.ValidationError):
        field, message = _first_problem(exc.detail)
        return Failure(400, "invalid", message, field=field)
    if isinstance(exc, api.APIException):
        code = next((code for kind, code in API_CODES if isinstance(exc, kind)), "refused")
        return Failure(exc.status_code, code, str(exc.detail), retry_after_s=getattr(exc, "wait", None))
    if isinstance(exc, OperationalError):
        return Failure(503, "database_unavailable", "The database does not answer. Try again shortly.")
    return _failure_of_domain(exc)


def error_response(code: str, message: str, *, field: str | None = None) -> JsonResponse:
    """Return a refusal that is made before any API view runs."""
    failure = Failure(REFUSALS[code], code, message, field=field)
    return JsonResponse(_body(failure, number=REQUEST_ID.get()), status=failure.status)


def api_exception_handler(exc: Exception, context: Mapping[str, Any]) -> Response:
    """Answer an API call that failed; log what nobody expected under an id that the caller is given."""
    set_rollback()
    failure, number = failure_of(exc), REQUEST_ID.get() or uuid.uuid4().hex
    if failure is None:
        logger.error("Unable to answer an API call", exc_info=exc, extra={"view": type(context.get("view")).__name__})
        failure = Failure(500, "internal", f"Something failed on our side. Its id in the logs is {number}.")
    headers = {"Retry-After": str(round(failure.retry_after_s))} if failure.retry_after_s is not None else {}
    if challenge := getattr(exc, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    return Response(_body(failure, number=number), status=failure.status, headers=headers)


def _failure_of_domain(exc: Exception) -> Failure | None:
    if not isinstance(exc, DOMAIN_ERRORS):
        return None
    status = next((status for kind, status in STATUSES if isinstance(exc, kind)), 500)
    field, wait_s = getattr(exc, "field", None), getattr(exc, "retry_after_s", None)
    is_named = isinstance(field, str) and status == 400
    return Failure(status, exc.code, str(exc), field=field if is_named else None, retry_after_s=wait_s)


def _first_problem(detail: Any, field: str | None = None) -> tuple[str | None, str]:
    """Return the first field that is wrong, dotted when nested, and why."""
    if isinstance(detail, Mapping) and detail:
        name, inner = next(iter(detail.items()))
        own = None if name == "non_field_errors" else name
        return _first_problem(inner, ".".join(part for part in (field, own) if part) or None)
    if isinstance(detail, list) and detail:
        return _first_problem(next((part for part in detail if part), ""), field)
    return field, str(detail)


def _body(failure: Failure, *, number: str) -> dict[str, dict[str, str]]:
    error = {"code": failure.code, "message": failure.message, "request_id": number}
    return {"error": error | ({"field": failure.field} if failure.field else {})}
