"""A text in parts, and divided where a passage begins and ends, so that whole blocks can be highlighted."""

import pytest

from rag.domain.flag_words import WORDS, flag_words
from rag.domain.reading import part_of, place_of

PARAGRAPHS = "\n\n".join(f"Paragraph {number} of a text." for number in range(100))


@pytest.mark.parametrize("most", [40, 200, 1000, 10_000])
def test_the_parts_together_are_the_text(most):
    count = part_of(PARAGRAPHS, most=most).count

    parts = [part_of(PARAGRAPHS, number=number, most=most) for number in range(1, count + 1)]

    assert "".join(part.text for part in parts) == PARAGRAPHS
    assert all(len(part.text) <= most for part in parts)
    assert all(part.text.startswith("Paragraph") for part in parts)


@pytest.mark.parametrize("number", [0, -1, 99])
def test_a_part_that_is_not_there_is_the_first(number):
    assert part_of(PARAGRAPHS, number=number, most=1000).number == 1


def test_an_empty_text_is_one_empty_part():
    assert part_of("").text == ""


def test_the_part_is_the_one_that_holds_the_passage():
    start = PARAGRAPHS.index("Paragraph 70")

    part = part_of(PARAGRAPHS, mark=(start, start + 24), most=1000)

    assert part.number > 1
    assert part.marked is not None
    assert part.text[slice(*part.marked)] == "Paragraph 70 of a text."[:24] + "\n"[: 24 - 23]


@pytest.mark.parametrize("mark", [(5, 5), (9, 2), (-1, 4), (0, 99_999)])
def test_a_mark_that_fits_no_text_marks_nothing(mark):
    assert part_of(PARAGRAPHS, mark=mark).marked is None


@pytest.mark.parametrize(
    ("text", "passage", "divided"),
    [
        ("One. Two. Three.", "Two.", "One. \n\nTwo.\n\nThree."),
        ("One\nTwo\nThree", "Two", "One\n\n\nTwo\n\n\nThree"),
        ("- one\n- two\n- three", "- two", "- one\n- two\n- three"),
        ("| a |\n|---|\n| b |\n| c |", "| b |", "| a |\n|---|\n| b |\n| c |"),
        ("# A\n\nOne\n\n# B", "One", "# A\n\nOne\n\n# B"),
    ],
    ids=["sentence", "line", "list", "table", "block"],
)
def test_only_paragraphs_are_divided(text, passage, divided):
    start = text.index(passage)

    part = part_of(text, mark=(start, start + len(passage)))

    assert part.text == divided
    assert part.marked is not None
    assert part.text[slice(*part.marked)] == passage


@pytest.mark.parametrize(
    ("passage", "place"),
    [
        ("One.\n\np. 2\n\nTwo.", "One.\n\n## p. 2\n\nTwo."),
        ("Two.", "Two."),
        ("One.\n\nThree.", None),
        ("Nowhere.", None),
        ("  \n\n ", None),
    ],
)
def test_a_passage_that_was_joined_is_found_from_its_first_block_to_its_latest(passage, place):
    text = "# A\n\nOne.\n\n" + "Between them much stands. " * 9 + "\n\nOne.\n\n## p. 2\n\nTwo.\n"

    found = place_of(passage, text)

    assert (text[slice(*found)] if found else None) == place


def test_each_thing_that_flags_tell_is_said_once():
    said = flag_words(["tag_characters", "invisible_characters", "role_change", "something_new"])

    assert said == (WORDS["tag_characters"], WORDS["role_change"], "Note: something new.")
