"""A command gets a database when it needs one, and starts none when it does not."""

import pytest

import manage


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("", False),
        ("check", False),
        ("check --database default", True),
        ("check --database=default", True),
        ("check --help --database default", False),
        ("start", False),
        ("doctor", True),
        ("setup_models auto", True),
    ],
)
def test_a_command_gets_a_database_when_it_needs_one(words, expected):
    assert manage._needs_database(words.split()) is expected
