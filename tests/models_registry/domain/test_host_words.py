"""Durations and names are judged as the host will judge them."""

import pytest

from models_registry.domain.host_words import is_full_tag, is_lifetime, is_moving


@pytest.mark.parametrize(
    ("text", "expected"),
    [("30m", True), ("1h30m", True), ("-1m", True), ("0", True), ("1.5h", True), ("30", False), ("", False)],
)
def test_a_duration_needs_its_unit(text, expected):
    assert is_lifetime(text) is expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("llama3:8b-instruct", True),
        ("hf.co/someone/Model-GGUF:Q4_K_M", True),
        ("registry:5000/x", False),
        ("mistral", False),
        ("mistral:latest", False),
        ("mistral:LATEST", False),
        ("a b:c", False),
        ("../up:1", False),
        ("x:", False),
        (":1", False),
    ],
)
def test_a_full_tag_stays_what_it_is(name, expected):
    assert is_full_tag(name) is expected


def test_latest_moves_however_it_is_written():
    assert is_moving(" Mistral:Latest ")
    assert not is_moving("latest")
