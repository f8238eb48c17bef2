"""What the words of a question tell of what would answer it."""

import pytest

from rag.domain.asking import asks_for_figures_of_a_moment, is_amount_or_key, names_in, years_in


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("Which Hetzner server is cheapest?", {"hetzner"}),
        ("Is my RaspiBlitz v2 slow?", {"raspiblitz", "v2"}),
        ("Why? Because Bitaxe.", {"bitaxe"}),
        ("raspiblitz or StartOS", {"startos"}),
        ("What is a node?", set()),
        ("LND crashed", {"lnd"}),
        ("Who opens 20k sat channels at 250ppm?", set()),
        ("How many sat per vB?", set()),
    ],
)
def test_names_are_told_by_how_they_are_written(question: str, names: set[str]) -> None:
    assert names_in(question) == names


def test_years_are_what_a_passage_must_mention() -> None:
    assert years_in("What will I earn in 2031 with 2500 sat and 4 channels?") == {"2031"}


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What is the price of one bitcoin right now?", True),
        ("How many nodes are there today?", True),
        ("How high will fees be next week?", True),
        ("Combien vaudra un bitcoin dans cinq ans ?", True),
        ("Quel est le cours du bitcoin aujourd'hui ?", True),
        ("How many channels can one node have?", False),
        ("What should I check today before I upgrade?", False),
        ("I know now how fees work. Why are they high?", False),
        ("Combien de canaux faut-il ouvrir ?", False),
        ("", False),
    ],
)
def test_figures_of_a_moment_are_known_by_their_words(question: str, expected: bool) -> None:
    assert asks_for_figures_of_a_moment(question) is expected


@pytest.mark.parametrize(
    ("word", "expected"), [("250", True), ("20k", True), ("0.5btc", True), ("02" + "ab" * 32, True), ("v2", False)]
)
def test_amounts_and_keys_are_no_topics(word: str, expected: bool) -> None:
    assert is_amount_or_key(word) is expected
