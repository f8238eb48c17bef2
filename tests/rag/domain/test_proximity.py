"""How near the words of a question stand to each other in a passage."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.domain.bm25 import QuestionWord
from rag.domain.proximity import WINDOW, closeness, stem_weights

WEIGHTS = {"reserv": 3.0, "channe": 1.0}
GAP = " and" * WINDOW


def near(text: str, weights: dict[str, float] = WEIGHTS) -> float:
    return closeness({1: text}, readings=(weights,))[1]


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("the reserve of a channel", 1.0),
        ("channels keep reserves", 1.0),
        ("a reserve, of which there is one", 0.75),
        ("channel after channel after channel", 0.25),
        (f"a reserve{GAP} of the channel", 0.75),
        (f"a channel{GAP} a channel's reserve", 1.0),
        ("preserve the subchannel", 0.0),
        ("", 0.0),
    ],
)
def test_only_words_within_one_window_count_together(text: str, share: float) -> None:
    assert near(text) == pytest.approx(share)


def test_each_text_is_measured_for_itself() -> None:
    assert closeness({7: "a reserve", 9: "a channel"}, readings=(WEIGHTS,)) == {7: 0.75, 9: 0.25}


def test_a_question_without_telling_words_brings_nothing_near() -> None:
    assert closeness({1: "a reserve"}, readings=({},)) == closeness({1: "a reserve"}, readings=()) == {1: 0.0}


def test_each_text_is_measured_by_the_reading_that_suits_it() -> None:
    as_asked, in_english = {"canal": 1.0, "zombie": 1.0}, {"channe": 0.5, "stale": 0.5, "zombie": 1.0}

    near = closeness({1: "un canal zombie", 2: "a stale zombie channel"}, readings=(as_asked, in_english))

    assert near == {1: 1.0, 2: 1.0}


def test_signs_in_a_word_are_taken_as_they_are() -> None:
    assert near("run c++ now", {"c++": 1.0}) == 1.0
    assert near("run cc now", {"c++": 1.0}) == 0.0


def test_a_word_that_begins_like_two_counts_as_both() -> None:
    assert near("feerate", {"fee": 1.0, "feerat": 1.0}) == 1.0


def test_a_rare_word_weighs_more_than_a_common_one() -> None:
    weights = stem_weights((QuestionWord("reserve", {"reserv": 2}), QuestionWord("fee", {"fee": 50})), passages=100)

    assert weights["reserv"] > weights["fee"] > 0


def test_words_that_tell_nothing_are_left_out() -> None:
    words = (QuestionWord("the", {}), QuestionWord("really", {"realli": 3}), QuestionWord("fee", {"fee": 5}))

    assert set(stem_weights(words, passages=100)) == {"fee"}


def test_a_word_that_the_glossary_brought_weighs_less() -> None:
    words = (QuestionWord("frais", {"frais": 5}), QuestionWord("fee", {"fee": 5}, is_added=True))
    weights = stem_weights(words, passages=100, added_weight=0.7)

    assert weights["fee"] == pytest.approx(0.7 * weights["frais"])


@given(st.text(alphabet="ab .", max_size=400))
def test_the_share_is_a_share_and_grows_with_the_text(text: str) -> None:
    weights = {"a": 1.0, "b": 2.0}

    assert 0 <= near(text, weights) <= near(f"{text} ab b a", weights) <= 1
