"""A model says by a mark that the passages do not hold the answer; nobody ever sees the mark."""

import pytest

from rag.domain.refusing import RefusalFilter

TABLE = [
    ("NOT_IN_PASSAGES", "", True),
    ("NOT_IN_PASSAGES\nThe port is missing.", "", True),
    ("**NOT IN PASSAGES**: no port", "", True),
    ("`NOT_IN_PASSAGES`.", "", True),
    (" NOT-IN-PASSAGES ", "", True),
    ("NOT_IN_PASSAGESX is a word", "NOT_IN_PASSAGESX is a word", False),
    ("Not so. The fee is 1 sat.", "Not so. The fee is 1 sat.", False),
    ("NOT", "NOT", False),
    ("- NOTHING is lost", "- NOTHING is lost", False),
    ("The mark NOT_IN_PASSAGES is no refusal here", "The mark NOT_IN_PASSAGES is no refusal here", False),
    ("", "", False),
]


def run(*pieces: str) -> tuple[str, bool]:
    heard = RefusalFilter()
    shown = "".join(map(heard.feed, pieces)) + heard.flush()
    return shown, heard.has_refused


@pytest.mark.parametrize(("text", "shown", "has_refused"), TABLE)
def test_the_mark_is_heard_at_every_split_and_never_shown(text: str, shown: str, has_refused: bool) -> None:
    assert run(text) == (shown, has_refused)
    assert run(*text) == (shown, has_refused)
    for offset in range(len(text) + 1):
        assert run(text[:offset], text[offset:]) == (shown, has_refused)
