"""No control tag goes in, none comes out, and code stays as it is."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models_registry.domain.wording import TEMPLATE_TAG, TagFilter, clean_answer, neutralize_tags, without_tags

TAGS = [
    "<|system|>",
    "<|start_header_id|>",
    "<|im_start|>",
    "<|eot_id|>",
    "[INST]",
    "[/INST]",
    "<<SYS>>",
    "<</SYS>>",
    "<s>",
    "</s>",
    "<start_of_turn>",
    "<end_of_turn>",
    "<｜User｜>",
    "<|END_OF_TURN_TOKEN|>",
    "[TOOL_CALLS]",
]


@pytest.mark.parametrize("tag", TAGS)
def test_a_typed_tag_is_broken_but_readable(tag):
    harmless = neutralize_tags(f"before {tag} after")

    assert tag not in harmless
    assert not TEMPLATE_TAG.search(harmless)
    assert harmless.replace(" ", "") == f"before{tag}after"


@pytest.mark.parametrize("text", ["a < b | c > d", "fees <b>high</b>", "x|y", "<sats>", "[1]", "a <- b"])
def test_ordinary_text_is_untouched(text):
    assert neutralize_tags(text) == text


@given(st.lists(st.sampled_from([*TAGS, "a", "<", "|", ">", "[", "]", " "]), max_size=12).map("".join))
def test_nothing_that_was_typed_survives_as_a_tag(text):
    assert not TEMPLATE_TAG.search(neutralize_tags(text))


@pytest.mark.parametrize("tag", TAGS)
def test_a_leaked_tag_is_removed(tag):
    assert clean_answer(f"Raise the fee.{tag}") == "Raise the fee."


def test_a_tag_hidden_in_a_tag_is_removed_too():
    assert clean_answer("a<|sys<|eot_id|>tem|>b") == "ab"


@pytest.mark.parametrize(
    ("answer", "cleaned"),
    [
        ("a   \nb\t\n", "a\nb"),
        ("a\n\n\n\n\nb", "a\n\nb"),
        ("a\n\n\nb", "a\n\n\nb"),
        ("a\n \n\t\n\n\n- b\n- c", "a\n\n- b\n- c"),
        ("a\r\nb", "a\nb"),
        ("  \n", ""),
        ("1. one\n2. two", "1. one\n2. two"),
    ],
)
def test_blanks_and_gaps_shrink_and_lists_stay(answer, cleaned):
    assert clean_answer(answer) == cleaned


def test_a_fenced_command_is_unchanged():
    fenced = "```sh\nlncli updatechanpolicy  \n\n\n\n\n  --base_fee_msat 0 <s>\n```"

    assert clean_answer(f"Do this:  \n{fenced}\n</s>Done.") == f"Do this:\n{fenced}\nDone."


def test_a_fence_that_never_closes_keeps_its_code():
    assert clean_answer("x\n~~~\na  \n```\nb") == "x\n~~~\na  \n```\nb"


PARTS = [*TAGS, "<", "|", ">", "[", "/", "<|", "<<", "sys", "|>", "[IN", "ST]", "a", " ", "```", "~~~", "\n", "```sh\n"]
anything = st.lists(st.sampled_from(PARTS), max_size=24).map("".join)


@given(anything, st.data())
def test_however_an_answer_is_cut_the_same_comes_out(text, data):
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=12)))
    tags = TagFilter()

    pieces = [tags.feed(text[start:end]) for start, end in pairwise([0, *cuts, len(text)])]

    assert "".join([*pieces, tags.flush()]) == without_tags(text)


@given(anything.filter(lambda text: "`" not in text and "~" not in text))
def test_outside_of_code_no_tag_comes_out_and_nothing_else_is_lost(text):
    cleaned = text
    while (shorter := TEMPLATE_TAG.sub("", cleaned)) != cleaned:
        cleaned = shorter

    assert without_tags(text) == cleaned


@given(anything)
def test_cleaning_twice_is_cleaning_once(text):
    once = without_tags(text)

    assert without_tags(once) == once


@given(anything, st.data())
def test_a_cleaned_stream_is_the_cleaned_whole(text, data):
    at = data.draw(st.integers(0, len(text)))
    tags = TagFilter()

    assert clean_answer(tags.feed(text[:at]) + tags.feed(text[at:]) + tags.flush()) == clean_answer(text)


@pytest.mark.parametrize(
    ("pieces", "passed"),
    [
        (["Raise ", "the fee"], ["Raise ", "the fee"]),
        (["a <", "c"], ["a ", "<c"]),
        (["1 [", "2]"], ["1 ", "[2]"]),
        (["x<|im_", "end|>", "y"], ["x", "", "y"]),
        (["x<|im_", "end\n"], ["x", "<|im_end\n"]),
        (["<|a<s", ">b|", ">c"], ["", "", "c"]),
        (["``", "`\n<s>\n", "```\n", "<s>z"], ["``", "`\n<s>\n", "```\n", "z"]),
        (["<s>``", "`<s>\n", "</s>"], ["``", "`<s>\n", "</s>"]),
    ],
)
def test_only_what_may_become_a_tag_is_held_back(pieces, passed):
    tags = TagFilter()

    assert [tags.feed(piece) for piece in pieces] == passed


def test_whoever_opens_thousands_of_tags_is_not_writing_tags():
    tags = TagFilter()

    assert tags.feed("<" * 5000) == "<" * 5000
    assert tags.flush() == ""
