"""An address is judged by its look: nothing is resolved."""

import pytest

from models_registry.domain.addresses import is_public, is_this_machine


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://localhost:11434", False),
        ("http://127.0.0.1:1", False),
        ("http://192.168.1.7:11434", False),
        ("http://[::1]:1", False),
        ("http://ollama:11434", False),
        ("http://box.local:1", False),
        ("http://8.8.8.8:11434", True),
        ("https://ollama.example.com", True),
        ("http://[2a00::1]:1", True),
        ("", False),
    ],
)
def test_a_public_address_is_recognized(url, expected):
    assert is_public(url) is expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://localhost:11434", True),
        ("http://127.0.0.5:1", True),
        ("http://[::1]:1", True),
        ("http://box.localhost", True),
        ("http://192.168.1.7:11434", False),
        ("http://ollama:11434", False),
        ("http://[broken", False),
        ("", False),
    ],
)
def test_this_machine_is_recognized(url, expected):
    assert is_this_machine(url) is expected
