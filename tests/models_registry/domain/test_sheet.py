"""A cell holds what was measured, and nothing a spreadsheet would run."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from models_registry.domain.sheet import cell, lines


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (0, 0),
        (-1, -1),
        (True, True),
        (0.25, 0.25),
        (Decimal("0.000001"), "0.000001"),
        (datetime(2026, 1, 2, 3, 4, tzinfo=UTC), "2026-01-02T03:04:00+00:00"),
        ({"a": [1]}, '{"a":[1]}'),
        ("phi3:medium", "phi3:medium"),
        ("=cmd()", "'=cmd()"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@a", "'@a"),
        ("\t=1", "'\t=1"),
        ("\n=1", "'\n=1"),
    ],
)
def test_a_cell_is_text_or_a_number_never_a_formula(value: object, expected: object) -> None:
    assert cell(value) == expected


def test_rows_become_lines_and_nothing_becomes_an_empty_cell() -> None:
    assert lines([("a", None, 'say "hi"'), ("é", 1, "=x")]) == b'a,,"say ""hi"""\r\n\xc3\xa9,1,\'=x\r\n'
