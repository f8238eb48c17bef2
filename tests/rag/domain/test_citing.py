"""Citations are checked while the answer streams, wherever the pieces are cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.domain.citing import CitationFilter, cited_numbers

TABLE = [
    ("Fees add up [1].", "Fees add up [1].", []),
    ("Fees add up [9].", "Fees add up.", [9]),
    ("Fees add up[9] and more", "Fees add up and more", [9]),
    ("Both [1, 2] and [2; 9].", "Both [1][2] and [2].", [9]),
    ("Twice [1][1].", "Twice [1][1].", []),
    ("Zero [0] is none.", "Zero is none.", [0]),
    ("Footnote [^2].", "Footnote [2].", []),
    ("A [link](https://example.org) stays.", "A [link](https://example.org) stays.", []),
    ("A list [x] and [ ] and [] stay.", "A list [x] and [ ] and [] stay.", []),
    ("Ends open [1", "Ends open [1", []),
    ("Ends open [", "Ends open [", []),
    ("Inline `jq '.[9]'` stays, [9] goes.", "Inline `jq '.[9]'` stays, goes.", [9]),
    ("```\na[9]\n```\nthen [9].", "```\na[9]\n```\nthen.", [9]),
    ("A stray ` tick\nthen [9].", "A stray ` tick\nthen.", [9]),
    ("[[1]] nested", "[[1]] nested", []),
    ("Number [12345] is no citation.", "Number [12345] is no citation.", []),
    ("Two  spaces  [3] kept.", "Two  spaces  [3] kept.", []),
    ("Long [1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3] list", None, []),
]


def run(pieces: list[str], *, passages: int = 3) -> tuple[str, list[int]]:
    citations = CitationFilter(passages=passages)
    text = "".join(citations.feed(piece) for piece in pieces) + citations.flush()
    return text, citations.dropped


@pytest.mark.parametrize(("text", "expected", "dropped"), TABLE)
def test_citations_of_no_passage_are_dropped_at_every_split_offset(
    text: str, expected: str | None, dropped: list[int]
) -> None:
    whole = run([text])

    for offset in range(len(text) + 1):
        assert run([text[:offset], text[offset:]]) == whole
    assert run(list(text)) == whole
    assert whole == (text if expected is None else expected, dropped)


@given(st.text(alphabet="[]0123456789, ;^`ab\n.", max_size=60), st.integers(0, 60), st.integers(0, 4))
def test_no_split_changes_what_is_shown(text: str, offset: int, passages: int) -> None:
    assert run([text[:offset], text[offset:]], passages=passages) == run([text], passages=passages)


@given(st.text(alphabet="[]0123456789, ;^ab\n.", max_size=60))
def test_no_unknown_citation_ever_passes(text: str) -> None:
    shown, _ = run([text], passages=2)

    assert [number for number in cited_numbers(shown) if number > 2 or number == 0] == []


def test_a_bracket_is_not_shown_before_it_is_known_to_be_valid() -> None:
    citations = CitationFilter(passages=1)

    assert citations.feed("so [") == "so"
    assert citations.feed("1") == ""
    assert citations.feed("]") == " [1]"


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a [2] b [1] c [2]", (2, 1)), ("none", ()), ("`a[3]` [1]", (1,)), ("[1, 3]", (1, 3))],
)
def test_cited_numbers_in_order_of_first_mention(text: str, expected: tuple[int, ...]) -> None:
    assert cited_numbers(text) == expected
