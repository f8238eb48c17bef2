"""Speak to Anthropic's Messages API. An answer is complete when a stop_reason and then `message_stop` came."""

from collections.abc import Collection, Mapping
from typing import Any

import httpx

from models_registry.domain.chat import ChatRequest, Endpoint, ModelFacts, Piece
from models_registry.domain.errors import ProviderRejected
from models_registry.providers.anthropic_wire import (
    OPTIONAL,
    REASONS,
    VERSION,
    Counts,
    Delta,
    Event,
    ModelList,
    facts_of,
    messages_body,
)
from models_registry.providers.base import Patience
from models_registry.providers.calling import decoded
from models_registry.providers.deadlines import StreamClock
from models_registry.providers.hosted import HostedSpeaker, cut_off
from models_registry.providers.hosted_refusals import spoken_error
from models_registry.providers.keys import read_key
from models_registry.providers.listening import Listener
from models_registry.providers.sse import ServerEvent


class AnthropicSpeaker(HostedSpeaker):
    """One host. The key is read at each call from the variable the endpoint names."""

    path = "/messages"
    optional = OPTIONAL

    def __init__(self, endpoint: Endpoint, *, client: httpx.AsyncClient, patience: Patience | None = None) -> None:
        super().__init__(endpoint, client=client, headers=self._headers, patience=patience)

    async def list_models(self) -> tuple[ModelFacts, ...]:
        """Return the models the key may use.

        :raises ModelError: when the host does not answer, or refuses the key.
        """
        listed = await self.caller.get("/models?limit=1000", ModelList)
        return tuple(facts_of(model) for model in listed.data or ())

    def body(self, request: ChatRequest, *, unwanted: Collection[str]) -> Mapping[str, Any]:
        """Return the body of /v1/messages."""
        return messages_body(request, unwanted=unwanted)

    def answer(self, request: ChatRequest, clock: StreamClock) -> "_Answer":
        """Return the reader of one answer."""
        return _Answer(request, clock)

    def _headers(self) -> Mapping[str, str]:
        key = read_key(self.endpoint.secret_name)
        return {"anthropic-version": VERSION} | ({"x-api-key": key} if key else {})


class _Answer:
    """The events of one answer, read by the type in their data; types that come later are passed over."""

    def __init__(self, request: ChatRequest, clock: StreamClock) -> None:
        self.is_done = False
        self._listener = Listener(request, clock)
        self._reason = ""
        self._prompt_tokens: int | None = None
        self._generated_tokens: int | None = None

    def pieces(self, event: ServerEvent) -> tuple[Piece, ...]:
        """Return the pieces of one event.

        :raises ModelError: for an error event, an answer not complete, or one that the model declined to give.
        """
        told = decoded(event.payload, Event)
        if told.error is not None or told.type == "error":
            raise spoken_error(told.error)
        if told.type == "message_start" and told.message is not None:
            self._prompt_tokens = (told.message.usage or Counts()).prompt_tokens
        if told.type == "message_delta":
            self._note_end(told)
        if told.type == "message_stop":
            self.is_done = True
            return self._finished()
        delta = told.delta or Delta()
        return self._listener.hear(said=delta.text or "", thought=delta.thinking or "")

    def end(self) -> tuple[Piece, ...]:
        """Return nothing: without `message_stop` no answer is complete.

        :raises AnswerCutOff: always.
        """
        raise cut_off()

    def _note_end(self, told: Event) -> None:
        counts = told.usage or Counts()
        self._reason = (told.delta.stop_reason if told.delta else None) or self._reason
        self._generated_tokens = counts.output_tokens if counts.output_tokens is not None else self._generated_tokens
        self._prompt_tokens = counts.prompt_tokens if self._prompt_tokens is None else self._prompt_tokens

    def _finished(self) -> tuple[Piece, ...]:
        if not self._reason:
            raise cut_off()
        if self._reason == "refusal":
            raise ProviderRejected("The model declined to answer.")
        return self._listener.finish(
            reason=REASONS.get(self._reason, self._reason),
            prompt_tokens=self._prompt_tokens,
            generated_tokens=self._generated_tokens,
        )
