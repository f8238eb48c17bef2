"""Hybrid retrieval: found by words and meaning, seen only by those who may."""

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test.utils import CaptureQueriesContext

from rag.domain.answerable import Lack
from rag.domain.documents import RawDocument
from rag.domain.policy import Policy
from rag.domain.steps import Steps
from rag.models import GlossaryEntry, IndexVersion, Source
from rag.services.ingest import ingest_documents
from rag.services.retrieve import retrieve
from tests.rag.conftest import NOW

pytestmark = pytest.mark.django_db
SECRET = RawDocument("secret.md", "Secret plan", "# Secret plan\n\nThe zanzibar channel costs 4242 sat to rebalance.\n")


def titles(question: str, **more: Any) -> list[str]:
    return [passage.title for passage in retrieve(question, **more).passages]


def test_words_and_meaning_find_the_same_passage(library: Source) -> None:
    first = retrieve("What is the default base fee?").passages[0]

    assert first.breadcrumb == "Tests > Routing fees > Base fee"
    assert (first.rank, first.dense_rank, first.lexical_rank) == (1, 1, 1)
    assert first.cosine is not None
    assert first.cosine > 0.5
    assert first.bm25 is not None
    assert first.bm25 > 0


def test_meaning_finds_what_no_word_names(library: Source) -> None:
    assert titles("What if my hard drive dies?")[0] == "Static channel backup"


def test_k_limits_the_passages_and_ranks_count_from_one(library: Source) -> None:
    passages = retrieve("fees", k=3).passages

    assert [passage.rank for passage in passages] == [1, 2, 3]


def test_a_french_question_finds_french_and_english_texts(library: Source) -> None:
    found = titles("Quels frais de base choisir ?")

    assert found[0] == "Les frais de routage"
    assert "Routing fees" in found[:3]


def test_accents_may_be_left_out(library: Source) -> None:
    assert titles("les operateurs penalisent les petits paiements")[0] == "Les frais de routage"


def test_a_glossary_row_acts_on_the_next_question(library: Source) -> None:
    entry = GlossaryEntry.objects.get(term="rééquilibrage", lang="fr")
    before = retrieve("rééquilibrage", lang="fr").passages[0].bm25

    GlossaryEntry.objects.filter(pk=entry.pk).update(is_enabled=False)

    assert before is not None
    assert retrieve("rééquilibrage", lang="fr").passages[0].bm25 is None


@pytest.mark.parametrize(
    ("public", "has_owner", "anonymous", "other", "owner"),
    [
        (True, False, True, True, True),
        (True, True, True, True, True),
        (False, False, False, True, True),
        (False, True, False, False, True),
    ],
)
def test_only_those_who_may_read_a_source_find_it(
    library: Source, reader: Any, public: bool, has_owner: bool, anonymous: bool, other: bool, owner: bool
) -> None:
    stranger = get_user_model().objects.create_user("other")
    source = Source.objects.create(
        slug="s", name="S", kind=Source.Kind.UPLOAD, is_public=public, owner=reader if has_owner else None
    )
    ingest_documents(source, [SECRET], at=NOW)

    seen = [
        "Secret plan" in titles("What does the zanzibar channel cost?", k=20, user=user)
        for user in (None, AnonymousUser(), stranger, reader)
    ]

    assert seen == [anonymous, anonymous, other, owner]


def test_a_private_text_does_not_even_show_in_what_is_missing(library: Source, reader: Any) -> None:
    source = Source.objects.create(slug="s", name="S", kind=Source.Kind.UPLOAD, owner=reader)
    ingest_documents(source, [SECRET], at=NOW)

    assert "zanzibar" in retrieve("What does the zanzibar channel cost?").missing_terms
    assert "zanzibar" not in retrieve("What does the zanzibar channel cost?", user=reader).missing_terms


def test_a_switched_off_source_is_not_searched(library: Source) -> None:
    Source.objects.update(is_enabled=False)

    assert retrieve("base fee").passages == ()


def test_without_an_active_space_words_still_find(library: Source) -> None:
    IndexVersion.objects.update(is_active=False)

    found = retrieve("What is the default base fee?")

    assert found.best_cosine is None
    assert found.passages[0].breadcrumb == "Tests > Routing fees > Base fee"
    assert found.passages[0].dense_rank is None


def test_vectors_of_another_space_are_never_compared(library: Source) -> None:
    IndexVersion.objects.update(slug="another-space")

    assert retrieve("What is the default base fee?").best_cosine is None


@pytest.mark.parametrize(
    ("question", "is_answerable"),
    [
        ("What is the default base fee?", True),
        ("When is a circular rebalance worth its cost?", True),
        ("Which Hetzner server runs a routing node?", False),
        ("How do I cook pasta carbonara for six people?", False),
        ("Où garder la sauvegarde de mes canaux ?", True),
    ],
)
def test_what_the_library_cannot_answer_is_known(library: Source, question: str, is_answerable: bool) -> None:
    assert retrieve(question).is_answerable is is_answerable


def test_a_name_the_library_does_not_know_is_named_as_typed(library: Source) -> None:
    assert retrieve("Which Hetzner server runs a routing node?").missing_terms == ("Hetzner",)


@pytest.mark.parametrize("question", ["???", "", "the of and", "' OR 1=1; --", "%s %(words)s {x}", "\u0000 fee", "🤖"])
def test_odd_questions_find_something_or_nothing_but_never_fail(library: Source, question: str) -> None:
    retrieve(question.replace("\u0000", ""))


def test_an_empty_library_answers_nothing(db: None) -> None:
    found = retrieve("What is the base fee?")

    assert (found.passages, found.is_answerable) == ((), False)


def test_a_retrieval_takes_five_statements_whatever_the_size(library: Source) -> None:
    retrieve("warm up")

    with CaptureQueriesContext(connection) as captured:
        retrieve("What is the default base fee, and when is a rebalance worth its cost?", k=20)

    assert len(captured) == 5


def test_each_passage_tells_why_it_was_found(library: Source) -> None:
    found = retrieve("Quels frais de base choisir ?")
    first = next(passage for passage in found.passages if passage.document_uid == "fees.md")

    assert found.added == ("fee", "choose", "select")
    assert {place.leg for place in first.explain.legs} == {"lexical", "dense", "proximity"}
    assert sum(place.share for place in first.explain.legs) == pytest.approx(first.score)
    assert "fee" in first.explain.added
    assert "base" in first.explain.words


@pytest.mark.parametrize(
    ("steps", "leg"),
    [(Steps(dense=False, proximity=False), "lexical"), (Steps(lexical=False, proximity=False), "dense")],
)
def test_a_leg_can_be_switched_off(library: Source, steps: Steps, leg: str) -> None:
    found = retrieve("What is the default base fee?", steps=steps)

    assert {place.leg for passage in found.passages for place in passage.explain.legs} == {leg}
    assert found.steps == steps


def test_without_the_glossary_nothing_is_added(library: Source) -> None:
    assert retrieve("Quels frais de base ?", steps=Steps(glossary=False)).added == ()


def test_only_the_sources_and_languages_asked_for_are_searched(library: Source) -> None:
    other = Source.objects.create(slug="s", name="S", kind=Source.Kind.UPLOAD, is_public=True)
    ingest_documents(other, [SECRET], at=NOW)

    assert set(titles("base fee", sources=[other.pk])) == {"Secret plan"}
    assert set(titles("base fee", sources=[library.pk], languages=["fr"])) == {"Les frais de routage"}
    assert "Les frais de routage" not in titles("frais", policy=Policy(languages=("en",)))


def test_the_reranker_puts_fresh_and_trusted_passages_first_and_says_so(library: Source) -> None:
    question = "What pays a route: the base fee, the fee rate, or a rebalance?"
    before = retrieve(question, at=NOW).passages

    after = retrieve(question, policy=Policy(rerank_top=3), at=NOW).passages

    assert {one.chunk_id for one in after} == {one.chunk_id for one in before}
    assert [one.rank for one in after] == list(range(1, len(after) + 1))
    assert {one.explain.moved_from for one in after} == {one.rank for one in before}


def test_why_the_library_cannot_answer_is_told(library: Source) -> None:
    assert retrieve("Which Hetzner server runs a routing node?").lack is Lack.NAME
    assert retrieve("How many nodes are there today?").lack is Lack.MOMENT
    assert retrieve("What is the default base fee?").lack is None
