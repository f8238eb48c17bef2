"""Refusal is decided on the passages; the score is one signal."""

from typing import Any

import pytest

from rag.domain.answerable import Lack, Support, judge
from rag.domain.bm25 import QuestionWord


def word(text: str, held: int, **more: bool) -> QuestionWord:
    return QuestionWord(text, {text: held}, **more)


def support(question: str, words: list[QuestionWord], *texts: str, **more: Any) -> Support:
    values: dict[str, Any] = {"best_cosine": 0.5, "passages": 1000, **more}
    return judge(words, question=question, passage_texts=texts, **values)


BACKUP = [word("backup", 90), word("channel", 700)]


@pytest.mark.parametrize(
    ("texts", "cosine", "expected"),
    [
        (("a channel backup",), 0.45, None),
        (("a channel backup",), 0.20, Lack.FAR),
        (("a channel",), 0.36, Lack.THIN),
        (("nothing of it",), 0.60, None),
        (("a channel", "nothing", "nothing", "channel backup"), 0.36, Lack.THIN),
        ((), 0.90, Lack.NOTHING),
    ],
)
def test_the_nearer_the_passages_the_fewer_words_they_must_hold(
    texts: tuple[str, ...], cosine: float, expected: Lack | None
) -> None:
    assert support("channel backup", BACKUP, *texts, best_cosine=cosine).lack is expected


@pytest.mark.parametrize(
    ("held", "cosine", "expected"),
    [(0, 0.5, Lack.NAME), (2, 0.5, Lack.NAME), (90, 0.5, None), (0, 0.7, None)],
)
def test_a_rare_name_that_no_passage_holds_refuses_unless_they_are_very_near(
    held: int, cosine: float, expected: Lack | None
) -> None:
    words = [word("hetzner", held), word("server", 80)]

    found = support("Which Hetzner server?", words, "about a server", best_cosine=cosine)

    assert found.lack is expected
    assert found.missing == (("Hetzner",) if held <= 3 else ())


def test_a_year_is_a_name() -> None:
    found = support("What will I earn in 2031", [word("earn", 90), word("2031", 0)], "you earn")

    assert (found.lack, found.missing) == (Lack.NAME, ("2031",))


def test_figures_of_a_moment_are_never_in_the_library() -> None:
    found = support("How many nodes are there today?", [word("nodes", 500)], "nodes today", best_cosine=0.9)

    assert found.lack is Lack.MOMENT


def test_words_are_named_as_typed_without_amounts_and_glossary_words() -> None:
    words = [word("hetzner", 0), word("250", 0), word("frais", 0), word("fee", 3), word("stop", 0, is_added=True)]

    found = support("Does Hetzner charge 250 frais fee", words, "the fee is charged", covered={"frais"}, lang="fr")

    assert found.missing == ("Hetzner",)


def test_a_word_that_stands_nowhere_asks_more_of_the_passages() -> None:
    known = [word("resale", 5), word("price", 80), word("raspiblitz", 300)]
    unknown = [word("resale", 0), *known[1:]]

    texts = ("the price of a raspiblitz",)

    assert support("resale price raspiblitz", known, *texts, best_cosine=0.41).is_answerable
    assert not support("resale price raspiblitz", unknown, *texts, best_cosine=0.41).is_answerable


def test_the_held_share_weighs_rare_words_more() -> None:
    words = [word("jamming", 1), word("node", 900)]

    assert support("jamming node", words, "about jamming").held_share > 0.9
    assert support("jamming node", words, "about a node").held_share < 0.1


def test_a_french_question_is_judged_by_what_its_words_mean() -> None:
    words = [word("sauvegarde", 0), word("backup", 90, is_added=True)]

    found = support("Où est ma sauvegarde ?", words, "the backup", covered={"sauvegarde"}, lang="fr", best_cosine=0.4)

    assert (found.is_answerable, found.held_share) == (True, 1.0)


def test_a_french_passage_holds_the_words_themselves() -> None:
    words = [word("frais", 7), word("fees", 90, is_added=True)]

    found = support("Mes frais ?", words, "les frais de routage", covered={"frais"}, lang="fr", best_cosine=0.4)

    assert (found.is_answerable, found.held_share) == (True, 1.0)
