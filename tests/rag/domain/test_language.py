"""French or English, by their commonest words."""

import pytest

from rag.domain.language import detect_language


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("How do I raise my fees?", "en"),
        ("Comment augmenter mes frais ?", "fr"),
        ("Pourquoi mes paiements échouent ?", "fr"),
        ("What is an HTLC?", "en"),
        ("Qu'est-ce qu'un HTLC ?", "fr"),
        ("rééquilibrage circulaire", "fr"),
        ("Le canal est-il trop déséquilibré ?", "fr"),
        ("circular rebalance cost", "en"),
        ("", "en"),
    ],
)
def test_the_language_of_a_question(text: str, lang: str) -> None:
    assert detect_language(text) == lang


def test_words_that_tell_nothing_give_the_default() -> None:
    assert detect_language("HTLC 144", default="fr") == "fr"
