"""Refusal is decided on the passages; the score is one signal."""

import pytest

from rag.domain.answerable import Support, judge, names_in
from rag.domain.bm25 import QuestionWord


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("Which Hetzner server is cheapest?", {"hetzner"}),
        ("Is my RaspiBlitz v2 slow?", {"raspiblitz", "v2"}),
        ("Why? Because Bitaxe.", {"bitaxe"}),
        ("raspiblitz or StartOS", {"startos"}),
        ("What is a node?", set()),
        ("LND crashed", {"lnd"}),
    ],
)
def test_names_are_told_by_how_they_are_written(question: str, names: set[str]) -> None:
    assert names_in(question) == names


def support(
    cosine: float | None, *, names: tuple[str, ...] = (), held: float = 1.0, has: bool = True, lang: str = "en"
):
    return Support(cosine, missing=names, missing_names=names, held_share=held, has_passages=has, lang=lang)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (support(0.60), True),
        (support(0.60, held=0.1), True),
        (support(0.45, held=0.9), True),
        (support(0.45, held=0.1), False),
        (support(0.20), False),
        (support(0.20, lang="fr"), True),
        (support(0.90, names=("Hetzner",)), False),
        (support(0.90, has=False), False),
        (support(None), False),
    ],
)
def test_when_an_answer_is_refused(given: Support, expected: bool) -> None:
    assert given.is_answerable is expected


def word(text: str, held: int, **more: bool) -> QuestionWord:
    return QuestionWord(text, {text: held}, **more)


def test_what_nothing_holds_is_named_as_typed_without_amounts_and_glossary_words() -> None:
    found = judge(
        [word("hetzner", 0), word("250", 0), word("frais", 0), word("fee", 3), word("stop", 0, is_added=True)],
        question="Does Hetzner charge 250 frais fee",
        passage_texts=["the fee is charged"],
        best_cosine=0.5,
        covered={"frais"},
        passages=10,
    )

    assert (found.missing, found.missing_names) == (("Hetzner",), ("Hetzner",))


def test_units_are_no_names() -> None:
    found = judge(
        [word("vb", 0)], question="How many sat per vB?", passage_texts=["x"], best_cosine=0.5, covered=(), passages=10
    )

    assert found.missing_names == ()


def test_the_held_share_weighs_rare_words_more() -> None:
    rare_held = judge(
        [word("jamming", 1), word("node", 90)],
        question="jamming node",
        passage_texts=["about jamming"],
        best_cosine=0.5,
        covered=(),
        passages=100,
    )
    common_held = judge(
        [word("jamming", 1), word("node", 90)],
        question="jamming node",
        passage_texts=["about a node"],
        best_cosine=0.5,
        covered=(),
        passages=100,
    )

    assert rare_held.held_share > 0.9 > 0.1 > common_held.held_share
