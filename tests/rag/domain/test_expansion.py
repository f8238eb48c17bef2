"""Glossary terms in a question bring the words they stand for."""

import pytest

from rag.domain.expansion import Term, candidate_terms, expand, fold, term_key, words_of
from rag.domain.language import is_function_word
from rag.domain.stemming import french_stem, singular

TERMS = [
    Term("frais", "fr", "fees fee"),
    Term("frais de base", "fr", "base fee"),
    Term("nœud", "fr", "node"),
    Term("SCB", "en", "static channel backup"),
    Term("canal", "fr", "channel"),
    Term("fermer", "fr", "close"),
    Term("file", "fr", "queue"),
    Term("port", "fr", "port"),
    Term("porter", "fr", "carry"),
    Term("plusieurs", "fr", "several"),
]


def unsaid(question: str, lang: str) -> list[str]:
    return [word for word in words_of(question) if is_function_word(word, lang=lang)]


@pytest.mark.parametrize(
    ("text", "folded"), [("Nœud", "noeud"), ("Liquidité", "liquidite"), ("FRAIS", "frais"), ("l’État", "l'etat")]
)
def test_folding_opens_ligatures_and_drops_accents(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_words_lose_elisions_inversions_and_possessives() -> None:
    assert words_of("L'équilibre d’un nœud, peut-on, y a-t-il, Bob's max_htlc_msat!") == (
        "equilibre",
        "un",
        "noeud",
        "peut",
        "y",
        "a",
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
    ("forms", "stem"),
    [
        ("fermer ferme fermee fermees ferment fermait", "ferm"),
        ("configurer configure configurez configurees", "configur"),
        ("canal canaux", "canal"),
        ("frais", "frai"),
        ("noeud noeuds", "noeud"),
    ],
)
def test_the_forms_of_a_french_word_share_a_stem(forms: str, stem: str) -> None:
    assert {french_stem(form) for form in forms.split()} == {stem}


@pytest.mark.parametrize(
    ("question", "lang", "added"),
    [
        ("Quels frais pour mes canaux ?", "fr", ("fees", "fee", "channel")),
        ("Quels frais de base ?", "fr", ("fee",)),
        ("Mes canaux sont fermés", "fr", ("channel", "close")),
        ("Comment restaurer un SCB ?", "fr", ("static", "channel", "backup")),
        ("How do I restore an SCB?", "en", ("static", "channel", "backup")),
        ("Which channel backup is an SCB?", "en", ("static",)),
        ("Mon noeud", "fr", ("node",)),
        ("Which file is it?", "en", ()),
        ("plusieurs", "fr", ("several",)),
        ("frisson", "fr", ()),
    ],
)
def test_what_a_question_gains(question: str, lang: str, added: tuple[str, ...]) -> None:
    assert expand(question, TERMS, lang=lang, unsaid=unsaid(question, lang)).added == added


def test_covered_words_are_those_the_terms_used() -> None:
    assert expand("Quels frais de base ?", TERMS, lang="fr").covered == {"frais", "de", "base"}


def test_a_french_question_is_put_in_english_word_by_word() -> None:
    question = "Quels frais de base pour mes canaux Zeus fermés ?"

    found = expand(question, TERMS, lang="fr", unsaid=unsaid(question, "fr"))

    assert found.gloss == "base fee channel zeus close"
    assert found.readings == (found.gloss, found.text)


def test_an_english_question_is_read_as_it_stands() -> None:
    assert expand("Which file is it?", TERMS).readings == ("Which file is it?",)


@pytest.mark.parametrize(("word", "added"), [("ports", ()), ("portent", ("carry", "port"))])
def test_a_term_spelled_alike_goes_before_those_that_share_its_stem(word: str, added: tuple[str, ...]) -> None:
    assert set(expand(f"Les {word}", TERMS, lang="fr", unsaid=("les",)).added) - {"port"} == set(added) - {"port"}


def test_candidates_are_keys_of_runs_of_one_to_four_words() -> None:
    assert set(candidate_terms("a b c d e")) >= {"a", "a b", "a b c", "a b c d", "b c d e"}
    assert "a b c d e" not in candidate_terms("a b c d e")
    assert {"canaux fermes", "canal ferme", "canal ferm"} <= set(candidate_terms("canaux fermés", lang="fr"))


def test_a_term_is_looked_up_in_its_folded_form_and_a_french_one_by_its_stem() -> None:
    assert term_key("Nœud  Lightning") == "noeud lightning"
    assert term_key("Fermer les canaux", lang="fr") == "ferm les canal"
