"""A turn answers from the library: with or without a model, in the reader's language, by one row."""

import pytest
from asgiref.sync import sync_to_async

from rag.domain.errors import QuestionInvalid
from rag.domain.events import EventType
from rag.models import Answer, PromptRevision, Source
from tests.rag.conftest import ollama_host
from tests.rag.services.turns import QUESTION, assert_invariants, data, get_row, turn, types
from tests.servers.ollama import OllamaServer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("tidy")]


async def test_without_a_model_the_library_is_quoted_with_citations(library: Source) -> None:
    events = await turn()

    assert types(events) == ["status", "similar_document", "status", "warning", "answer", "complete"]
    assert_invariants(events)
    told = data(events, EventType.ANSWER)
    assert told["degraded"] is True
    assert "No language model" in told["note"]
    assert "1,000 msat" in told["answer"]
    assert "[1]" in told["answer"]
    assert told["citations"][0]["document_uid"] == "fees.md"
    assert told["sources"][0]["title"] == "Routing fees"
    assert told["model"] == ""
    assert (told["embed_model"], told["embed_version"]) == ("all-MiniLM-L6-v2", "2025-10-15")
    assert 0 < told["confidence_score"] <= 1


async def test_the_progress_of_each_event_is_as_promised(library: Source) -> None:
    by_type = {event.type: event.progress for event in await turn()}

    assert by_type[EventType.SIMILAR_DOCUMENT] == 25
    assert by_type[EventType.STATUS] == 50
    assert by_type[EventType.ANSWER] == 90
    assert by_type[EventType.COMPLETE] == 100


async def test_a_turn_writes_one_row(library: Source) -> None:
    events = await turn()

    stored = await get_row()
    assert stored.outcome == Answer.Outcome.COMPLETED
    assert (
        str(stored.pk) == data(events, EventType.COMPLETE)["answer_id"] == data(events, EventType.ANSWER)["answer_id"]
    )
    assert stored.question == QUESTION
    assert (stored.is_degraded, stored.is_cached, stored.is_abstention) == (True, False, False)
    assert stored.citations[0]["number"] == 1
    assert {step["step"] for step in stored.trace} >= {"prepare", "retrieve", "check"}


async def test_a_french_question_is_answered_in_french(library: Source) -> None:
    told = data(await turn("Quels frais de base choisir ?"), EventType.ANSWER)

    assert told["lang"] == "fr"
    assert told["answer"].startswith("Voici ce que dit la bibliothèque")
    assert "Aucun modèle" in told["note"]


async def test_what_the_library_does_not_hold_is_not_answered(library: Source, ollama: OllamaServer) -> None:
    await sync_to_async(ollama_host)(ollama.url)

    events = await turn("Which Hetzner server runs a routing node?")

    told = data(events, EventType.ANSWER)
    assert types(events) == ["status", "similar_document", "status", "answer", "complete"]
    assert told["abstained"] is True
    assert told["degraded"] is False
    assert told["missing_terms"] == ["Hetzner"]
    assert "Hetzner" in told["answer"]
    assert told["confidence_score"] is None
    assert ollama.generations == ()
    assert (await get_row()).is_abstention is True


@pytest.mark.parametrize("question", ["", "  ", "ab", "\u200b\u200b\u200b\u200b", "x" * 2001])
async def test_a_question_that_says_nothing_is_refused(library: Source, question: str) -> None:
    with pytest.raises(QuestionInvalid):
        await turn(question)


async def test_without_a_prompt_the_library_is_quoted(library: Source, ollama: OllamaServer) -> None:
    await sync_to_async(ollama_host)(ollama.url)
    await PromptRevision.objects.all().aupdate(is_active=False)

    assert data(await turn(), EventType.ANSWER)["degraded"] is True
    assert ollama.generations == ()


async def test_no_model_is_asked_when_the_reader_wants_none(library: Source, ollama: OllamaServer) -> None:
    await sync_to_async(ollama_host)(ollama.url)

    assert data(await turn(include_ai=False), EventType.ANSWER)["degraded"] is True
    assert ollama.generations == ()
