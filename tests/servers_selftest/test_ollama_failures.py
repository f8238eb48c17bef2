"""The stand-in fails as the real server does: before the first token, in mid-stream, or in silence."""

import json
from typing import Any

import httpx
import pytest

from tests.servers.ollama import Fault, OllamaServer, Outcome, Scenario
from tests.servers_selftest.asking_ollama import asking, body_of
from tests.servers_selftest.raw import EMBEDS, HTTP, chat, chunks, read_all, read_to_error, read_until, stream

SHORT_TIMEOUT_S = 0.15


# Before the first byte
@pytest.mark.parametrize(
    ("scenario", "status"),
    [(Scenario.ERROR_400, 400), (Scenario.ERROR_404, 404), (Scenario.ERROR_500, 500), (Scenario.ERROR_503, 503)],
)
@pytest.mark.parametrize(("path", "body"), [("/api/chat", chat()), ("/api/embed", {"model": EMBEDS, "input": "a"})])
def test_an_early_error_has_its_status_and_json(
    ollama: OllamaServer, scenario: Scenario, status: int, path: str, body: dict[str, Any]
) -> None:
    ollama.use(scenario)

    response = HTTP.post(f"{ollama.url}{path}", json=body)

    assert response.status_code == status
    assert list(response.json()) == ["error"]
    assert ollama.requests[0].status == status


def test_the_busy_text_has_two_blanks(ollama: OllamaServer) -> None:
    ollama.use(Scenario.ERROR_503)

    response = HTTP.post(f"{ollama.url}/api/chat", json=chat())

    assert response.json()["error"] == "server busy, please try again.  maximum pending requests exceeded"


def test_error_403_is_bare(ollama: OllamaServer) -> None:
    ollama.use(Scenario.ERROR_403)

    response = HTTP.post(f"{ollama.url}/api/chat", json=chat())

    assert (response.status_code, response.content) == (403, b"")


def test_error_400_nested_holds_json_in_its_text(ollama: OllamaServer) -> None:
    ollama.use(Scenario.ERROR_400_NESTED)

    error = HTTP.post(f"{ollama.url}/api/chat", json=chat()).json()["error"]

    assert json.loads(error)["error"]["type"] == "exceed_context_size_error"


@pytest.mark.parametrize("scenario", [Scenario.RESET_BEFORE_HEADERS, Scenario.RESET_AFTER_HEADERS])
def test_a_reset_before_the_first_token_is_a_real_rst(ollama: OllamaServer, scenario: Scenario) -> None:
    ollama.use(scenario)

    with asking(ollama) as client:
        if scenario is Scenario.RESET_AFTER_HEADERS:
            assert read_until(client, b"\r\n\r\n").endswith(b"\r\n\r\n")
        with pytest.raises(ConnectionResetError):
            read_all(client)


def test_a_stall_before_headers_sends_nothing(ollama: OllamaServer) -> None:
    ollama.use(Scenario.STALL_BEFORE_HEADERS)

    with asking(ollama) as client:
        client.settimeout(SHORT_TIMEOUT_S)
        with pytest.raises(TimeoutError):
            client.recv(1)
    ollama.wait_for(lambda server: server.requests[0].hung_up)


# After the first byte
def test_an_error_line_ends_a_stream_at_200(ollama: OllamaServer) -> None:
    ollama.use(Fault(Scenario.ERROR_LINE, after=2, text="out of memory"))

    answer = stream(ollama, "/api/chat", chat())

    assert len(answer) == 3
    assert answer[-1] == {"error": "out of memory"}


def test_an_old_server_sends_the_error_line_at_once(ollama: OllamaServer) -> None:
    ollama.use(Scenario.ERROR_AT_ONCE)

    response = HTTP.post(f"{ollama.url}/api/chat", json=chat())

    assert response.status_code == 200
    assert list(response.json()) == ["error"]


def test_a_failure_of_a_whole_answer_is_a_500(ollama: OllamaServer) -> None:
    ollama.use(Scenario.ERROR_LINE)

    assert HTTP.post(f"{ollama.url}/api/chat", json=chat(stream=False)).status_code == 500


@pytest.mark.parametrize("scenario", [Scenario.EOF_WITHOUT_DONE, Scenario.REPEAT_ABORT])
def test_a_stream_may_end_well_framed_without_done(ollama: OllamaServer, scenario: Scenario) -> None:
    ollama.use(scenario)

    answer = stream(ollama, "/api/chat", chat())
    whole = HTTP.post(f"{ollama.url}/api/chat", json=chat(stream=False)).json()

    assert not any(line["done"] for line in answer)
    assert whole["done"] is False
    assert {generation.outcome for generation in ollama.generations} == {Outcome.FAULT}


def test_a_repeat_abort_follows_more_than_thirty_equal_tokens(ollama: OllamaServer) -> None:
    ollama.use(Scenario.REPEAT_ABORT)

    answer = stream(ollama, "/api/chat", chat())

    assert len(answer) == 31
    assert len({line["message"]["content"] for line in answer}) == 1


def test_a_cut_ends_inside_a_line_without_the_closing_chunk(ollama: OllamaServer) -> None:
    ollama.use(Scenario.CUT_MID_LINE)

    body = body_of(ollama)

    with pytest.raises(ValueError, match="cut off"):
        chunks(body)
    with pytest.raises(httpx.RemoteProtocolError):
        HTTP.post(f"{ollama.url}/api/chat", json=chat())


def test_a_reset_in_mid_stream_comes_after_its_tokens(ollama: OllamaServer) -> None:
    ollama.use(Fault(Scenario.RESET_MID_STREAM, after=2))

    with asking(ollama) as client:
        received, error = read_to_error(client)

    assert isinstance(error, ConnectionResetError)
    assert received.count(b'"done":false') == 2
    assert ollama.generations[0].outcome is Outcome.FAULT


@pytest.mark.parametrize(("scenario", "tokens"), [(Scenario.STALL_AFTER_HEADERS, 0), (Scenario.STALL_MID_STREAM, 3)])
def test_a_stall_keeps_the_connection_open_and_silent(ollama: OllamaServer, scenario: Scenario, tokens: int) -> None:
    ollama.use(scenario)

    with asking(ollama) as client:
        client.settimeout(SHORT_TIMEOUT_S)
        received, error = read_to_error(client)

    assert isinstance(error, TimeoutError)
    assert b"200 OK" in received
    assert received.count(b'"done":false') == tokens
