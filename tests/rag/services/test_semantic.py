"""An answer serves other wordings of its question, within its scope, as long as it is kept."""

from contextlib import aclosing
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.core.cache import cache

from rag.domain.events import Event, EventType
from rag.models import KeptAnswer, LibraryPolicy, PromptRevision, Source
from rag.services import cache as kept
from rag.services.answer import answer
from rag.services.semantic import sweep
from tests.rag.conftest import NOW, ollama_host
from tests.servers.ollama import OllamaServer, Scenario

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("tidy")]
QUESTION = "How do I set the base fee of a channel?"
REWORDED = "How can I set the base fee of my channels?"


async def ask(question: str = QUESTION, **more: Any) -> list[Event]:
    values = {"unit": "user:1", "user": None, "at": NOW, "lang": "en", **more}
    async with aclosing(answer(question, **values)) as opened:
        return [event async for event in opened]


def cached(events: list[Event]) -> dict[str, Any] | None:
    return next((dict(event.data) for event in events if event.type is EventType.CACHED_DATA), None)


@pytest.fixture
async def near(library: Source) -> None:
    """Let vectors propose a little more than shipped: the words decide here."""
    await LibraryPolicy.objects.aupdate(semantic_cosine=0.85)


async def test_another_wording_shares_the_answer_and_says_whose_it_is(near: None) -> None:
    await ask()

    found = cached(await ask(REWORDED))

    assert found is not None
    assert (found["cached"], found["cached_from"]) == (True, QUESTION)


@pytest.mark.parametrize(
    "question",
    [
        "How do I set the fee rate of a channel?",
        "Why do I set the base fee of a channel?",
        "How do I not set the base fee of a channel?",
        "How do I set the base fee of a channel to 1 sat?",
        "How do I set the base fee of a channel in CLN?",
    ],
)
async def test_another_question_never_does(near: None, question: str) -> None:
    await ask()

    assert cached(await ask(question)) is None


@pytest.mark.parametrize("difference", ["user", "prompt", "k", "threshold", "bypassed"])
async def test_nor_does_another_scope(near: None, reader: Any, difference: str) -> None:
    await ask()

    more: dict[str, Any] = {"user": reader} if difference == "user" else {"k": 3} if difference == "k" else {}
    if difference == "prompt":
        await PromptRevision.objects.filter(purpose="answer", is_active=True).aupdate(is_active=False)
    if difference == "threshold":
        await LibraryPolicy.objects.aupdate(semantic_cosine=1.0)
    if difference == "bypassed":
        more["use_cache"] = False

    assert cached(await ask(REWORDED, **more)) is None


async def test_an_expired_answer_is_not_shared_and_its_row_is_swept(near: None) -> None:
    await ask()

    assert cached(await ask(REWORDED, at=NOW + timedelta(days=1))) is None
    assert await sync_to_async(sweep)(at=NOW + timedelta(hours=7)) == 1


async def test_a_row_whose_answer_the_cache_lost_goes(near: None) -> None:
    await ask()
    await sync_to_async(cache.clear)()

    assert cached(await ask(REWORDED)) is None
    assert not await KeptAnswer.objects.filter(question=QUESTION).aexists()


async def test_purging_forgets_every_answer_and_passage(near: None) -> None:
    await ask()

    assert await sync_to_async(kept.purge)() == 1

    assert cached(await ask()) is None
    assert cached(await ask(REWORDED)) is not None  # of the answer made after the purge


async def test_passages_are_found_once_and_given_again(library: Source, ollama: OllamaServer) -> None:
    first = await ask()
    await LibraryPolicy.objects.aupdate(answer_ttl_s=0)
    await ask()

    keys = [event.data["chunk_id"] for event in await ask() if event.type is EventType.SIMILAR_DOCUMENT]

    assert keys == [event.data["chunk_id"] for event in first if event.type is EventType.SIMILAR_DOCUMENT]


async def test_quotes_in_place_of_a_model_are_not_kept(library: Source, ollama: OllamaServer) -> None:
    await sync_to_async(ollama_host)(ollama.url)
    ollama.use(Scenario.ERROR_500)
    await ask()

    assert cached(await ask()) is None
