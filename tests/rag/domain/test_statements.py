"""An answer is cut into sentences, items, rows and lines of code, alike whole and as it streams."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.domain.statements import Cutter, Statement, statements

ANSWER = """The fee is 1,000 msat. [1] Raise it [2]. E.g. 5 ppm vs. 6 ppm.

Do this [1]:

- Wait 5 blocks. Then 6.
- Set 3 ppm [2].
1. First. Second one.

```bash
lncli getinfo
```
After 3.

| a | b |
|---|---|
| 5 | 6 |

## Title 5
Body text
wraps here"""


def cut(*pieces: str) -> tuple[Statement, ...]:
    cutter = Cutter()
    return tuple(one for piece in pieces for one in cutter.feed(piece)) + cutter.flush()


def test_sentences_keep_the_citations_behind_their_stop() -> None:
    assert [one.text for one in statements(ANSWER)[:3]] == [
        "The fee is 1,000 msat. [1]",
        "Raise it [2].",
        "E.g. 5 ppm vs. 6 ppm.",
    ]


def test_items_rows_code_and_headings_are_statements_of_their_own() -> None:
    found = {one.text: one for one in statements(ANSWER)}

    assert found["lncli getinfo"].is_code
    assert found["- Wait 5 blocks."].is_item
    assert found["Then 6."].block == found["- Wait 5 blocks."].block != found["- Set 3 ppm [2]."].block
    assert {"1. First.", "Second one.", "5 | 6", "## Title 5", "After 3."} <= found.keys()


def test_the_place_of_a_statement_is_behind_it() -> None:
    for one in statements(ANSWER):
        if not one.is_code and "|" not in one.text:
            assert ANSWER[: one.end].endswith(one.text)


@pytest.mark.parametrize("offset", range(len(ANSWER) + 1))
def test_no_split_changes_the_statements(offset: int) -> None:
    assert cut(ANSWER[:offset], ANSWER[offset:]) == statements(ANSWER)


@given(st.text(alphabet="aB1. \n`|-*!?[]#", max_size=60))
def test_letter_by_letter_gives_the_same_as_all_at_once(text: str) -> None:
    assert cut(*text) == statements(text)
