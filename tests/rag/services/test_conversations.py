"""Questions that follow on: resolved, answered with what was said before, and nobody else's."""

from contextlib import aclosing
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from asgiref.sync import sync_to_async

from rag.domain.conversing import Conversing, conversing
from rag.domain.errors import ConversationUnknown
from rag.domain.events import Event, EventType
from rag.models import Answer, Conversation, LibraryPolicy, Source
from rag.queries.conversations import earlier_turns, find_conversation, listed_conversations
from rag.services import conversations
from rag.services.answer import answer
from tests.rag.conftest import NOW, ollama_host
from tests.servers.ollama import OllamaServer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("tidy")]
FIRST = "What is the default base fee?"
THEN = "And can it be undone?"


async def ask(question: str, conversation: Conversing | None, **more: Any) -> list[Event]:
    values = {"unit": "user:1", "user": None, "at": NOW, "lang": "en", **more}
    async with aclosing(answer(question, conversation=conversation, **values)) as opened:
        return [event async for event in opened]


def told(events: list[Event]) -> dict[str, Any]:
    kinds = (EventType.ANSWER, EventType.CACHED_DATA)
    return dict(next(event.data for event in events if event.type in kinds))


def prompt_of(server: OllamaServer) -> list[dict[str, str]]:
    return list(server.requests_for("/api/chat")[-1].body["messages"])


async def test_a_new_conversation_is_named_by_its_first_question(library: Source) -> None:
    events = await ask(FIRST, Conversing())

    row = await Conversation.objects.aget()
    assert told(events)["conversation_id"] == str(row.pk) == events[-1].data["conversation_id"]
    assert (row.title, row.unit, row.node_pubkey) == (FIRST, "user:1", "")
    assert (await Answer.objects.aget()).conversation_id == row.pk


async def test_a_question_that_follows_on_is_searched_as_it_stands_alone(library: Source) -> None:
    key = UUID(told(await ask(FIRST, Conversing()))["conversation_id"])

    events = await ask(THEN, Conversing(key))

    assert "base" in told(events)["standalone"]
    assert any(event.data.get("standalone") for event in events if event.type is EventType.STATUS)
    stored = await Answer.objects.aget(question=THEN)
    assert stored.standalone == told(events)["standalone"]
    assert stored.conversation_id == key
    assert await Conversation.objects.acount() == 1


async def test_the_model_hears_what_was_said_before_but_no_more_than_the_policy_says(
    library: Source, ollama: OllamaServer
) -> None:
    await sync_to_async(ollama_host)(ollama.url)
    await LibraryPolicy.objects.aupdate(rewrites_questions=False, history_turns=1)
    ollama.respond_with(lambda *_: "The base fee is 1,000 msat [1].")
    key = UUID(told(await ask("How do I rebalance?", Conversing()))["conversation_id"])
    await ask(FIRST, Conversing(key), at=NOW + timedelta(minutes=1))

    await ask(THEN, Conversing(key), at=NOW + timedelta(minutes=2))

    messages = prompt_of(ollama)
    assert [one["role"] for one in messages] == ["system", "user", "assistant", "user"]
    assert (messages[1]["content"], messages[2]["content"]) == (FIRST, "The base fee is 1,000 msat.")


async def test_a_question_that_stands_alone_is_told_nothing_of_the_turns_before(
    library: Source, ollama: OllamaServer
) -> None:
    await sync_to_async(ollama_host)(ollama.url)
    ollama.respond_with(lambda *_: "The base fee is 1,000 msat [1].")
    key = UUID(told(await ask("How do I rebalance?", Conversing()))["conversation_id"])

    await ask(FIRST, Conversing(key))

    assert [one["role"] for one in prompt_of(ollama)] == ["system", "user"]


async def test_a_follow_up_is_kept_under_its_standalone_question(library: Source) -> None:
    first, second = [UUID(told(await ask(FIRST, Conversing()))["conversation_id"]) for _ in range(2)]
    await ask(THEN, Conversing(first))

    events = await ask(THEN, Conversing(second))

    assert EventType.CACHED_DATA in {event.type for event in events}
    assert told(events)["standalone"]


@pytest.mark.parametrize("whose", ["another unit", "another user", "another node", "nobody's"])
async def test_another_conversation_is_unknown(library: Source, reader: Any, whose: str) -> None:
    key = UUID(told(await ask(FIRST, Conversing()))["conversation_id"])
    more: dict[str, Any] = {
        "another unit": {"unit": "user:2"},
        "another user": {"user": reader},
        "another node": {"node_pubkey": "02" + "ab" * 32},
        "nobody's": {},
    }[whose]

    with pytest.raises(ConversationUnknown):
        await ask(THEN, Conversing(uuid4() if whose == "nobody's" else key), **more)

    assert await Answer.objects.filter(outcome=Answer.Outcome.COMPLETED).acount() == 1


@pytest.mark.django_db
def test_a_conversation_is_renamed_listed_and_removed_by_its_asker_alone(reader: Any, django_user_model: Any) -> None:
    key = uuid4()
    asker = {"user": reader, "unit": f"user:{reader.pk}"}
    conversations.note_turn(key, **asker, node_pubkey="", question=FIRST, at=NOW)
    Answer.objects.create(conversation_id=key, question=FIRST, text="Yes.", outcome="completed", user=reader)
    other = django_user_model.objects.create_user("other")

    renamed = conversations.rename(key, title="  Fees \u202e and more ", **asker)

    assert renamed.title == "Fees and more"
    assert [(row.pk, vars(row)["turn_count"]) for row in listed_conversations(reader)] == [(key, 1)]
    assert [turn.answer for turn in earlier_turns(key, limit=3)] == ["Yes."]
    assert find_conversation(key, user=other) is None
    with pytest.raises(ConversationUnknown):
        conversations.remove(key, user=other, unit="user:x")
    conversations.remove(key, **asker)
    assert not Conversation.objects.exists()
    assert not Answer.objects.exists()


@pytest.mark.parametrize("named", ["x", 7, "0000"])
def test_what_is_no_id_is_an_unknown_conversation(named: object) -> None:
    with pytest.raises(ConversationUnknown):
        conversing(named)


def test_a_conversation_is_named_new_by_id_or_not_at_all() -> None:
    key = uuid4()

    assert (conversing("new"), conversing(str(key)), conversing(""), conversing(None)) == (
        Conversing(),
        Conversing(key),
        None,
        None,
    )
