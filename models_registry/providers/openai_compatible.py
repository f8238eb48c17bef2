"""Speak to a host with OpenAI's API: llama.cpp server, vLLM, LM Studio, or OpenAI itself.

An answer is complete when a `finish_reason` came and then `[DONE]` or a clean end of the stream. `[DONE]` alone is no
success: vLLM closes a failed stream with it (vllm #40986), and LM Studio sends it after no word at all (#2339).
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import httpx

from models_registry.domain.chat import ChatRequest, Endpoint, ModelFacts, Piece
from models_registry.domain.embedding import Embedded, checked_vectors
from models_registry.domain.errors import AnswerCutOff, AnswerInvalid
from models_registry.providers.base import Patience
from models_registry.providers.calling import decoded
from models_registry.providers.deadlines import StreamClock
from models_registry.providers.hosted import HostedSpeaker, cut_off
from models_registry.providers.hosted_refusals import spoken_error
from models_registry.providers.keys import read_key
from models_registry.providers.listening import Listener
from models_registry.providers.openai_wire import (
    OPTIONAL,
    Chunk,
    Delta,
    EmbedReply,
    ModelList,
    Usage,
    chat_body,
    facts_of,
    is_official,
    rows_of,
)
from models_registry.providers.sse import ServerEvent

LAST_MARK = b"[DONE]"
GIVEN_UP = frozenset({"abort", "error"})  # vLLM's words for an answer it did not finish


class OpenAISpeaker(HostedSpeaker):
    """One host. The key is read at each call from the variable the endpoint names; without one, none is sent."""

    path = "/chat/completions"
    optional = OPTIONAL

    def __init__(self, endpoint: Endpoint, *, client: httpx.AsyncClient, patience: Patience | None = None) -> None:
        super().__init__(endpoint, client=client, headers=self._headers, patience=patience)

    async def list_models(self) -> tuple[ModelFacts, ...]:
        """Return the models the host offers.

        :raises ModelError: when it does not answer, or refuses the key.
        """
        return tuple(facts_of(model) for model in (await self.caller.get("/models", ModelList)).data or ())

    async def embed_batch(self, texts: Sequence[str], *, model: str, dimension: int | None = None) -> Embedded:
        """Return one vector per text, in order, brought to unit length: not every host of this kind does it.

        :raises AnswerInvalid: when count, width or finiteness is wrong.
        """
        if not texts:
            return Embedded(checked_vectors((), count=0, dimension=dimension), prompt_tokens=0, model=model)
        body = {"model": model, "input": list(texts), "encoding_format": "float"}
        reply = await self.caller.post("/embeddings", body, EmbedReply)
        vectors = checked_vectors(rows_of(reply), count=len(texts), dimension=dimension, scale=True)
        return Embedded(vectors, prompt_tokens=reply.usage.prompt_tokens if reply.usage else None, model=model)

    def body(self, request: ChatRequest, *, unwanted: Collection[str]) -> Mapping[str, Any]:
        """Return the body of /v1/chat/completions."""
        return chat_body(request, official=is_official(self.endpoint.base_url), unwanted=unwanted)

    def answer(self, request: ChatRequest, clock: StreamClock) -> "_Answer":
        """Return the reader of one answer."""
        return _Answer(request, clock)

    def _headers(self) -> Mapping[str, str]:
        key = read_key(self.endpoint.secret_name)
        return {"authorization": f"Bearer {key}"} if key else {}


class _Answer:
    """The chunks of one answer. The usage comes after the reason, so the end waits for the last mark."""

    def __init__(self, request: ChatRequest, clock: StreamClock) -> None:
        self.is_done = False
        self._listener = Listener(request, clock)
        self._reason: str | None = None
        self._usage = Usage()

    def pieces(self, event: ServerEvent) -> tuple[Piece, ...]:
        """Return the pieces of one event.

        :raises ModelError: for an error in a chunk's place, or an answer that did not come to its end.
        """
        if event.payload == LAST_MARK:
            self.is_done = True
            return self.end()
        chunk = decoded(event.payload, Chunk)
        if chunk.error is not None or event.name == "error":
            raise spoken_error(chunk.error if chunk.error is not None else event.payload.decode("utf-8", "replace"))
        self._usage = chunk.usage or self._usage
        heard: tuple[Piece, ...] = ()
        for choice in chunk.choices or ():
            self._reason = choice.finish_reason or self._reason
            heard += self._heard(choice.delta or Delta())
        return heard

    def end(self) -> tuple[Piece, ...]:
        """Return the last pieces.

        :raises AnswerCutOff: when no reason came, or the host gave the answer up.
        :raises AnswerInvalid: when the host's filter withheld a part of it.
        """
        if self._reason is None:
            raise cut_off()
        if self._reason in GIVEN_UP:
            raise AnswerCutOff("The host gave the answer up.")
        if self._reason == "content_filter":
            raise AnswerInvalid("The host's filter withheld a part of the answer.")
        return self._listener.finish(
            reason=self._reason,
            prompt_tokens=self._usage.prompt_tokens,
            generated_tokens=self._usage.completion_tokens,
        )

    def _heard(self, delta: Delta) -> tuple[Piece, ...]:
        return self._listener.hear(said=delta.content or "", thought=delta.reasoning_content or delta.reasoning or "")
