"""One turn: the order of its events, one voice, one row, whatever goes wrong."""

import asyncio
from contextlib import aclosing
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connection

from models_registry.models import Generation, RoutingPolicy, Strategy
from rag.domain.context import ContextBlock
from rag.domain.errors import QuestionInvalid
from rag.domain.events import Event, EventType
from rag.models import Answer, LibraryPolicy, PromptRevision, Source
from rag.services.answer import answer
from tests.rag.conftest import MODEL, NOW, ollama_host
from tests.servers.ollama import Fault, OllamaServer, Scenario
from tests.servers.ollama import Outcome as HostOutcome

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("tidy")]
QUESTION = "What is the default base fee?"
NODE = "02" + "ab" * 32


class Facts:
    """A context source as an upper floor would lend it."""

    def facts(self, pubkey: str, *, user: Any, at: Any) -> ContextBlock | None:
        return ContextBlock("node", ("capacity_sat: 5,000,000", "uptime: unknown"), {"pubkey": pubkey})


async def turn(question: str = QUESTION, **more: Any) -> list[Event]:
    events = answer(question, unit="user:1", user=more.pop("user", None), at=NOW, **more)
    async with aclosing(events) as opened:
        return [event async for event in opened]


def types(events: list[Event]) -> list[str]:
    """Return the types in order, repeats once."""
    found: list[str] = []
    for event in events:
        if not found or found[-1] != event.type.value:
            found.append(event.type.value)
    return found


def data(events: list[Event], kind: EventType) -> dict[str, Any]:
    return dict(next(event.data for event in events if event.type is kind))


def assert_invariants(events: list[Event]) -> None:
    assert [event.is_terminal for event in events] == [False] * (len(events) - 1) + [True]
    progress = [event.progress for event in events]
    assert progress == sorted(progress)
    assert progress[0] == 0


def row() -> Answer:
    return Answer.objects.get()


get_row = sync_to_async(row)


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


async def test_a_model_speaks_token_by_token(library: Source, ollama: OllamaServer) -> None:
    await sync_to_async(ollama_host)(ollama.url)
    ollama.respond_with(lambda *_: "The base fee is 1,000 msat [1]. Not from here [9]. Or 777 sat.")

    events = await turn()

    assert types(events) == ["status", "similar_document", "status", "token", "warning", "answer", "complete"]
    assert_invariants(events)
    tokens = [event for event in events if event.type is EventType.TOKEN]
    told = data(events, EventType.ANSWER)
    assert len(tokens) > 3
    assert all(50 <= event.progress < 90 for event in tokens)
    assert "".join(event.data["text"] for event in tokens) == told["answer"]
    assert told["answer"] == "The base fee is 1,000 msat [1]. Not from here. Or 777 sat."
    assert told["ungrounded_numbers"] == [777.0]
    assert (told["model_used"], told["degraded"]) == (MODEL, False)
    stored = await get_row()
    generation = await Generation.objects.aget()
    assert (stored.generation_id, stored.model) == (generation.pk, MODEL)
    assert generation.plan["prompt_revision_id"] is not None


async def test_documents_reach_the_model_only_inside_data_blocks(library: Source, ollama: OllamaServer) -> None:
    await sync_to_async(ollama_host)(ollama.url)

    await turn()

    system, user = ollama.requests_for("/api/chat")[-1].body["messages"]
    assert "1,000 msat" not in system["content"]
    boundary = system["content"].split("<<<")[1].split()[0]
    outside = "".join(part.split(f"\n{boundary}>>>", 1)[-1] for part in user["content"].split(f"<<<{boundary} "))
    assert "1,000 msat" not in outside
    assert QUESTION not in outside


async def test_echo_answers_like_any_model(library: Source, echo: Any) -> None:
    await Strategy.objects.all().aupdate(models_in_order=["echo"])

    events = await turn()

    assert_invariants(events)
    assert EventType.TOKEN in {event.type for event in events}
    assert data(events, EventType.ANSWER)["model"] == "echo"


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


async def test_a_broken_off_answer_is_not_kept(library: Source, ollama: OllamaServer) -> None:
    await sync_to_async(ollama_host)(ollama.url)
    ollama.use(Fault(Scenario.EOF_WITHOUT_DONE, after=4))
    await turn()

    assert EventType.CACHED_DATA not in {event.type for event in await turn()}


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


async def test_facts_of_the_node_come_through_the_seam(library: Source, ollama: OllamaServer, settings: Any) -> None:
    settings.RAG_CONTEXT_SOURCES = [f"{__name__}.Facts"]
    await sync_to_async(ollama_host)(ollama.url)

    events = await turn(node_pubkey=NODE)

    assert types(events)[:3] == ["status", "node_info", "similar_document"]
    assert data(events, EventType.NODE_INFO)["pubkey"] == NODE
    prompt = ollama.requests_for("/api/chat")[-1].body["messages"][1]["content"]
    assert "capacity_sat: 5,000,000" in prompt
    assert (await get_row()).node_pubkey == NODE


async def test_without_a_prompt_the_library_is_quoted(library: Source, ollama: OllamaServer) -> None:
    await sync_to_async(ollama_host)(ollama.url)
    await PromptRevision.objects.all().aupdate(is_active=False)

    assert data(await turn(), EventType.ANSWER)["degraded"] is True
    assert ollama.generations == ()


async def test_knobs_of_one_call_reach_the_model_and_change_no_row(library: Source, ollama: OllamaServer) -> None:
    await sync_to_async(ollama_host)(ollama.url)
    before = [values async for values in Strategy.objects.values()]

    await turn(temperature=0.9, max_tokens=64)

    options = ollama.requests_for("/api/chat")[-1].body["options"]
    assert (options["temperature"], options["num_predict"]) == (0.9, 64)
    assert [values async for values in Strategy.objects.values()] == before


async def test_no_model_is_asked_when_the_reader_wants_none(library: Source, ollama: OllamaServer) -> None:
    await sync_to_async(ollama_host)(ollama.url)

    assert data(await turn(include_ai=False), EventType.ANSWER)["degraded"] is True
    assert ollama.generations == ()


async def test_no_connection_is_held_while_tokens_flow(library: Source, ollama: OllamaServer) -> None:
    await sync_to_async(ollama_host)(ollama.url)
    ollama.respond_with(lambda *_: "word " * 40)
    held: list[int] = []

    async with aclosing(answer(QUESTION, unit="user:1", user=None, at=NOW)) as events:
        async for event in events:
            if event.type is EventType.TOKEN:
                held.append(await sync_to_async(_other_connections)())

    assert max(held) == 0


def _other_connections() -> int:
    """Return how many connections work beside the one that asks and the lease, which is the process's own."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
            "AND state <> 'idle' AND backend_type = 'client backend' AND application_name <> 'lnrag lease'"
        )
        found: int = cursor.fetchone()[0]
    return found


async def _ended(server: OllamaServer) -> Any:
    for _ in range(200):
        if server.generations and server.generations[0].outcome is not HostOutcome.RUNNING:
            return server.generations[0]
        await asyncio.sleep(0.01)
    return server.generations[0]


async def test_without_streaming_the_words_come_at_once(library: Source, ollama: OllamaServer) -> None:
    await sync_to_async(ollama_host)(ollama.url)
    await RoutingPolicy.objects.filter(is_active=True).aupdate(is_streaming=False)

    events = await turn()

    assert_invariants(events)
    words = [event.data["text"] for event in events if event.type is EventType.TOKEN]
    assert len(words) == 1
    assert data(events, EventType.ANSWER)["degraded"] is False


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


async def test_an_answer_that_is_kept_for_no_time_is_written_anew(library: Source) -> None:
    await LibraryPolicy.objects.aupdate(answer_ttl_s=0)
    await turn()

    assert EventType.CACHED_DATA not in {event.type for event in await turn()}
