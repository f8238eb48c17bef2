"""OLLAMA.md A.5: each refusal becomes one class, by status first and text second."""

import httpx
import pytest

from models_registry.domain import errors
from models_registry.domain.errors import (
    ModelNotInstalled,
    PromptTooLong,
    ProviderRejected,
    ProviderTimeout,
    ProviderUnavailable,
    RateLimited,
)
from models_registry.metrics import model_label
from models_registry.providers.ollama_refusals import refusal, spoken_error
from models_registry.providers.refusals import broken_connection, error_text, read_error
from models_registry.services.count import error_type

NESTED = (
    b'{"error":"{\\"error\\":{\\"type\\":\\"exceed_context_size_error\\",\\"n_ctx\\":4096,\\"message\\":\\"no\\"}}"}'
)


@pytest.mark.parametrize(
    ("status", "body", "expected", "repeats"),
    [
        (400, b'{"error":"model is required"}', ProviderRejected, False),
        (400, NESTED, PromptTooLong, False),
        (400, b'{"error":"the input length exceeds the context length"}', PromptTooLong, False),
        (401, b'{"error":"unauthorized","signin_url":"x"}', ProviderRejected, False),
        (403, b"", ProviderRejected, False),
        (404, b'{"error":"model \'x\' not found"}', ModelNotInstalled, False),
        (404, b'{"error":"model \\"x\\" not found, try pulling it first"}', ModelNotInstalled, False),
        (404, b"404 page not found", ProviderRejected, False),
        (405, b"", ProviderRejected, False),
        (429, b'{"error":"slow down"}', RateLimited, False),
        (499, b'{"error":"request canceled"}', ProviderUnavailable, False),
        (500, b'{"error":"model runner has unexpectedly stopped"}', ProviderUnavailable, False),
        (500, b'{"error":"invalid format: \\"x\\"; expected json"}', ProviderRejected, False),
        (500, b'{"error":"option \\"stop\\" must be of type array"}', ProviderRejected, False),
        (500, b'{"error":"prompt exceeds context"}', PromptTooLong, False),
        (500, b"<html>", ProviderUnavailable, False),
        (502, b"bad gateway", ProviderUnavailable, True),
        (503, b'{"error":"server busy, please try again.  maximum pending requests exceeded"}', RateLimited, True),
        (504, b"", ProviderUnavailable, True),
        (301, b"", ProviderRejected, False),
    ],
)
def test_each_status_has_one_meaning(status, body, expected, repeats):
    failure = refusal(status, body)

    assert type(failure) is expected
    assert failure.repeat_here is repeats


def test_retry_after_is_kept():
    told, untold = refusal(429, b"", retry_after="7"), refusal(503, b"", retry_after="soon")

    assert isinstance(told, RateLimited)
    assert isinstance(untold, RateLimited)
    assert (told.retry_after_s, untold.retry_after_s) == (7.0, None)


@pytest.mark.parametrize(
    ("exc", "expected", "repeats"),
    [
        (httpx.ConnectError("refused"), ProviderUnavailable, True),
        (httpx.ReadError("reset"), ProviderUnavailable, True),
        (httpx.RemoteProtocolError("cut"), ProviderUnavailable, True),
        (httpx.ConnectTimeout("slow"), ProviderTimeout, False),
        (httpx.PoolTimeout("full"), RateLimited, False),
        (httpx.DecodingError("gzip"), ProviderUnavailable, False),
        (httpx.UnsupportedProtocol("ftp"), ProviderRejected, False),
        (httpx.InvalidURL("x"), ProviderRejected, False),
    ],
)
def test_a_failure_below_http_has_one_meaning(exc, expected, repeats):
    failure = broken_connection(exc, where="ollama")

    assert type(failure) is expected
    assert failure.repeat_here is repeats


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ("unexpected EOF", ProviderUnavailable),
        ("model 'x' not found", ModelNotInstalled),
        ({"type": "exceed_context_size_error", "message": "m"}, PromptTooLong),
        (None, ProviderUnavailable),
    ],
)
def test_an_error_line_has_one_meaning(error, expected):
    assert type(spoken_error(error)) is expected


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ("plain", "plain"),
        ("{not json", "{not json"),
        ('{"error":"inner"}', "inner"),
        ({}, "unnamed error"),
        ({"type": "t", "message": "m"}, "t m"),
        ("x" * 1000, "x" * 300),
    ],
)
def test_the_innermost_wording_is_told(error, expected):
    assert error_text(error) == expected


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"e":1}', b"\xff"])
def test_a_body_without_an_error_text_has_none(body):
    assert read_error(body) is None


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (ProviderTimeout("x"), "timeout"),
        (ModelNotInstalled("x"), "model_not_found"),
        (PromptTooLong("x"), "client_error"),
        (ProviderUnavailable("x"), "other"),
        (errors.AnswerEmpty("x"), "other"),
    ],
)
def test_a_failure_is_counted_under_one_of_four_kinds(failure, kind):
    assert error_type(failure) == kind


def test_a_label_is_never_a_raw_tag():
    assert model_label("Qwen2.5:14b-Instruct/x") == "qwen2.5-14b-instruct-x"
    assert model_label("///") == "other"
    assert len(model_label("x" * 500)) == 60


def test_every_error_has_a_code_of_its_own():
    tree = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.ModelError)]

    assert len({kind.code for kind in tree}) == len(tree)
