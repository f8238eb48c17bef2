"""The weights of a question's words."""

import pytest

from rag.domain.bm25 import QuestionWord, inverse_frequency, lexeme_weights


@pytest.mark.parametrize(("held", "expected"), [(0, 5.3033), (1, 4.2097), (50, 0.6931), (100, 0.00496), (200, 0.00496)])
def test_rare_words_weigh_more_and_no_weight_is_negative(held: int, expected: float) -> None:
    assert inverse_frequency(held, passages=100) == pytest.approx(expected, rel=1e-2)


def test_the_stems_of_one_word_share_its_weight() -> None:
    weights = lexeme_weights([QuestionWord("fees", {"fee": 9, "fe": 1})], passages=100)

    assert weights["fee"] == weights["fe"] == inverse_frequency(10, passages=100)


def test_what_nobody_holds_weighs_nothing() -> None:
    assert lexeme_weights([QuestionWord("hetzner", {"hetzner": 0}), QuestionWord("the", {})], passages=100) == {}
