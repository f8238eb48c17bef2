"""Glossary terms in a question bring the words they stand for."""

import pytest

from rag.domain.expansion import Term, candidate_terms, expand, fold, singular, term_key, words_of

TERMS = [
    Term("frais", "fr", "fees fee"),
    Term("frais de base", "fr", "base fee"),
    Term("nœud", "fr", "node"),
    Term("SCB", "en", "static channel backup"),
    Term("canal", "fr", "channel"),
]


@pytest.mark.parametrize(
    ("text", "folded"), [("Nœud", "noeud"), ("Liquidité", "liquidite"), ("FRAIS", "frais"), ("l’État", "l'etat")]
)
def test_folding_opens_ligatures_and_drops_accents(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_words_lose_elisions_and_possessives() -> None:
    assert words_of("L'équilibre d’un nœud, Bob's max_htlc_msat!") == (
        "equilibre",
        "un",
        "noeud",
        "bob",
        "max_htlc_msat",
    )


@pytest.mark.parametrize(
    ("word", "expected"),
    [("canaux", "canal"), ("channels", "channel"), ("fees", "fee"), ("loss", "loss"), ("bos", "bos")],
)
def test_plain_plurals(word: str, expected: str) -> None:
    assert singular(word) == expected


@pytest.mark.parametrize(
    ("question", "added"),
    [
        ("Quels frais pour mes canaux ?", ("fees", "fee", "channel")),
        ("Quels frais de base ?", ("fee",)),
        ("How do I restore an SCB?", ("static", "channel", "backup")),
        ("Which channel backup is an SCB?", ("static",)),
        ("Mon noeud", ("node",)),
        ("nothing here", ()),
        ("frisson", ()),
    ],
)
def test_what_a_question_gains(question: str, added: tuple[str, ...]) -> None:
    assert expand(question, TERMS).added == added


def test_covered_words_are_those_the_terms_used() -> None:
    assert expand("Quels frais de base ?", TERMS).covered == {"frais", "de", "base"}


def test_candidates_are_runs_of_one_to_four_words() -> None:
    assert set(candidate_terms("a b c d e")) >= {"a", "a b", "a b c", "a b c d", "b c d e"}
    assert "a b c d e" not in candidate_terms("a b c d e")


def test_a_term_is_looked_up_in_its_folded_form() -> None:
    assert term_key("Nœud  Lightning") == "noeud lightning"
