"""What hosts that stream server-sent events share: opening the answer, and leaving out what a model does not take.

A sampling option that one model knows is an error for the next (`temperature` for reasoning models, `top_k` for
OpenAI). Such a field is left out from then on, for this model; a field that carries meaning never is.
"""

import logging
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Callable, Collection, Mapping
from contextlib import aclosing
from typing import Any, Protocol

import httpx

from models_registry.domain.chat import ChatRequest, Endpoint, Piece
from models_registry.domain.errors import AnswerCutOff, ProviderUnavailable
from models_registry.providers.base import Patience, persist_stream
from models_registry.providers.calling import Caller, settle
from models_registry.providers.deadlines import StreamClock
from models_registry.providers.hosted_refusals import FieldRefused, refusal, spoken_error
from models_registry.providers.refusals import read_error
from models_registry.providers.sse import ServerEvent, events_of

logger = logging.getLogger(__name__)
EVENT_STREAM = "text/event-stream"


class Answer(Protocol):
    """Reads the events of one answer."""

    is_done: bool

    def pieces(self, event: ServerEvent) -> tuple[Piece, ...]:
        """Return the pieces of one event.

        :raises ModelError: for an error event, an empty answer, or a document cut off at the output limit.
        """

    def end(self) -> tuple[Piece, ...]:
        """Return the last pieces when the host closed the stream without its last mark.

        :raises AnswerCutOff: when the answer was not complete by then.
        """


class HostedSpeaker(ABC):
    """Base of the speakers over server-sent events. Remembers, per model, the fields it was refused."""

    path: str
    optional: frozenset[str]  # fields whose absence only changes the taste of an answer

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        client: httpx.AsyncClient,
        headers: Callable[[], Mapping[str, str]],
        patience: Patience | None = None,
    ) -> None:
        self.endpoint = endpoint
        root = f"{endpoint.base_url.removesuffix('/v1')}/v1"
        self.caller = Caller(endpoint, client=client, refusal=refusal, patience=patience, root=root, headers=headers)
        self._unwanted: dict[str, frozenset[str]] = {}

    def stream(self, request: ChatRequest) -> AsyncGenerator[Piece, None]:
        """Yield what the model says, then exactly one Finished. Closing it hangs up on the host.

        :raises ModelError: at any point; `repeat_here` failures were repeated already.
        """
        return persist_stream(lambda: self._conceding(request), patience=self.caller.patience)

    @abstractmethod
    def body(self, request: ChatRequest, *, unwanted: Collection[str]) -> Mapping[str, Any]:
        """Return what the host is sent, without the unwanted fields."""

    @abstractmethod
    def answer(self, request: ChatRequest, clock: StreamClock) -> Answer:
        """Return the reader of one answer."""

    async def _conceding(self, request: ChatRequest) -> AsyncGenerator[Piece, None]:
        while True:
            unwanted = self._unwanted.get(request.model, frozenset())
            try:
                async with aclosing(self._attempt(request, unwanted)) as pieces:
                    async for piece in pieces:
                        yield piece
                return
            except FieldRefused as exc:  # only before the first piece: it is a status
                field = exc.named(self.optional - unwanted)
                if field is None:
                    raise
                self._unwanted[request.model] = unwanted | {field}
                told = {"model": request.model, "host": self.endpoint.slug, "field": field}
                logger.warning("models_registry.option.left_out", extra=told)

    async def _attempt(self, request: ChatRequest, unwanted: frozenset[str]) -> AsyncGenerator[Piece, None]:
        clock = StreamClock(self.endpoint.timeouts)
        answer = self.answer(request, clock)
        async with (
            self.caller.opened(self.path, self.body(request, unwanted=unwanted), clock=clock) as response,
            aclosing(clock.hold(events_of(await self._streamed(response, clock)))) as events,
        ):
            async for event in events:
                for piece in answer.pieces(event):
                    yield piece
                if answer.is_done:
                    await settle(events)
                    return
        for piece in answer.end():
            yield piece

    async def _streamed(self, response: httpx.Response, clock: StreamClock) -> AsyncGenerator[bytes, None]:
        """Return the bytes of a response that streams.

        :raises ModelError: when it does not: some hosts answer 200 with an error object.
        """
        if response.headers.get("content-type", EVENT_STREAM).startswith(EVENT_STREAM):
            return self.caller.bytes_of(response)
        text = read_error(await clock.wait(self.caller.beginning_of(response)))
        raise spoken_error(text) if text else ProviderUnavailable("The host does not stream its answers.")


def cut_off() -> AnswerCutOff:
    """Return the error for a stream that ended too early."""
    return AnswerCutOff("The host ended the stream before it said that the answer is complete.")
