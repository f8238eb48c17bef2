"""Each failure has one status and one code; internals and secrets never leave."""

import json
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import Http404
from rest_framework import exceptions as api

from feedback.domain import errors as feedback
from lnrag_site import errors
from lnrag_site.errors import api_exception_handler, failure_of
from lnrag_site.logging import REQUEST_ID
from models_registry.domain import errors as models
from rag.domain import errors as rag
from recommendations.domain import errors as recommendations

FLOORS = (recommendations, rag, feedback, models)


def body(exc: Exception) -> Any:
    return api_exception_handler(exc, {}).data["error"]


@pytest.mark.parametrize(
    ("exc", "status", "code"),
    [
        (recommendations.NodeKeyInvalid(), 400, "node_key_invalid"),
        (recommendations.NodeNotFound("02" + "00" * 32), 404, "node_not_found"),
        (recommendations.NetworkNotFound("none"), 404, "network_not_found"),
        (recommendations.MoveNotAllowed("applied", "rejected"), 409, "move_not_allowed"),
        (
            recommendations.GraphFileBroken(record="edge 3", field="capacity", reason="no number"),
            422,
            "graph_file_broken",
        ),
        (rag.QuestionInvalid("too short"), 400, "question_invalid"),
        (rag.DocumentInvalid("x"), 422, "document_invalid"),
        (rag.IndexUnavailable("x"), 503, "index_unavailable"),
        (feedback.TargetNotFound("x"), 404, "target_not_found"),
        (models.RateLimited("x", retry_after_s=7), 429, "rate_limited"),
        (models.ProviderTimeout("x"), 504, "provider_timeout"),
        (models.ProviderUnavailable("x"), 503, "provider_unavailable"),
        (models.NoModelAvailable("x"), 503, "no_model_available"),
        (models.PromptTooLong("x"), 413, "prompt_too_long"),
        (models.AnswerEmpty("x"), 502, "answer_empty"),
        (api.NotAuthenticated(), 401, "not_authenticated"),
        (api.AuthenticationFailed(), 401, "authentication_failed"),
        (api.PermissionDenied(), 403, "forbidden"),
        (api.MethodNotAllowed("PUT"), 405, "method_not_allowed"),
        (api.NotAcceptable(), 406, "not_acceptable"),
        (api.ParseError(), 400, "malformed"),
        (api.UnsupportedMediaType("x/y"), 415, "unsupported_media_type"),
        (api.Throttled(wait=3), 429, "rate_limited"),
        (Http404(), 404, "not_found"),
        (PermissionDenied(), 403, "forbidden"),
        (OperationalError("password=hunter22"), 503, "database_unavailable"),
    ],
)
def test_a_failure_becomes_its_status_and_code(exc, status, code):
    answer = api_exception_handler(exc, {})

    assert (answer.status_code, answer.data["error"]["code"]) == (status, code)
    assert answer.data["error"].keys() >= {"code", "message", "request_id"}
    assert "hunter22" not in json.dumps(answer.data)


@pytest.mark.parametrize(
    "kind",
    [
        kind
        for floor in FLOORS
        for kind in vars(floor).values()
        if isinstance(kind, type) and issubclass(kind, errors.DOMAIN_ERRORS) and kind not in errors.DOMAIN_ERRORS
    ],
)
def test_every_domain_error_stands_in_the_table(kind):
    assert any(issubclass(kind, known) for known, _ in errors.STATUSES)


def test_the_field_that_is_wrong_is_named():
    assert body(api.ValidationError({"n_results": ["Ensure this value is at most 20."]})) | {"request_id": ""} == {
        "code": "invalid",
        "message": "Ensure this value is at most 20.",
        "field": "n_results",
        "request_id": "",
    }
    assert body(api.ValidationError({"a": {"b": ["bad"]}}))["field"] == "a.b"
    assert body(api.ValidationError({"items": [{}, {"b": ["bad"]}]}))["message"] == "bad"
    assert "field" not in body(api.ValidationError(["bad"]))
    assert "field" not in body(api.ValidationError({"non_field_errors": ["bad"]}))
    assert body(feedback.RatingInvalid("thumb", "x"))["field"] == "thumb"


def test_what_nobody_expected_shows_an_id_and_nothing_else(caplog):
    token = REQUEST_ID.set("req-42")
    try:
        answer = api_exception_handler(RuntimeError("secret internals"), {})
    finally:
        REQUEST_ID.reset(token)

    assert answer.status_code == 500
    assert answer.data["error"]["code"] == "internal"
    assert "req-42" in answer.data["error"]["message"]
    assert "secret internals" not in json.dumps(answer.data)
    assert "Unable to answer an API call" in caplog.text


def test_a_limit_says_when_to_come_back():
    assert api_exception_handler(models.RateLimited("x", retry_after_s=7.4), {}).headers["Retry-After"] == "7"
    assert api_exception_handler(api.Throttled(wait=3), {}).headers["Retry-After"] == "3"


def test_a_fault_of_ours_has_no_failure():
    assert failure_of(KeyError("x")) is None


@pytest.mark.django_db
def test_an_address_that_does_not_exist_answers_in_the_callers_language(client):
    program = client.get("/api/v1/nothing", headers={"X-API-Version": "2025-10-15"})

    assert (program.status_code, program.json()["error"]["code"]) == (404, "not_found")
