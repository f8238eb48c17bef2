"""Every named scenario does what its name says, as seen from a raw socket or a plain client."""

import json
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import httpx
import pytest

from tests.servers.ollama import PRELOAD, Fault, OllamaServer, Outcome, Scenario
from tests.servers.ollama.scripts import STRANGE_PIECES
from tests.servers_selftest.raw import (
    EMBEDS,
    GENERATES,
    HTTP,
    chat,
    chunks,
    connect,
    lines,
    post,
    read_all,
    read_to_error,
    read_until,
    said,
    split_response,
    stream,
    talk,
)

SHORT_TIMEOUT_S = 0.15


def body_of(server: OllamaServer, request: dict[str, Any] | None = None) -> bytes:
    return split_response(talk(server, post("/api/chat", request or chat())))[1]


@contextmanager
def asking(server: OllamaServer) -> Iterator[socket.socket]:
    with closing(connect(server)) as client:
        client.sendall(post("/api/chat", chat()))
        yield client


# How the bytes are cut


def test_a_payload_split_at_every_offset_still_holds_the_same_answer(ollama: OllamaServer) -> None:
    ollama.respond_with(lambda _: ["При\u0085", "вет🧡"])
    longest = len(b"".join(chunks(body_of(ollama)))) + 20  # timestamps and durations vary in length

    for offset in range(longest):
        ollama.enqueue(Fault(Scenario.SPLIT_AT, split_at=offset))
        pieces = chunks(body_of(ollama))
        whole = b"".join(pieces)

        assert len(pieces) == 1 + (0 < offset < len(whole))
        assert len(pieces) == 1 or len(pieces[0]) == offset
        assert said(lines(whole)) == "При\u0085вет🧡"


def test_single_byte_writes_arrive_as_the_same_answer(ollama: OllamaServer) -> None:
    ollama.respond_with(lambda _: "Raise the fee.")
    ollama.use(Scenario.BYTE_WRITES)
    firsts = []

    for _ in range(5):  # whoever is kept from reading for some milliseconds finds many bytes waiting
        with asking(ollama) as client:
            firsts.append(client.recv(65_536))
            rest = read_all(client)
        assert said(lines(b"".join(chunks(split_response(firsts[-1] + rest)[1])))) == "Raise the fee."

    assert min(map(len, firsts)) < 200  # the head alone is longer


def test_single_byte_chunks_are_well_framed(ollama: OllamaServer) -> None:
    ollama.respond_with(lambda _: "Raise the fee.")
    ollama.use(Scenario.BYTE_CHUNKS)

    pieces = chunks(body_of(ollama))

    assert {len(piece) for piece in pieces} == {1}
    assert said(lines(b"".join(pieces))) == "Raise the fee."


def test_coalesced_lines_come_in_one_chunk(ollama: OllamaServer) -> None:
    ollama.use(Scenario.COALESCED)

    pieces = chunks(body_of(ollama))

    assert len(pieces) == 1
    assert len(lines(pieces[0])) > 3


def test_the_last_line_may_lack_its_newline(ollama: OllamaServer) -> None:
    ollama.use(Scenario.NO_LAST_NEWLINE)

    payload = b"".join(chunks(body_of(ollama)))

    assert payload.endswith(b"}")
    assert lines(payload)[-1]["done"] is True


def test_blank_lines_may_stand_between(ollama: OllamaServer) -> None:
    ollama.use(Scenario.BLANK_LINES)

    payload = b"".join(chunks(body_of(ollama)))

    assert b"}\n\n{" in payload
    assert lines(payload)[-1]["done"] is True


def test_non_stream_answers_a_stream_with_one_object(ollama: OllamaServer) -> None:
    ollama.use(Scenario.NON_STREAM)

    response = HTTP.post(f"{ollama.url}/api/chat", json=chat(stream=True))

    assert response.headers["content-type"] == "application/json; charset=utf-8"
    assert response.json()["done"] is True


# What is said


def test_strange_characters_survive_and_tear_splitlines(ollama: OllamaServer) -> None:
    ollama.use(Scenario.STRANGE_CHARACTERS)

    payload = b"".join(chunks(body_of(ollama)))

    assert said(lines(payload)) == "".join(STRANGE_PIECES)
    assert b"\xc2\x85" in payload
    assert len(payload.decode().splitlines()) > payload.count(b"\n")  # the trap for naive clients


@pytest.mark.parametrize("path", ["/api/chat", "/api/generate"])
def test_the_giant_last_line_is_five_megabytes(ollama: OllamaServer, path: str) -> None:
    ollama.use(Scenario.GIANT_LAST_LINE)

    head, body = split_response(talk(ollama, post(path, chat(prompt="What is a fee?"))))

    assert b"200 OK" in head
    assert len(chunks(body)[-1]) > 5_000_000
    assert json.loads(chunks(body)[-1])["done"] is True


def test_zero_fields_are_absent(ollama: OllamaServer) -> None:
    ollama.use(Scenario.ZERO_FIELDS_ABSENT)

    final = stream(ollama, "/api/chat", chat())[-1]

    assert set(final) == {"model", "created_at", "message", "done", "done_reason"}


def test_done_reason_length_cuts_after_some_tokens(ollama: OllamaServer) -> None:
    ollama.use(Fault(Scenario.DONE_REASON_LENGTH, after=2))

    answer = stream(ollama, "/api/chat", chat())

    assert len(answer) == 3
    assert answer[-1]["done_reason"] == "length"


def test_thinking_first_comes_with_empty_content(ollama: OllamaServer) -> None:
    ollama.use(Scenario.THINKING_FIRST)

    answer = stream(ollama, "/api/chat", chat())
    thinking = ["thinking" in line["message"] for line in answer]

    assert thinking[0]
    assert not thinking[-1]
    assert sorted(thinking, reverse=True) == thinking
    assert said(answer)


def test_a_tool_call_uses_the_tool_that_was_offered() -> None:
    tool = {
        "type": "function",
        "function": {"name": "raise_fee", "parameters": {"properties": {"ppm": {"minimum": 5}}}},
    }

    with OllamaServer(["qwen3"], scenario=Scenario.TOOL_CALL) as server:
        answer = stream(server, "/api/chat", chat(model="qwen3", think=False, tools=[tool]))

    call = answer[0]["message"]["tool_calls"][0]["function"]
    assert call["name"] == "raise_fee"
    assert call["arguments"]["ppm"] >= 5
    assert answer[0]["message"]["content"] == ""


def test_json_cut_off_is_no_json_and_says_length(ollama: OllamaServer) -> None:
    ollama.use(Scenario.JSON_CUT_OFF)

    answer = stream(ollama, "/api/chat", chat(format={"type": "object", "properties": {"summary": {}}}))

    assert answer[-1]["done_reason"] == "length"
    assert said(answer).startswith("{")
    with pytest.raises(ValueError, match="Unterminated"):
        json.loads(said(answer))


@pytest.mark.parametrize("scenario", [Scenario.JSON_WHITESPACE, Scenario.EMPTY_ANSWER])
def test_an_answer_may_hold_nothing_and_still_be_done(ollama: OllamaServer, scenario: Scenario) -> None:
    ollama.use(scenario)

    answer = stream(ollama, "/api/chat", chat())

    assert said(answer).strip() == ""
    assert bool(said(answer)) is (scenario is Scenario.JSON_WHITESPACE)
    assert answer[-1]["done"] is True


def test_prompt_halved_tells_of_silent_truncation(ollama: OllamaServer) -> None:
    ollama.use(Scenario.PROMPT_HALVED)

    final = stream(ollama, "/api/chat", chat(options={"num_ctx": 2048}))[-1]

    assert final["prompt_eval_count"] == 1026  # about half of 2048


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


# Which request meets which fault


def test_enqueued_faults_strike_once_each_and_let_others_pass(ollama: OllamaServer) -> None:
    ollama.enqueue(Scenario.ERROR_503, times=2)

    statuses = [HTTP.post(f"{ollama.url}/api/chat", json=chat()).status_code for _ in range(3)]

    assert HTTP.get(f"{ollama.url}/api/tags").status_code == 200
    assert statuses == [503, 503, 200]
    assert ollama.pending_faults == 0


def test_a_fault_of_a_model_spares_the_others() -> None:
    with OllamaServer(["llama3:8b-instruct", "mistral"]) as server:
        server.fail("LLAMA3:8b-instruct", Scenario.ERROR_500)
        bodies = [chat(), chat(model="mistral")]

        statuses = [HTTP.post(f"{server.url}/api/chat", json=body).status_code for body in bodies]
        server.recover()

        assert statuses == [500, 200]
        assert HTTP.post(f"{server.url}/api/chat", json=chat()).status_code == 200


def test_a_fault_may_name_any_path(ollama: OllamaServer) -> None:
    ollama.enqueue(Fault(Scenario.ERROR_500, status=502, text="bad gateway", paths=("/api/tags",)))

    response = HTTP.get(f"{ollama.url}/api/tags")

    assert (response.status_code, response.json()) == (502, {"error": "bad gateway"})


def test_a_preload_meets_early_faults_only(ollama: OllamaServer) -> None:
    preload = {"model": GENERATES, "messages": []}
    ollama.enqueue(Scenario.ERROR_LINE)
    ollama.enqueue(Fault(Scenario.ERROR_503, paths=(PRELOAD,)))

    statuses = [HTTP.post(f"{ollama.url}/api/chat", json=preload).status_code for _ in range(2)]

    assert statuses == [503, 200]
    assert list(stream(ollama, "/api/chat", chat())[-1]) == ["error"]


def test_an_unknown_scenario_is_refused_by_name(ollama: OllamaServer) -> None:
    with pytest.raises(ValueError, match="explode"):
        ollama.use("explode")
