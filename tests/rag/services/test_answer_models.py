"""A model speaks in a turn: token by token, from documents as data, and with the facts of a node."""

from contextlib import aclosing
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connection

from models_registry.models import Generation, RoutingPolicy, Strategy
from rag.domain.context import ContextBlock
from rag.domain.events import EventType
from rag.models import Source
from rag.services.answer import answer
from tests.rag.conftest import MODEL, NOW, ollama_host
from tests.rag.services.turns import NODE, QUESTION, assert_invariants, data, get_row, turn, types
from tests.servers.ollama import OllamaServer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("tidy")]


class Facts:
    """A context source as an upper floor would lend it."""

    def facts(self, pubkey: str, *, user: Any, at: Any) -> ContextBlock | None:
        return ContextBlock("node", ("capacity_sat: 5,000,000", "uptime: unknown"), {"pubkey": pubkey})


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


async def test_facts_of_the_node_come_through_the_seam(library: Source, ollama: OllamaServer, settings: Any) -> None:
    settings.RAG_CONTEXT_SOURCES = [f"{__name__}.Facts"]
    await sync_to_async(ollama_host)(ollama.url)

    events = await turn(node_pubkey=NODE)

    assert types(events)[:3] == ["status", "node_info", "similar_document"]
    assert data(events, EventType.NODE_INFO)["pubkey"] == NODE
    prompt = ollama.requests_for("/api/chat")[-1].body["messages"][1]["content"]
    assert "capacity_sat: 5,000,000" in prompt
    assert (await get_row()).node_pubkey == NODE


async def test_knobs_of_one_call_reach_the_model_and_change_no_row(library: Source, ollama: OllamaServer) -> None:
    await sync_to_async(ollama_host)(ollama.url)
    before = [values async for values in Strategy.objects.values()]

    await turn(temperature=0.9, max_tokens=64)

    options = ollama.requests_for("/api/chat")[-1].body["options"]
    assert (options["temperature"], options["num_predict"]) == (0.9, 64)
    assert [values async for values in Strategy.objects.values()] == before


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


async def test_without_streaming_the_words_come_at_once(library: Source, ollama: OllamaServer) -> None:
    await sync_to_async(ollama_host)(ollama.url)
    await RoutingPolicy.objects.filter(is_active=True).aupdate(is_streaming=False)

    events = await turn()

    assert_invariants(events)
    words = [event.data["text"] for event in events if event.type is EventType.TOKEN]
    assert len(words) == 1
    assert data(events, EventType.ANSWER)["degraded"] is False
