"""First rows: complete, idempotent, and never over an edited row."""

import pytest
from django.core.checks import run_checks

from models_registry.domain.query_types import QueryType
from rag.domain.errors import PromptMissing
from rag.models import GlossaryEntry, PromptRevision, Source
from rag.services import default_prompts, defaults
from rag.services.prompts import activate, active_prompt
from tests.rag.conftest import NOW

pytestmark = pytest.mark.django_db


def test_every_purpose_has_words_in_both_languages() -> None:
    defaults.load(at=NOW)

    for lang in ("en", "fr"):
        assert active_prompt("answer", lang).lang == lang
        for kind in QueryType:
            prompt = active_prompt(f"advice:{kind.value}", lang)
            assert (prompt.lang, len(prompt.text) > 500) == (lang, True)


def test_the_glossary_is_large_and_speaks_french() -> None:
    defaults.load(at=NOW)

    assert GlossaryEntry.objects.filter(lang="fr").count() >= 150
    assert GlossaryEntry.objects.get(term="nœud").key == "noeud"


def test_loading_twice_changes_nothing() -> None:
    assert defaults.load(at=NOW)

    assert defaults.load(at=NOW) == ()


def test_an_edited_glossary_entry_stays_and_an_unedited_one_follows() -> None:
    defaults.load(at=NOW)
    GlossaryEntry.objects.filter(term="frais").update(expansion="edited")
    GlossaryEntry.objects.filter(term="canal").update(expansion="old", seed={"expansion": "old"})

    lines = defaults.load(at=NOW)

    assert GlossaryEntry.objects.get(term="frais").expansion == "edited"
    assert GlossaryEntry.objects.get(term="canal").expansion == "channel"
    assert lines == ("glossary canal (fr): updated",)


def test_a_switched_off_source_stays_off() -> None:
    defaults.load(at=NOW)
    Source.objects.update(is_enabled=False)

    defaults.load(at=NOW)

    assert Source.objects.get().is_enabled is False


def test_new_shipped_words_replace_shipped_words_but_not_an_administrators() -> None:
    shipped = default_prompts.rows()
    PromptRevision.objects.create(purpose="answer", lang="en", text="older", is_active=True, seed={"text": "older"})
    PromptRevision.objects.create(purpose="answer", lang="fr", text="à nous", is_active=True)

    defaults.load(at=NOW)

    assert active_prompt("answer", "en").text == {row[:2]: row[2] for row in shipped}["answer", "en"]
    assert active_prompt("answer", "fr").text == "à nous"
    assert PromptRevision.objects.filter(purpose="answer", lang="fr").count() == 2


def test_activating_a_revision_swaps_and_keeps_history() -> None:
    defaults.load(at=NOW)
    first = PromptRevision.objects.get(purpose="answer", lang="en")
    second = PromptRevision.objects.create(purpose="answer", lang="en", text="Other words.")

    activate(second)

    assert active_prompt("answer", "en").revision_id == second.pk
    first.refresh_from_db()
    assert first.is_active is False


def test_a_language_without_words_falls_back_to_english() -> None:
    defaults.load(at=NOW)
    PromptRevision.objects.filter(lang="fr").update(is_active=False)

    assert active_prompt("answer", "fr").lang == "en"


def test_a_purpose_without_words_is_named() -> None:
    with pytest.raises(PromptMissing, match="nothing"):
        active_prompt("nothing", "en")


def prompt_messages() -> list[str]:
    numbers = (one.id or "" for one in run_checks(databases=["default"]))
    return [number for number in numbers if number.startswith("rag.")]


def test_the_check_names_purposes_without_words() -> None:
    defaults.load(at=NOW)
    assert prompt_messages() == []

    PromptRevision.objects.filter(purpose="answer").update(is_active=False)

    assert sorted(prompt_messages()) == ["rag.E001", "rag.W002"]
