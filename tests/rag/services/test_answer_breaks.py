"""A turn that breaks: a model fails before or after its first word, or the reader hangs up."""

import asyncio
from contextlib import aclosing
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from models_registry.models import Generation, RoutingPolicy
from rag.domain.events import EventType
from rag.models import Answer, Source
from rag.services.answer import answer
from tests.rag.conftest import MODEL, NOW, ollama_host
from tests.rag.services.turns import QUESTION, assert_invariants, data, get_row, turn, types
from tests.servers.ollama import Fault, OllamaServer, Scenario
from tests.servers.ollama import Outcome as HostOutcome

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("tidy")]


@pytest.mark.parametrize(
    "fault",
    [
        Scenario.ERROR_500,
        Scenario.ERROR_404,
        Scenario.RESET_BEFORE_HEADERS,
        Scenario.EMPTY_ANSWER,
        Scenario.ERROR_AT_ONCE,
    ],
)
async def test_a_failure_before_the_first_word_falls_back_to_quotes(
    library: Source, ollama: OllamaServer, fault: Scenario
) -> None:
    await sync_to_async(ollama_host)(ollama.url)
    ollama.use(fault)

    events = await turn()

    assert types(events) == ["status", "similar_document", "status", "warning", "answer", "complete"]
    assert_invariants(events)
    assert data(events, EventType.ANSWER)["degraded"] is True
    assert (await get_row()).outcome == Answer.Outcome.COMPLETED
    assert (await Generation.objects.aget()).outcome == "failed"


async def test_another_model_takes_over_before_the_first_word(library: Source, ollama: OllamaServer) -> None:
    ollama.install("mistral:7b")
    await sync_to_async(ollama_host)(ollama.url, MODEL, "mistral:7b")
    ollama.fail(MODEL, Scenario.ERROR_500)

    events = await turn()

    told = data(events, EventType.ANSWER)
    assert (told["model"], told["degraded"]) == ("mistral:7b", False)
    started = next(event for event in events if event.type is EventType.STATUS and "fell_back_from" in event.data)
    assert started.data["fell_back_from"] == [MODEL]


@pytest.mark.parametrize("scenario", [Scenario.EOF_WITHOUT_DONE, Scenario.ERROR_LINE, Scenario.RESET_MID_STREAM])
async def test_a_failure_after_the_first_word_ends_in_one_error(
    library: Source, ollama: OllamaServer, scenario: Scenario
) -> None:
    ollama.install("mistral:7b")
    await sync_to_async(ollama_host)(ollama.url, MODEL, "mistral:7b")
    ollama.respond_with(lambda *_: "The base fee is a flat charge per payment and so on and on.")
    ollama.use(Fault(scenario, after=4))

    events = await turn()

    assert types(events)[-2:] == ["token", "error"]
    assert_invariants(events)
    failure = dict(events[-1].data)
    assert (failure["code"], failure["retryable"]) == ("generation_interrupted", True)
    stored = await get_row()
    assert (stored.outcome, stored.error_code) == (Answer.Outcome.FAILED, "generation_interrupted")
    assert stored.text


async def test_hanging_up_closes_the_model_and_leaves_an_abandoned_row(library: Source) -> None:
    with OllamaServer(token_delay_s=0.02) as slow:
        slow.respond_with(lambda *_: "word " * 400)
        await sync_to_async(ollama_host)(slow.url)
        events = answer(QUESTION, unit="user:1", user=None, at=NOW)
        async with aclosing(events) as opened:
            async for event in opened:
                if event.type is EventType.TOKEN:
                    break

        generation = await _ended(slow)

        assert generation.outcome is HostOutcome.HUNG_UP
        assert generation.tokens_generated < 20
    stored = await get_row()
    assert stored.outcome == Answer.Outcome.ABANDONED
    assert (await Generation.objects.aget()).outcome == "abandoned"


async def test_a_cancelled_task_leaves_an_abandoned_row(library: Source) -> None:
    with OllamaServer(token_delay_s=0.02) as slow:
        slow.respond_with(lambda *_: "word " * 400)
        await sync_to_async(ollama_host)(slow.url)
        seen = asyncio.Event()

        async def listen() -> None:
            async with aclosing(answer(QUESTION, unit="user:1", user=None, at=NOW)) as events:
                async for event in events:
                    if event.type is EventType.TOKEN:
                        seen.set()

        task = asyncio.create_task(listen())
        await asyncio.wait_for(seen.wait(), 5)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

        assert (await _ended(slow)).outcome is HostOutcome.HUNG_UP
    assert (await get_row()).outcome == Answer.Outcome.ABANDONED


async def _ended(server: OllamaServer) -> Any:
    for _ in range(200):
        if server.generations and server.generations[0].outcome is not HostOutcome.RUNNING:
            return server.generations[0]
        await asyncio.sleep(0.01)
    return server.generations[0]


async def test_without_streaming_a_voice_that_breaks_off_leaves_the_library_to_answer(
    library: Source, ollama: OllamaServer
) -> None:
    await sync_to_async(ollama_host)(ollama.url)
    await RoutingPolicy.objects.filter(is_active=True).aupdate(is_streaming=False)
    ollama.use(Fault(Scenario.RESET_MID_STREAM, after=5))

    events = await turn()

    assert EventType.TOKEN not in {event.type for event in events}
    assert data(events, EventType.ANSWER)["degraded"] is True
    assert events[-1].type is EventType.COMPLETE
