"""Ask over a websocket: one JSON message per event; a new question, "cancel" or closing stops the running turn.

A canceled turn still says how it ended, with the error `generation_canceled`; one that a new question replaced says
nothing more.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any

from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.urls import path
from django.utils import timezone

from models_registry.api.authentication import KeyPrincipal
from models_registry.domain.errors import ModelError
from models_registry.domain.scopes import Scope
from models_registry.models import ApiKey
from models_registry.services import keys, limits
from models_registry.services.borrow import borrowing
from models_registry.services.turns import Ticket
from rag.domain.conversing import conversing
from rag.domain.errors import RagError
from rag.domain.events import Event, error
from rag.services.answer import answer, cleaned
from rag.streaming import encode, numbered, to_wire

logger = logging.getLogger(__name__)

NOT_SIGNED_IN = 4401
LANGUAGES = frozenset({"en", "fr"})


class AskConsumer(AsyncJsonWebsocketConsumer):  # type: ignore[misc]  # channels ships no types
    """One reader's connection. Subclasses say which events answer a message."""

    needs: Scope = Scope.RAG  # of a key
    user: AbstractBaseUser | AnonymousUser | None = None
    unit = "nobody"
    key: ApiKey | None = None
    _turn: "asyncio.Task[None] | None" = None
    _ticket: Ticket | None = None

    @property
    def tier(self) -> str | None:
        """The tier of the key that asks; None for people, whose tier their unit tells."""
        return self.key.tier if self.key else None

    def events_for(self, content: Mapping[str, Any], ticket: Ticket) -> AsyncGenerator[Event, None]:
        """Return the stream that answers `content`; `ticket` can stop it.

        :raises RagError: when it cannot be asked like that; the reader is told, the connection stays.
        """
        raise NotImplementedError

    async def connect(self) -> None:
        """Let in who is signed in or brings a key; others are told by code 4401."""
        await self.accept()
        if not await self._recognize():
            await self.close(code=NOT_SIGNED_IN)

    async def disconnect(self, code: int) -> None:
        await self._stop()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None, **_future: Any) -> None:
        """Read one message; what is no JSON object gets an error event."""
        try:
            content = await self.decode_json(text_data or "")
        except ValueError:
            content = None
        if not isinstance(content, dict):
            await self._refuse("malformed", "Send one JSON object with a question.")
            return
        await self.receive_json(content)

    async def receive_json(self, content: dict[str, Any], **_future: Any) -> None:
        if self.unit == "nobody":
            return
        if content.get("type") == "cancel":
            if self._ticket:
                self._ticket.end()
            return
        await self._stop()
        self._ticket = Ticket()
        try:
            await self._let_in()
            events = self.events_for(content, self._ticket)
        except (RagError, ModelError) as exc:
            await self._refuse(exc.code, str(exc))
            return
        self._turn = asyncio.create_task(self._send_all(events))

    @classmethod
    async def encode_json(cls, content: Any) -> str:
        return encode(content)

    async def _send_all(self, events: AsyncGenerator[Event, None]) -> None:
        async with aclosing(numbered(events)) as opened:
            async for content in opened:
                await self.send_json(content)

    async def _stop(self) -> None:
        """Cancel the running turn and wait until it has hung up on the model and written its row."""
        turn, self._turn = self._turn, None
        if turn is None:
            return
        turn.cancel()
        (outcome,) = await asyncio.gather(turn, return_exceptions=True)
        if isinstance(outcome, Exception):
            logger.warning("rag.socket.turn_failed", exc_info=outcome)

    async def _refuse(self, code: str, message: str) -> None:
        await self.send_json(to_wire(error(code, message, retryable=False, progress=0), 0))

    async def _let_in(self) -> None:
        """Count a program's question, as over HTTP; people at their browsers are not counted.

        :raises ModelError: when its key was not made for this, or asks too often.
        """
        if self.key is not None:
            keys.require(self.key, self.needs)
            await borrowing(limits.charge_key, self.key, at=timezone.now())

    async def _recognize(self) -> bool:
        """Find out who is connected: the session's user, else the bearer key's."""
        user = self.scope.get("user")
        if user is not None and user.is_authenticated:
            self.user, self.unit = user, f"user:{user.pk}"
            return True
        header = dict(self.scope.get("headers") or ()).get(b"authorization", b"")
        known = await borrowing(_holder_of, header) if header else None
        if known is None:
            return False
        self.key, self.user = key, _ = known
        self.unit = f"user:{key.user_id}" if key.user_id else f"key:{key.pk}"
        return True


def _holder_of(header: bytes) -> tuple[ApiKey, AbstractBaseUser | AnonymousUser] | None:
    key = keys.from_header(header, at=timezone.now())
    return (key, key.user or KeyPrincipal(key)) if key else None


class LibraryConsumer(AskConsumer):
    """/ws/ask: {"question": "…", "lang"?: "en" or "fr", "node"?: key, "conversation_id"?: "new" or an id}.

    "query" is taken for "question".
    """

    def events_for(self, content: Mapping[str, Any], ticket: Ticket) -> AsyncGenerator[Event, None]:
        lang, node = content.get("lang"), content.get("node")
        return answer(
            cleaned(str(content.get("question") or content.get("query") or "")),
            unit=self.unit,
            user=self.user,
            user_tier=self.tier,
            at=timezone.now(),
            lang=lang if isinstance(lang, str) and lang in LANGUAGES else None,
            node_pubkey=node.lower() if isinstance(node, str) and node else None,
            use_cache=content.get("use_cache") is not False,
            conversation=conversing(content.get("conversation_id")),
            ticket=ticket,
        )


websocket_urlpatterns = [path("ws/ask", LibraryConsumer.as_asgi())]
