"""French or English, by their commonest words."""

import pytest

from rag.domain.language import detect_language, language_of_document


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


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("```sh\nlncli and the for from in to of\nthe node is to be\n```\n\nLes frais de routage sont payés.", "fr"),
        ("[voir](https://the-node.org/in/the/of/and/to/is) les frais du canal", "fr"),
        ("`the and of to is` ouvrez un canal avec un pair", "fr"),
        ("Fees are paid by the sender.\n\n" + "A node has channels with its peers. " * 300, "en"),
        ("# LND\n\n- Tor\n", "en"),
        ("", "en"),
    ],
)
def test_a_document_is_heard_by_its_prose(text: str, lang: str) -> None:
    assert language_of_document(text) == lang
