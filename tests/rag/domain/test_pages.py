"""The pages of a PDF become sections; running heads go, cut words are whole again."""

from rag.domain.pages import pages_to_markdown


def page(number: int, *lines: str) -> str:
    return "\n".join(("Handbook of nodes", *lines, f"Page {number} of 4"))


def test_running_heads_and_page_numbers_leave_every_page() -> None:
    bodies = ["Channels hold sats.", "Fees are paid.", "Nodes forward.", "Peers gossip."]

    pages = [page(number, body, "", "And more.", "", "The end.") for number, body in enumerate(bodies, 1)]
    text = pages_to_markdown(pages)

    assert "Handbook" not in text
    assert "Page" not in text
    assert text.startswith("## p. 1\n\nChannels hold sats.")
    assert text.count("## p. ") == 4


def test_a_line_that_repeats_within_the_text_stays() -> None:
    pages = ["\n".join((f"Head {n}", "Same words.", "Other.", "", "Same words.", "x", f"{n}")) for n in range(1, 5)]

    assert pages_to_markdown(pages).count("Same words.") == 8


def test_words_cut_at_a_line_end_are_joined_and_compounds_keep_their_hyphen() -> None:
    text = pages_to_markdown(["The chan-\nnel is open.\n\nA well-\nKnown node forwards pay-\nments."])

    assert "The channel is open." in text
    assert "A well- Known node forwards payments." in text


def test_items_keep_their_lines_and_signs_of_markdown_are_words() -> None:
    text = pages_to_markdown(["# not a heading\n\n• one\n• two goes\non\n\n```\ncode"])

    assert "\\# not a heading" in text
    assert "- one\n- two goes on" in text
    assert "\\```" in text


def test_pages_without_words_leave_no_section_and_keep_the_numbers() -> None:
    assert pages_to_markdown(["one", " \n ", "three"]) == "## p. 1\n\none\n\n## p. 3\n\nthree"
