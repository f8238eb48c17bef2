"""Faults of Ollama's while it answers: each raises its own error, and only a passing one is outlived."""

from dataclasses import replace

import httpx
import pytest

from models_registry.domain.chat import Piece
from models_registry.domain.errors import (
    AnswerCutOff,
    AnswerEmpty,
    ModelNotInstalled,
    PromptTooLong,
    ProviderRejected,
    ProviderTimeout,
    ProviderUnavailable,
    RateLimited,
)
from tests.models_registry.conftest import QUICK, ask, endpoint_of, ollama_at, overhear
from tests.models_registry.providers.hearing import hear
from tests.servers.ollama import Fault, OllamaServer, Scenario


@pytest.mark.parametrize(
    ("fault", "expected", "asked"),
    [
        ("error_400", ProviderRejected, 1),
        ("error_400_nested", PromptTooLong, 1),
        ("error_403", ProviderRejected, 1),
        ("error_404", ModelNotInstalled, 1),
        ("error_500", ProviderUnavailable, 1),
        ("error_503", RateLimited, 3),
        (Fault(Scenario.ERROR_500, status=502), ProviderUnavailable, 3),
        (Fault(Scenario.ERROR_500, status=504), ProviderUnavailable, 3),
        (Fault(Scenario.ERROR_500, text='invalid format: "x"'), ProviderRejected, 1),
        ("reset_before_headers", ProviderUnavailable, 3),
        ("reset_after_headers", ProviderUnavailable, 3),
        ("error_at_once", ProviderUnavailable, 1),
        ("stall_before_headers", ProviderTimeout, 1),
        ("stall_after_headers", ProviderTimeout, 1),
        ("empty_answer", AnswerEmpty, 1),
        ("json_whitespace", AnswerEmpty, 1),
        ("tool_call", AnswerEmpty, 1),
        (Fault(Scenario.EOF_WITHOUT_DONE, after=0), AnswerCutOff, 1),
    ],
)
async def test_a_fault_before_the_first_word_raises_its_error_and_says_nothing(server, speaker, fault, expected, asked):
    server.use(fault)

    heard: list[Piece] = []
    with pytest.raises(expected) as caught:
        await overhear(speaker.stream(ask()), heard)

    assert type(caught.value) is expected
    assert heard == []
    assert len(server.requests_for("/api/chat")) == asked


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("error_line", ProviderUnavailable),
        ("eof_without_done", AnswerCutOff),
        ("cut_mid_line", ProviderUnavailable),
        ("repeat_abort", AnswerCutOff),
        ("reset_mid_stream", ProviderUnavailable),
        ("stall_mid_stream", ProviderTimeout),
    ],
)
async def test_a_fault_after_the_first_word_raises_its_error_and_is_not_repeated(server, speaker, fault, expected):
    server.use(fault)

    heard: list[Piece] = []
    with pytest.raises(expected) as caught:
        await overhear(speaker.stream(ask()), heard)

    assert type(caught.value) is expected
    assert heard
    assert len(server.requests_for("/api/chat")) == 1


async def test_a_passing_fault_is_outlived(server, speaker):
    server.enqueue("error_503")
    server.enqueue("reset_before_headers")

    text, _ = await hear(speaker)

    assert text
    assert len(server.requests_for("/api/chat")) == 3


async def test_endless_blanks_are_not_waited_for(server, speaker):
    server.respond_with(lambda _request: [" \n"] * 5000)

    with pytest.raises(AnswerEmpty, match="blanks"):
        await hear(speaker)


async def test_what_is_no_ollama_is_told_apart(server, speaker):
    async def reply(_request):
        return httpx.Response(200, content=b"<html>hello</html>")

    async with httpx.AsyncClient(transport=httpx.MockTransport(reply)) as client:
        stranger = type(speaker)(speaker.endpoint, client=client)
        with pytest.raises(ProviderUnavailable, match="not the expected JSON"):
            await hear(stranger)


async def test_a_huge_error_page_is_not_read_to_its_end(speaker):
    async def reply(_request):
        return httpx.Response(400, content=b"x" * 1_000_000)

    async with httpx.AsyncClient(transport=httpx.MockTransport(reply)) as client:
        with pytest.raises(ProviderRejected, match="HTTP 400"):
            await hear(type(speaker)(speaker.endpoint, client=client))


async def test_the_whole_answer_has_a_deadline(server):
    server.pace.token_delay_s = 0.05
    server.respond_with(lambda _request: ["word "] * 200)
    speaker = ollama_at(endpoint_of(server, timeouts=replace(QUICK, total_s=0.4)))

    with pytest.raises(ProviderTimeout, match="The whole answer"):
        await hear(speaker)


async def test_a_host_that_is_not_there_is_unavailable_after_three_knocks():
    with OllamaServer() as gone:
        address = gone.url
    speaker = ollama_at(replace(endpoint_of(gone), base_url=address))

    with pytest.raises(ProviderUnavailable, match="ConnectError"):
        await hear(speaker)
