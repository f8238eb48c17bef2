"""Whether a passage stands where a judge said the answer is."""

import re

import pytest

from rag.domain.chunking import chunk_markdown
from rag.domain.evaluation_places import holds_answer, lies_in, resolve, steps_of
from rag.domain.evaluation_questions import Place

CRUMB = "lnd > LND guide > Backups > Static backups"


@pytest.mark.parametrize(
    ("breadcrumb", "heading", "expected"),
    [
        (CRUMB, "LND guide > Backups > Static backups", True),
        (CRUMB, "LND guide > Backups", True),  # a subsection belongs to its section
        (CRUMB, "Backups", True),
        (CRUMB, "Static backups", True),
        (CRUMB, "lnd guide > **backups** > `Static` backups:", True),  # markup, case, closing signs
        (CRUMB, "LND guide > Static backups", False),  # another section of the same name
        (CRUMB, "LND guide > Backups > Static backups > Testing", False),
        (CRUMB, "Back", False),  # half a heading is none
        (CRUMB, "LND guide > Restores", False),
        ("o > T > Isn’t it", "T > Isn't it", True),
        (
            "o > A long heading that is cut in the breadcrumb…",
            "A long heading that is cut in the breadcrumb of it",
            True,
        ),
        ("o > T > T > Setup", "T > Setup", True),  # each step once
        (CRUMB, "", True),
        ("", "T", False),
    ],
)
def test_a_passage_lies_below_its_headings(breadcrumb: str, heading: str, expected: bool) -> None:
    assert lies_in(breadcrumb, "text", heading=heading) is expected


@pytest.mark.parametrize(
    ("breadcrumb", "heading", "expected"),
    [
        ("o > T", "T > Abstract", True),  # joined to its parent
        ("o > T > Preface", "T > Abstract", True),  # joined to its sibling
        ("o > T > Preface", "Other > Abstract", False),
        ("o > T", "Abstract", True),
        ("o > T", "T > Summary", False),
    ],
)
def test_a_small_section_is_found_in_the_passage_it_was_joined_to(
    breadcrumb: str, heading: str, expected: bool
) -> None:
    text = "Some words.\n\nAbstract\n\nWhat it is about, and see the summary in [Summary](#summary)."

    assert lies_in(breadcrumb, text, heading=heading) is expected


def test_headings_without_room_in_the_breadcrumb_are_not_missed() -> None:
    names = [f"{letter * 70}" for letter in "abcde"]
    text = "\n\n".join(f"{'#' * level} {name}" for level, name in enumerate(names, start=1)) + "\n\nSome words here."

    (chunk,) = chunk_markdown(text, origin="o", title=names[0])

    assert names[3] not in chunk.breadcrumb
    assert lies_in(chunk.breadcrumb, chunk.text, heading=" > ".join(names))
    assert not lies_in(chunk.breadcrumb, chunk.text, heading=" > ".join([*names[:4], "another"]))


def test_a_passage_must_match_where_a_pattern_is_given() -> None:
    place = Place("a.md", "Backups", must="daily|weekly")

    def matches(pattern: str, text: str) -> bool:
        return re.search(pattern, text) is not None

    assert holds_answer(CRUMB, "Copy it weekly.", place=place, matches=matches)
    assert not holds_answer(CRUMB, "Copy it.", place=place, matches=matches)
    assert not holds_answer("lnd > Fees", "Copy it weekly.", place=place, matches=matches)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("lnd/README.md", "lnd/README.md"),
        ("./lnd/README.md", "lnd/README.md"),
        ("lnd\\README.md", "lnd/README.md"),
        ("corpus/lnd/README.md", "lnd/README.md"),  # named from the folder above
        ("b/deep.md", "a/b/deep.md"),  # named from a folder below
        ("README.md", None),  # two documents are as near
        ("other.md", None),
        ("", None),
    ],
)
def test_a_path_means_the_document_that_shares_its_longest_end(path: str, expected: str | None) -> None:
    assert resolve(path, uids={"lnd/README.md", "cln/README.md", "a/b/deep.md"}) == expected


def test_steps_are_compared_without_what_varies() -> None:
    assert steps_of("A [link](x) > __B__ > b") == ("a link", "b")
