"""Which answers are kept for the next one who asks, for how long, and across what they are never shared."""

from typing import Any

import pytest
from asgiref.sync import sync_to_async

from rag.domain.events import EventType
from rag.models import Answer, LibraryPolicy, PromptRevision, Source
from tests.rag.conftest import ollama_host
from tests.rag.services.turns import NODE, assert_invariants, data, turn, types
from tests.servers.ollama import Fault, OllamaServer, Scenario

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("tidy")]


async def test_the_second_answer_comes_from_the_cache(library: Source) -> None:
    first = await turn()

    second = await turn("  what is the DEFAULT base fee")

    assert types(second) == ["status", "cached_data", "complete"]
    assert_invariants(second)
    kept, made = data(second, EventType.CACHED_DATA), data(first, EventType.ANSWER)
    assert kept["answer"] == made["answer"]
    assert (kept["cached"], made["cached"]) == (True, False)
    assert kept["answer_id"] != made["answer_id"]
    assert [row.is_cached async for row in Answer.objects.order_by("is_cached")] == [False, True]


async def test_the_cache_can_be_passed_by(library: Source) -> None:
    await turn()

    assert EventType.CACHED_DATA not in {event.type for event in await turn(use_cache=False)}


@pytest.mark.parametrize("difference", ["user", "k", "lang", "ingestion", "prompt", "node"])
async def test_an_answer_is_never_shared_across(library: Source, reader: Any, settings: Any, difference: str) -> None:
    settings.RAG_CONTEXT_SOURCES = []
    await turn()

    more: dict[str, Any] = {}
    if difference == "user":
        more["user"] = reader
    elif difference == "k":
        more["k"] = 3
    elif difference == "lang":
        more["lang"] = "fr"
    elif difference == "node":
        more["node_pubkey"] = NODE
    elif difference == "ingestion":
        await Source.objects.filter(pk=library.pk).aupdate(revision=99)
    else:
        await PromptRevision.objects.filter(purpose="answer", is_active=True).aupdate(is_active=False)

    assert EventType.CACHED_DATA not in {event.type for event in await turn(**more)}


async def test_a_broken_off_answer_is_not_kept(library: Source, ollama: OllamaServer) -> None:
    await sync_to_async(ollama_host)(ollama.url)
    ollama.use(Fault(Scenario.EOF_WITHOUT_DONE, after=4))
    await turn()

    assert EventType.CACHED_DATA not in {event.type for event in await turn()}


async def test_an_answer_that_is_kept_for_no_time_is_written_anew(library: Source) -> None:
    await LibraryPolicy.objects.aupdate(answer_ttl_s=0)
    await turn()

    assert EventType.CACHED_DATA not in {event.type for event in await turn()}
