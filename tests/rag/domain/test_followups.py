"""A question that leans on an earlier one is told, and made to stand alone."""

import pytest

from rag.domain.followups import EarlierTurn, follows_on, stand_alone

FIRST = EarlierTurn("How do I set the base fee on LND?", "With lncli updatechanpolicy.")


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("And for CLN?", True),
        ("Et pour CLN ?", True),
        ("Is it reversible?", True),
        ("Why?", True),
        ("Pourquoi ?", True),
        ("What about Eclair?", True),
        ("How do I recover my channels after a disk failure?", False),
        ("How large should a channel be?", False),
        ("Comment surveiller mon nœud ?", False),
        ("", False),
    ],
)
def test_follow_ups_are_told_by_their_words(question: str, expected: bool) -> None:
    assert follows_on(question) is expected


@pytest.mark.parametrize(
    ("question", "earlier", "expected"),
    [
        ("And for CLN?", (FIRST,), "And for CLN? (set base fee LND)"),
        ("And for CLN?", (), "And for CLN?"),
        ("How large should a channel be?", (FIRST,), "How large should a channel be?"),
        ("Why?", (FIRST, EarlierTurn("And for CLN?")), "Why? (set base fee LND CLN)"),
    ],
)
def test_a_follow_up_gains_the_words_it_leans_on(
    question: str, earlier: tuple[EarlierTurn, ...], expected: str
) -> None:
    assert stand_alone(question, earlier=earlier) == expected
