"""Passages follow headings, keep code whole and leave no crumbs."""

import pytest

from rag.domain.chunking import BREADCRUMB_LIMIT, ChunkSizes, breadcrumb, chunk_markdown, shorten
from rag.domain.markdown import count_words, plain_heading, split_sections

LOREM = "Fees follow the outgoing channel and nothing else in this sentence. "


def words(count: int) -> str:
    return " ".join(f"word{number}" for number in range(count))


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("plain text", [()]),
        ("# A\ntext\n## B\nmore", [("A",), ("A", "B")]),
        ("# A\n## B\nb\n## C\nc", [("A", "B"), ("A", "C")]),
        ("# A\n### Deep\nd\n## B\nb", [("A", "Deep"), ("A", "B")]),
        ("A\n===\ntext\n\nB\n---\nmore", [("A",), ("A", "B")]),
        ("# A\n```\n# not a heading\n```", [("A",)]),
        ("# Empty\n# Full\ntext", [("Full",)]),
        ("## `lncli` and [docs](https://example.org) ##\ntext", [("lncli and docs",)]),
        ("#hashtag is no heading", [()]),
        ("", []),
    ],
)
def test_sections_carry_the_headings_above_them(text: str, paths: list[tuple[str, ...]]) -> None:
    assert [section.path for section in split_sections(text)] == paths


@pytest.mark.parametrize("mark", ["```", "~~~", "````"])
def test_a_code_fence_is_never_split_even_when_it_is_longer_than_a_passage(mark: str) -> None:
    code = "\n".join(f"lncli updatechanpolicy --fee_rate_ppm {number}" for number in range(200))
    text = f"# A\n{LOREM * 30}\n\n{mark}bash\n{code}\n{mark}\n\n{LOREM * 30}"

    chunks = chunk_markdown(text, title="A")

    holding = [chunk for chunk in chunks if "updatechanpolicy" in chunk.text]
    assert len(holding) == 1
    assert code in holding[0].text


def test_a_fence_that_is_never_closed_is_plain_text() -> None:
    chunks = chunk_markdown("# A\n```bash\n" + "\n".join(LOREM for _ in range(120)))

    assert max(chunk.word_count for chunk in chunks) <= ChunkSizes().limit


@pytest.mark.parametrize(
    "text",
    [
        LOREM * 200,
        "\n".join(f"- {LOREM}" for _ in range(150)),
        "\n\n".join(LOREM * 3 for _ in range(60)),
        words(3000),
        "| a | b |\n|---|---|\n" + "\n".join(f"| {LOREM} | {number} |" for number in range(100)),
    ],
    ids=["prose", "list", "paragraphs", "one endless sentence", "table"],
)
def test_no_passage_is_longer_than_the_limit(text: str) -> None:
    chunks = chunk_markdown(f"# Title\n{text}", title="Title")

    assert len(chunks) > 1
    assert max(chunk.word_count for chunk in chunks) <= 400
    assert min(chunk.word_count for chunk in chunks) >= 40


def test_every_part_of_a_table_repeats_its_head() -> None:
    table = "| fee | meaning |\n|---|---|\n" + "\n".join(f"| {number} ppm | {LOREM} |" for number in range(60))

    chunks = chunk_markdown(f"# T\n{table}")

    assert len(chunks) > 2
    assert all(chunk.text.startswith("| fee | meaning |") for chunk in chunks)


def test_no_word_is_lost() -> None:
    text = f"# A\n{words(700)}\n\n## B\n\n- {words(20)}\n- {words(500)}\n\n## C\nshort"

    together = " ".join(chunk.text for chunk in chunk_markdown(text, title="A"))

    for number in range(700):
        assert f"word{number}" in together
    assert "short" in together


def test_a_tiny_section_joins_its_sibling_and_keeps_its_heading_as_text() -> None:
    chunks = chunk_markdown(f"# A\n## B\n{words(100)}\n## C\ntiny rest", title="A")

    assert [chunk.breadcrumb for chunk in chunks] == ["A > B"]
    assert chunks[0].text.endswith("C\n\ntiny rest")


def test_a_tiny_section_under_another_heading_stays_alone() -> None:
    chunks = chunk_markdown(f"# A\n## B\n### B1\n{words(100)}\n## C\ntiny rest", title="A")

    assert [chunk.breadcrumb for chunk in chunks] == ["A > B > B1", "A > C"]


@pytest.mark.parametrize(
    ("origin", "title", "path", "expected"),
    [
        ("lnd", "Fees", ("Fees", "Base fee"), "lnd > Fees > Base fee"),
        ("", "Fees", (), "Fees"),
        ("lnd", "Fees", ("FEES ", "Base\nfee"), "lnd > Fees > Base fee"),
        ("lnd", "", ("Only heading",), "lnd > Only heading"),
    ],
)
def test_a_breadcrumb_names_each_step_once(origin: str, title: str, path: tuple[str, ...], expected: str) -> None:
    assert breadcrumb(origin, title, path) == expected


def test_a_breadcrumb_is_limited_and_keeps_title_and_nearest_heading() -> None:
    crumb = breadcrumb("origin", "t" * 70, ["m" * 79, "n" * 79, "nearest heading"])

    assert len(crumb) <= BREADCRUMB_LIMIT
    assert crumb.startswith("origin > ttt")
    assert crumb.endswith("nearest heading")


def test_ordinals_count_from_zero_and_word_counts_are_those_of_the_text() -> None:
    chunks = chunk_markdown(f"# A\n{LOREM * 120}")

    assert [chunk.ordinal for chunk in chunks] == list(range(len(chunks)))
    assert all(chunk.word_count == count_words(chunk.text) for chunk in chunks)


@pytest.mark.parametrize(
    ("text", "limit", "expected"), [("short", 10, "short"), ("some longer words", 12, "some longer…")]
)
def test_shortening_cuts_after_a_word(text: str, limit: int, expected: str) -> None:
    assert shorten(text, limit) == expected


def test_heading_markup_is_taken_off() -> None:
    assert plain_heading("**Bold** <a id='x'></a> [link](url) {#anchor}") == "Bold link"
