"""Asking over a websocket: who may, what comes, and that a new question ends the old one."""

import asyncio
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import AnonymousUser

from models_registry.models import LanguageModel
from models_registry.services import keys
from rag.consumers import NOT_SIGNED_IN, websocket_urlpatterns
from rag.models import Answer, Source
from tests.rag.conftest import ollama_host
from tests.servers.ollama import OllamaServer
from tests.servers.ollama import Outcome as HostOutcome

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("tidy")]
QUESTION = "What is the default base fee?"


class Socket(WebsocketCommunicator):  # type: ignore[misc]  # channels ships no types
    """A connection to /ws/ask as the session middleware hands it on."""

    def __init__(self, user: Any = None, *, key: str = "") -> None:
        headers = [(b"authorization", f"Bearer {key}".encode())] if key else []
        super().__init__(URLRouter(websocket_urlpatterns), "/ws/ask", headers=headers)
        self.scope["user"] = user or AnonymousUser()

    async def until(self, *kinds: str, most: int = 2000) -> list[dict[str, Any]]:
        """Return the messages up to the first of one of these types."""
        heard: list[dict[str, Any]] = []
        for _ in range(most):
            heard.append(await self.receive_json_from(timeout=10))
            if heard[-1]["type"] in kinds:
                return heard
        raise AssertionError(f"none of {kinds} came")


async def test_who_is_not_signed_in_is_told_by_code(library: Source) -> None:
    socket = Socket()

    assert (await socket.connect())[0] is True
    assert await socket.receive_output(timeout=2) == {"type": "websocket.close", "code": NOT_SIGNED_IN}
    await socket.send_json_to({"question": QUESTION})
    assert await socket.receive_nothing()
    await socket.disconnect()


async def test_a_wrong_key_is_told_by_code(library: Source) -> None:
    socket = Socket(key="lnr_wrong_key")

    await socket.connect()

    assert (await socket.receive_output(timeout=2))["code"] == NOT_SIGNED_IN
    await socket.disconnect()


@pytest.mark.parametrize("odd", [["en"], {"a": 1}, 7, None, ""])
async def test_a_language_that_is_none_is_taken_as_not_given(library: Source, reader: Any, odd: object) -> None:
    socket = Socket(reader)
    await socket.connect()

    await socket.send_json_to({"question": QUESTION, "lang": odd})
    events = await socket.until("complete", "error")

    assert events[-1]["type"] == "complete"
    await socket.disconnect()


@pytest.mark.parametrize("name", ["question", "query"])
async def test_a_signed_in_reader_is_answered(library: Source, reader: Any, name: str) -> None:
    socket = Socket(reader)
    await socket.connect()

    await socket.send_json_to({name: QUESTION})
    events = await socket.until("complete", "error")

    assert [event["sequence"] for event in events] == list(range(len(events)))
    assert (events[0]["type"], events[-1]["type"]) == ("status", "complete")
    await socket.disconnect()
    stored = await Answer.objects.aget()
    assert (stored.user_id, stored.unit) == (reader.pk, f"user:{reader.pk}")


async def test_a_key_is_as_good_as_a_session(library: Source) -> None:
    new = await sync_to_async(keys.create)("test")
    socket = Socket(key=new.text)
    await socket.connect()

    await socket.send_json_to({"question": QUESTION, "lang": "fr"})

    assert (await socket.until("answer"))[-1]["data"]["lang"] == "fr"
    await socket.disconnect()


@pytest.mark.parametrize(
    ("more", "code"), [({"requests_per_minute": 0}, "quota_exceeded"), ({"scopes": ["stats"]}, "scope_missing")]
)
async def test_a_key_is_limited_as_over_http_and_the_connection_stays(
    library: Source, more: dict[str, Any], code: str
) -> None:
    new = await sync_to_async(keys.create)("program", **more)
    socket = Socket(key=new.text)
    await socket.connect()

    for _ in range(2):
        await socket.send_json_to({"question": QUESTION})
        (refused,) = await socket.until("error")
        assert refused["data"]["code"] == code

    await socket.disconnect()


@pytest.mark.parametrize(
    "text", ["not json", "[1, 2]", '"question"', " ", '{"question": "ab"}', '{"question": null}', "{}"]
)
async def test_what_cannot_be_asked_gets_an_error_and_the_connection_stays(
    library: Source, reader: Any, text: str
) -> None:
    socket = Socket(reader)
    await socket.connect()

    await socket.send_to(text_data=text)
    assert (await socket.receive_json_from(timeout=5))["type"] == "error"
    await socket.send_json_to({"question": QUESTION})

    assert (await socket.until("complete", "error"))[-1]["type"] == "complete"
    await socket.disconnect()


@pytest.mark.parametrize("message", [{"type": "cancel"}, {"question": "When is a circular rebalance worth it?"}])
async def test_cancel_or_a_new_question_ends_the_running_turn(
    library: Source, reader: Any, message: dict[str, str]
) -> None:
    with OllamaServer(token_delay_s=0.02) as slow:
        slow.respond_with(lambda *_: "word " * 300)
        await sync_to_async(ollama_host)(slow.url)
        socket = Socket(reader)
        await socket.connect()
        await socket.send_json_to({"question": QUESTION})
        await socket.until("token")
        await sync_to_async(_let_the_host_go)()

        await socket.send_json_to(message)
        if "question" in message:
            assert (await socket.until("complete"))[-1]["type"] == "complete"

        assert await _first_outcome(slow) is HostOutcome.HUNG_UP
        await socket.disconnect()
    assert await Answer.objects.filter(outcome="abandoned").acount() == 1


async def test_closing_the_page_hangs_up_on_the_model(library: Source, reader: Any) -> None:
    with OllamaServer(token_delay_s=0.02) as slow:
        slow.respond_with(lambda *_: "word " * 300)
        await sync_to_async(ollama_host)(slow.url)
        socket = Socket(reader)
        await socket.connect()
        await socket.send_json_to({"question": QUESTION})
        await socket.until("token")

        await socket.disconnect()

        assert await _first_outcome(slow) is HostOutcome.HUNG_UP
        assert slow.generations[0].tokens_generated < 20
    assert (await Answer.objects.aget()).outcome == "abandoned"


def _let_the_host_go() -> None:
    """Take the models away, so that the next question is answered by quotes at once."""
    LanguageModel.objects.update(is_installed=False)


async def _first_outcome(server: OllamaServer) -> Any:
    for _ in range(300):
        if server.generations and server.generations[0].outcome is not HostOutcome.RUNNING:
            break
        await asyncio.sleep(0.01)
    return server.generations[0].outcome
