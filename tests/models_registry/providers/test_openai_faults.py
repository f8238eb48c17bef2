"""Faults of hosts that speak OpenAI's dialect, before the first word and in mid-stream."""

import pytest

from models_registry.domain.chat import Piece, Text
from models_registry.domain.errors import (
    AnswerCutOff,
    ModelError,
    ModelNotInstalled,
    PromptTooLong,
    ProviderRejected,
    ProviderTimeout,
    ProviderUnavailable,
    RateLimited,
)
from models_registry.providers import catalog
from tests.models_registry.providers.hosted import KEY, asked, endpoint_at, listen
from tests.models_registry.providers.openai_hosts import MODEL, server
from tests.servers.hosted import Fault, Order
from tests.servers.openai_compatible import Dialect, OpenAIServer

__all__ = ["server"]

CONTEXT = {"code": 400, "type": "exceed_context_size_error", "message": "the request exceeds the context"}


@pytest.mark.parametrize(
    ("order", "expected", "times"),
    [
        (Order(Fault.STATUS, status=400, body={"error": {"message": "bad"}}), ProviderRejected, 1),
        (Order(Fault.STATUS, status=400, body=b"<html>"), ProviderRejected, 1),
        (Order(Fault.STATUS, status=400, body=b"[1]"), ProviderRejected, 1),
        (Order(Fault.STATUS, status=400, body={"error": CONTEXT}), PromptTooLong, 1),
        (Order(Fault.STATUS, status=413), PromptTooLong, 1),
        (Order(Fault.STATUS, status=401, body={"error": {"message": f"Incorrect API key {KEY}"}}), ProviderRejected, 1),
        (Order(Fault.STATUS, status=403), ProviderRejected, 1),
        (Order(Fault.STATUS, status=404, body={"error": {"message": "no such model"}}), ModelNotInstalled, 1),
        (Order(Fault.STATUS, status=404, body=b"404 page not found"), ProviderRejected, 1),
        (Order(Fault.STATUS, status=429, body={"error": {"message": "slow down"}}), RateLimited, 1),
        (Order(Fault.STATUS, status=500, body={"error": {"message": "crash"}}), ProviderUnavailable, 1),
        (Order(Fault.STATUS, status=501), ProviderUnavailable, 1),
        (Order(Fault.STATUS, status=502), ProviderUnavailable, 3),
        (Order(Fault.STATUS, status=503, body={"error": {"message": "Loading model"}}), RateLimited, 3),
        (Order(Fault.STATUS, status=504), ProviderUnavailable, 3),
        (Order(Fault.STATUS, status=302, headers={"Location": "http://127.0.0.1:9/"}), ProviderRejected, 1),
        (Order(Fault.RESET_BEFORE_HEADERS), ProviderUnavailable, 3),
        (Order(Fault.STALL_BEFORE_HEADERS), ProviderTimeout, 1),
        (Order(Fault.STALL_MID_STREAM, at=0), ProviderTimeout, 1),
        (Order(Fault.END_EARLY, at=0), AnswerCutOff, 1),
        (Order(Fault.PLAIN_ERROR, error={"message": "no slot", "type": "unavailable_error"}), RateLimited, 1),
        (Order(Fault.PLAIN_TEXT), ProviderUnavailable, 1),
        (Order(Fault.ERROR_EVENT, at=0), ProviderUnavailable, 1),
        (Order(Fault.ERROR_EVENT, at=0, error=CONTEXT), PromptTooLong, 1),
        (Order(Fault.ERROR_EVENT, at=0, error={"code": 401, "message": KEY}), ProviderRejected, 1),
        (Order(Fault.ERROR_EVENT, at=0, error={"code": 429, "message": "later"}), RateLimited, 1),
        (Order(Fault.ERROR_EVENT, at=0, error={"code": "model_not_found", "message": "x"}), ModelNotInstalled, 1),
        (Order(Fault.ERROR_EVENT, at=0, error={"type": "BadRequestError", "message": "x"}), ProviderRejected, 1),
        (Order(Fault.ERROR_EVENT, at=0, error="out of memory"), ProviderUnavailable, 1),
    ],
)
async def test_a_fault_before_the_first_word_raises_its_error_and_says_nothing(server, order, expected, times):
    server.use(order)

    heard: list[Piece] = []
    with pytest.raises(ModelError) as caught:
        await listen(endpoint_at(server, "openai"), asked(MODEL), heard)

    assert caught.value.code == expected.code
    assert isinstance(caught.value, expected)
    assert KEY not in str(caught.value)
    assert heard == []
    assert len(server.requests) == times


@pytest.mark.parametrize("dialect", [Dialect.LLAMA_CPP, Dialect.OLD_LLAMA_CPP, Dialect.VLLM, Dialect.LM_STUDIO])
async def test_an_error_in_mid_stream_is_heard_in_every_dialect(dialect):
    with OpenAIServer(dialect) as server:
        server.use(Fault.ERROR_EVENT)
        heard: list[Piece] = []
        with pytest.raises(ProviderUnavailable, match="the slot crashed"):
            await listen(endpoint_at(server, "openai"), asked(MODEL), heard)

        assert "".join(piece.content for piece in heard if isinstance(piece, Text)) == "Raise the fee "
        assert len(server.requests) == 1
        await catalog.close()


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault.END_EARLY, AnswerCutOff),
        (Fault.LAST_MARK_ALONE, AnswerCutOff),
        (Fault.RESET_MID_STREAM, ProviderUnavailable),
        (Fault.STALL_MID_STREAM, ProviderTimeout),
    ],
)
async def test_an_answer_that_breaks_off_is_no_success_and_not_repeated(server, fault, expected):
    server.use(fault)

    heard: list[Piece] = []
    with pytest.raises(expected):
        await listen(endpoint_at(server, "openai"), asked(MODEL), heard)

    assert heard
    assert len(server.requests) == 1


async def test_a_wait_that_is_asked_for_is_told(server):
    server.use(Order(Fault.STATUS, status=429, headers={"Retry-After": "7"}))

    with pytest.raises(RateLimited) as caught:
        await listen(endpoint_at(server, "openai"), asked(MODEL))

    assert caught.value.retry_after_s == 7.0
