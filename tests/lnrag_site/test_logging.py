"""Log lines are JSON, carry the request's id, and hold no secret and no whole node key."""

import json
import logging
import sys

import pytest

from lnrag_site.logging import REQUEST_ID, JsonFormatter, PlainFormatter, mask

NODE_KEY = "02" + "ab" * 32
MACAROON = "0201036c6e6402f801030a10" + "5f" * 60
API_KEY = "lnr_abcdefgh_" + "Zx9-" * 10


def record(message: str, *args: object, **extra: object) -> logging.LogRecord:
    made = logging.LogRecord("rag.answer", logging.INFO, __file__, 1, message, args, None)
    vars(made).update(extra)
    return made


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (f"key {API_KEY} used", API_KEY[13:]),
        (f"macaroon={MACAROON}", MACAROON[20:]),
        (f"bytes {MACAROON}", MACAROON[20:]),
        ("Authorization: Bearer abc.def.ghi-jkl", "abc.def"),
        ("GET /signin/?sesame=AAAAB3Nz-xyz HTTP/1.1", "AAAAB3Nz"),
        ("rune: kqYn0FTEbkqvTtVQ==", "kqYn0FTE"),
        ('{"token": "s3cr3t-token"}', "s3cr3t"),
        ("postgresql://lnrag:hunter22@db:5432/x", "hunter22"),
        ("password = 'open sesame'", "open"),
        ("AgEDbG5k" + "Ab1+" * 30, "Ab1+Ab1+"),
    ],
)
def test_secrets_are_masked(text, secret):
    assert secret not in mask(text)
    assert "***" in mask(text)


def test_a_node_key_is_cut_to_eight_characters():
    assert mask(f"node {NODE_KEY}.") == "node 02ababab….".replace("….", "….")
    assert NODE_KEY[:12] not in mask(NODE_KEY)


def test_plain_words_survive():
    text = "1536 tokens generated, secretary informed, 02ab"

    assert mask(text) == text


def test_a_line_is_one_json_object_with_every_key():
    token = REQUEST_ID.set("req-1")
    try:
        line = JsonFormatter().format(
            record(
                "answered %s\nsecond line",
                NODE_KEY,
                latency_ms=12,
                generated_tokens=7,
                macaroon=MACAROON,
                nested={"a": API_KEY},
            )
        )
    finally:
        REQUEST_ID.reset(token)

    assert "\n" not in line
    found = json.loads(line)
    assert found.keys() >= {"timestamp", "level", "component", "event", "request_id"}
    assert (found["level"], found["component"], found["request_id"]) == ("info", "rag.answer", "req-1")
    assert (found["latency_ms"], found["generated_tokens"], found["macaroon"]) == (12, 7, "***")
    assert NODE_KEY not in line
    assert API_KEY not in line


def test_an_exception_is_told_without_its_secrets():
    try:
        raise ValueError(f"bad token={API_KEY} for {NODE_KEY}")
    except ValueError:
        failed = record("Unable to answer")
        failed.exc_info = sys.exc_info()

    line = json.loads(JsonFormatter().format(failed))

    assert "ValueError" in line["exception"]
    assert API_KEY not in line["exception"]
    assert NODE_KEY not in line["exception"]


def test_the_readable_format_is_as_careful():
    assert API_KEY not in PlainFormatter().format(record("key %s", API_KEY))
