"""Each part of an analysis is laid out as what it is, and nothing in it is taken for markup."""

import pytest
from django.template.loader import render_to_string


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ("All is well.", "All is well."),
        (["One.", "Two."], "<li>One.</li><li>Two.</li>"),
        ([{"title": "Lower it", "score": 65.6, "priority": "medium"}], "65.6 of 100, medium"),
        ({"revenue_sat": 5}, "revenue sat: 5"),
        ("<script>", "&lt;script&gt;"),
        (["<b>"], "<li>&lt;b&gt;</li>"),
    ],
)
def test_a_part_is_laid_out_by_its_kind(part: object, expected: str) -> None:
    assert expected in render_to_string("recommendations/_analysis.html", {"analysis": {"key_points": part}})


def test_a_part_without_words_is_left_out() -> None:
    assert "<dt" not in render_to_string("recommendations/_analysis.html", {"analysis": {"key_points": []}})


def test_prose_is_a_paragraph() -> None:
    assert '<p dir="auto">Fine.</p>' in render_to_string("recommendations/_analysis.html", {"analysis": "Fine."})
