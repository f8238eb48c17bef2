"""No control tag goes in, none comes out, and code stays as it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models_registry.domain.wording import TEMPLATE_TAG, clean_answer, neutralize_tags

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
