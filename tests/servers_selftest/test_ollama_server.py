"""The stand-in speaks Ollama's protocol: framing, escaping, statuses, discovery. Read from raw sockets."""

import json
import re
import socket
from contextlib import closing
from typing import Any

import httpx
import pytest

from tests.servers.ollama import InstalledModel, OllamaServer
from tests.servers.ollama.__main__ import main
from tests.servers.ollama.gojson import duration_s, encode, timestamp
from tests.servers_selftest.raw import (
    EMBEDS,
    GENERATES,
    HTTP,
    chat,
    chunks,
    connect,
    post,
    read_until,
    said,
    split_response,
    stream,
    talk,
)

# Framing


def test_a_stream_is_chunked_ndjson_with_one_flushed_chunk_per_line(ollama: OllamaServer) -> None:
    head, body = split_response(talk(ollama, post("/api/chat", chat())))

    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"Content-Type: application/x-ndjson" in head
    assert b"Transfer-Encoding: chunked" in head
    assert len(chunks(body)) > 3
    assert all(chunk.count(b"\n") == 1 and chunk.endswith(b"}\n") for chunk in chunks(body))


def test_lines_are_compact_and_only_the_last_is_done(ollama: OllamaServer) -> None:
    body = split_response(talk(ollama, post("/api/chat", chat())))[1]
    answer = stream(ollama, "/api/chat", chat())

    assert b'": ' not in chunks(body)[0]
    assert [line["done"] for line in answer] == [False] * (len(answer) - 1) + [True]
    assert list(answer[0]) == ["model", "created_at", "message", "done"]


def test_the_last_line_carries_counts_and_nanoseconds(ollama: OllamaServer) -> None:
    final = stream(ollama, "/api/chat", chat())[-1]

    assert final["done_reason"] == "stop"
    assert final["eval_count"] == ollama.generations[0].tokens_generated
    assert final["prompt_eval_count"] == -(-len(chat()["messages"][0]["content"]) // 4)
    assert final["total_duration"] >= final["load_duration"] + final["eval_duration"]


def test_generate_sends_a_context_unless_raw(ollama: OllamaServer) -> None:
    body = {"model": GENERATES, "prompt": "What is a base fee?"}

    usual = stream(ollama, "/api/generate", body)
    raw = stream(ollama, "/api/generate", {**body, "raw": True})

    assert len(usual[-1]["context"]) == usual[-1]["prompt_eval_count"] + usual[-1]["eval_count"]
    assert "context" not in raw[-1]
    assert "response" in usual[0]
    assert "message" not in usual[0]


def test_a_short_whole_answer_is_counted_json_without_a_newline(ollama: OllamaServer) -> None:
    head, body = split_response(talk(ollama, post("/api/chat", chat(stream=False))))

    assert b"Content-Type: application/json; charset=utf-8" in head
    assert f"Content-Length: {len(body)}".encode() in head
    assert not body.endswith(b"\n")
    assert json.loads(body)["done"] is True


def test_a_long_whole_answer_is_chunked_as_go_does(ollama: OllamaServer) -> None:
    ollama.respond_with(lambda _: "sat " * 1000)

    head, body = split_response(talk(ollama, post("/api/chat", chat(stream=False))))

    assert b"Transfer-Encoding: chunked" in head
    assert json.loads(b"".join(chunks(body)))["message"]["content"] == "sat " * 1000


def test_whole_and_streamed_answers_say_the_same(ollama: OllamaServer) -> None:
    whole = HTTP.post(f"{ollama.url}/api/chat", json=chat(stream=False)).json()

    assert said(stream(ollama, "/api/chat", chat())) == whole["message"]["content"]


def test_one_connection_serves_many_requests(ollama: OllamaServer) -> None:
    with httpx.Client(base_url=ollama.url) as client:
        for _ in range(3):
            client.post("/api/chat", json=chat()).raise_for_status()

    assert ollama.connections == 1
    assert {request.connection for request in ollama.requests} == {1}


def test_pipelined_and_chunked_requests_are_read(ollama: OllamaServer) -> None:
    version = b"GET /api/version HTTP/1.1\r\nHost: localhost\r\n\r\n"
    show = b'{"model":"llama3:8b-instruct"}'
    chunked = b"POST /api/show HTTP/1.1\r\nHost: x.local\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"

    response = talk(ollama, version + chunked + b"%x\r\n%b\r\n0\r\n\r\n" % (len(show), show))

    assert response.count(b"HTTP/1.1 200 OK") == 2
    assert ollama.requests[1].body == {"model": "llama3:8b-instruct"}


def test_a_client_that_expects_100_continue_gets_it(ollama: OllamaServer) -> None:
    head, body = split_response(post("/api/show", {"model": EMBEDS}))

    with closing(connect(ollama)) as client:
        client.sendall(head + b"\r\nExpect: 100-continue\r\n\r\n")
        assert read_until(client, b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(body)
        assert b"200 OK" in read_until(client, b"\r\n\r\n")


def test_nonsense_on_the_wire_gets_400_and_a_close(ollama: OllamaServer) -> None:
    assert talk(ollama, b"hello\r\n\r\n").startswith(b"HTTP/1.1 400 Bad Request")


# Escaping and time


def test_go_escapes_html_and_line_separators_but_not_next_line(ollama: OllamaServer) -> None:
    ollama.respond_with(lambda _: ["<&>\u2028\u2029\u0085\ufeff🧡\x00\t"])

    payload = chunks(split_response(talk(ollama, post("/api/chat", chat())))[1])[0]

    assert b"\\u003c\\u0026\\u003e\\u2028\\u2029\xc2\x85\xef\xbb\xbf" in payload
    assert "🧡\\u0000\\t".encode() in payload


@pytest.mark.parametrize(
    ("nanoseconds", "expected"),
    [
        (1_767_225_600_000_000_000, "2026-01-01T00:00:00Z"),
        (1_767_225_600_100_000_000, "2026-01-01T00:00:00.1Z"),
        (1_767_225_600_123_456_789, "2026-01-01T00:00:00.123456789Z"),
    ],
)
def test_timestamps_drop_trailing_zeros(nanoseconds: int, expected: str) -> None:
    assert timestamp(nanoseconds) == expected


@pytest.mark.parametrize(
    ("given", "seconds"), [("5m", 300), ("1h30m", 5400), ("1.5s", 1.5), (10, 10), ("0", 0), ("150ms", 0.15)]
)
def test_keep_alive_is_a_go_duration_or_seconds(given: str | int, seconds: float) -> None:
    assert duration_s(given) == pytest.approx(seconds)


def test_a_negative_keep_alive_is_about_292_years() -> None:
    assert duration_s(-1) == duration_s("-1m") == pytest.approx(292 * 365.25 * 86_400, rel=0.01)


def test_a_value_go_cannot_marshal_is_refused() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        encode({"logprob": float("nan")})


# Statuses


@pytest.mark.parametrize(
    ("path", "body", "status", "text"),
    [
        ("/api/chat", b"", 400, "missing request body"),
        ("/api/chat", b"{", 400, "unexpected EOF"),
        ("/api/chat", b"x", 400, "invalid character 'x' looking for beginning of value"),
        ("/api/chat", b"[]", 400, "json: cannot unmarshal array into Go value of type api.Request"),
        ("/api/chat", {"messages": []}, 400, "model is required"),
        ("/api/chat", {"model": "gone"}, 404, "model 'gone' not found"),
        ("/api/generate", {"model": "gone"}, 404, "model 'gone' not found"),
        ("/api/show", {"model": "gone"}, 404, "model 'gone' not found"),
        ("/api/show", {}, 400, "model is required"),
        ("/api/embed", {"model": "gone", "input": "a"}, 404, 'model "gone" not found, try pulling it first'),
        ("/api/embed", {"model": EMBEDS, "input": [1]}, 400, "invalid input type"),
        ("/api/embed", {"model": EMBEDS, "input": {}}, 400, "invalid input type"),
        ("/api/chat", chat(model=EMBEDS), 400, f'"{EMBEDS}" does not support chat'),
        ("/api/generate", {"model": EMBEDS, "prompt": "a"}, 400, f'"{EMBEDS}" does not support generate'),
        ("/api/chat", chat(think=True), 400, f'"{GENERATES}" does not support thinking'),
        ("/api/chat", chat(tools=[{}]), 400, f"registry.ollama.ai/library/{GENERATES} does not support tools"),
        ("/api/chat", chat(options={"num_ctx": "big"}), 500, 'option "num_ctx" must be of type integer'),
        ("/api/chat", chat(options={"temperature": True}), 500, 'option "temperature" must be of type float32'),
        ("/api/chat", chat(options={"stop": "END"}), 500, 'option "stop" must be of type array'),
        ("/api/chat", chat(options={"stop": [1]}), 500, 'option "stop" must be of an array of strings'),
        ("/api/chat", chat(format="xml"), 500, 'invalid format: "xml"; expected "json" or a valid JSON Schema object'),
        ("/api/chat", chat(top_logprobs=21), 400, "top_logprobs must be between 0 and 20"),
        ("/api/chat", chat(keep_alive="300"), 400, 'time: missing unit in duration "300"'),
        (
            "/api/chat",
            chat(stream="yes"),
            400,
            "json: cannot unmarshal string into Go struct field Request.stream of type bool",
        ),
        (
            "/api/generate",
            {"model": GENERATES, "prompt": "a", "raw": True, "system": "b"},
            400,
            "raw mode does not support template, system, or context",
        ),
    ],
)
def test_a_refusal_has_ollamas_status_and_words(
    ollama: OllamaServer, path: str, body: Any, status: int, text: str
) -> None:
    head, payload = split_response(talk(ollama, post(path, body)))

    assert head.split()[1] == str(status).encode()
    assert b"Content-Type: application/json; charset=utf-8" in head
    assert json.loads(payload) == {"error": text}


def test_an_unknown_option_is_only_noted(ollama: OllamaServer) -> None:
    stream(ollama, "/api/chat", chat(options={"temprature": 0.1}))

    assert ollama.generations[0].unknown_options == ("temprature",)


@pytest.mark.parametrize(
    ("verb", "path", "status"),
    [
        ("HEAD", "/", 200),
        ("HEAD", "/api/tags", 200),
        ("HEAD", "/api/version", 200),
        ("HEAD", "/api/ps", 405),
        ("GET", "/api/chat", 405),
        ("POST", "/api/tags", 405),
        ("GET", "/api/nothing", 404),
    ],
)
def test_a_wrong_verb_gets_405_and_an_unknown_path_404(ollama: OllamaServer, verb: str, path: str, status: int) -> None:
    assert HTTP.request(verb, f"{ollama.url}{path}").status_code == status


@pytest.mark.parametrize(
    ("host", "status"),
    [("localhost:11434", 200), ("a.internal", 200), ("192.168.1.9:80", 200), ("[::1]:80", 200), ("example.org", 403)],
)
def test_a_foreign_host_header_gets_a_bare_403(ollama: OllamaServer, host: str, status: int) -> None:
    response = HTTP.get(f"{ollama.url}/api/version", headers={"Host": host})

    assert response.status_code == status
    assert status == 200 or response.content == b""


# Discovery


def test_the_root_greets_in_plain_text(ollama: OllamaServer) -> None:
    response = HTTP.get(ollama.url)

    assert response.text == "Ollama is running"
    assert response.headers["content-type"] == "text/plain; charset=utf-8"


def test_tags_list_what_is_installed_under_full_names(ollama: OllamaServer) -> None:
    models = HTTP.get(f"{ollama.url}/api/tags").json()["models"]

    assert [model["name"] for model in models] == ["llama3:8b-instruct", "nomic-embed-text:latest"]
    assert all(re.fullmatch("[0-9a-f]{64}", model["digest"]) for model in models)
    assert models[1]["details"]["embedding_length"] == 768


@pytest.mark.parametrize("spelling", ["Nomic-Embed-Text", "nomic-embed-text:latest"])
def test_names_are_found_in_any_spelling(ollama: OllamaServer, spelling: str) -> None:
    shown = HTTP.post(f"{ollama.url}/api/show", json={"model": spelling}).json()

    assert shown["capabilities"] == ["embedding"]
    assert shown["model_info"]["nomic-bert.context_length"] == 2048


def test_the_reply_repeats_the_name_as_it_was_asked(ollama: OllamaServer) -> None:
    answer = stream(ollama, "/api/chat", chat(model="LLAMA3:8B-Instruct"))

    assert answer[0]["model"] == "LLAMA3:8B-Instruct"


# The server itself


def test_a_taken_port_is_reported_at_the_start(ollama: OllamaServer) -> None:
    with pytest.raises(OSError, match="in use"):
        OllamaServer(port=ollama.port).start()


def test_a_stopped_server_refuses_connections_and_keeps_its_records() -> None:
    with OllamaServer() as server:
        HTTP.get(server.url)

    assert len(server.requests) == 1
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((server.host, server.port), timeout=1)


def test_a_crash_inside_the_server_fails_the_test_that_met_it() -> None:
    def stumble(_: object) -> str:
        raise KeyError("a mistake in the script of a test")

    with pytest.raises(KeyError), OllamaServer(respond=stumble) as server:
        assert HTTP.post(f"{server.url}/api/chat", json=chat()).status_code == 500


def test_a_model_may_be_described_by_hand() -> None:
    tiny = InstalledModel("tiny", capabilities=("completion", "vision"), context_length=128)

    with OllamaServer([tiny]) as server:
        stream(server, "/api/chat", chat(model="tiny"))

    assert server.generations[0].num_ctx == 128


def test_the_command_lists_its_scenarios(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list-scenarios"]) == 0
    assert "reset_mid_stream" in capsys.readouterr().out.split()


def test_the_command_says_why_it_cannot_listen(ollama: OllamaServer, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--port", str(ollama.port)]) == 1
    assert "Unable to listen" in capsys.readouterr().err
