"""Speak to one Ollama host over its native API. Never retries after a piece went out, never leaves a host talking."""

from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import aclosing

import httpx

from models_registry.domain.chat import ChatRequest, Endpoint, ModelFacts, Piece
from models_registry.domain.embedding import Embedded, Vectors, checked_vectors
from models_registry.domain.errors import AnswerCutOff, ModelNotInstalled, PromptTooLong
from models_registry.domain.residency import PullProgress, ResidentModel
from models_registry.domain.truncation import is_clearly_too_long, is_truncation_suspected
from models_registry.providers import ollama_pull
from models_registry.providers.base import Patience, persist_stream
from models_registry.providers.calling import Caller, decoded, settle
from models_registry.providers.deadlines import StreamClock
from models_registry.providers.framing import lines_of
from models_registry.providers.listening import Listener
from models_registry.providers.ollama_refusals import refusal, spoken_error
from models_registry.providers.ollama_wire import (
    ChatLine,
    EmbedReply,
    Running,
    Shown,
    TaggedModel,
    Tags,
    Version,
    chat_body,
    facts_of,
    resident_of,
)


class OllamaSpeaker:
    """One host. The client is pooled and shared; the endpoint says how patient to be."""

    def __init__(self, endpoint: Endpoint, *, client: httpx.AsyncClient, patience: Patience | None = None) -> None:
        self.endpoint = endpoint
        self._caller = Caller(endpoint, client=client, refusal=refusal, patience=patience)

    def stream(self, request: ChatRequest) -> AsyncGenerator[Piece, None]:
        """Yield what the model says; success only after the host said `done`. Closing it hangs up on the host.

        :raises PromptTooLong: before the host is asked, when the prompt clearly cannot fit the window.
        :raises ModelError: see OLLAMA.md A.5; `repeat_here` failures were repeated already.
        """
        return persist_stream(lambda: self._attempt(request), patience=self._caller.patience)

    async def list_models(self, *, known_digests: Collection[str] = ()) -> tuple[ModelFacts, ...]:
        """Return the installed models; details are asked only for digests that are not known yet.

        :raises ModelError: when the host does not answer.
        """
        tags = await self._caller.get("/api/tags", Tags)
        models = tags.models or []
        return tuple([await self._facts(model, known_digests=known_digests) for model in models])

    async def show(self, model: str) -> Shown:
        """Return one model's capabilities and properties.

        :raises ModelNotInstalled: when the host does not have it.
        """
        return await self._caller.post("/api/show", {"model": model}, Shown)

    async def version(self) -> str:
        """Return the host's version, such as 0.33.0."""
        return (await self._caller.get("/api/version", Version)).version

    async def running(self) -> tuple[ResidentModel, ...]:
        """Return the models in memory, one still loading included. It tells residency, not occupancy."""
        return tuple(resident_of(model) for model in (await self._caller.get("/api/ps", Running)).models or ())

    async def load(self, model: str, *, num_ctx: int) -> None:
        """Bring a model into memory without speaking, within the cold-load limit.

        :raises ModelError: when it cannot be loaded in time.
        """
        body = {"options": {"num_ctx": num_ctx}, "keep_alive": self.endpoint.keep_alive, "shift": False}
        await self._preload(model, body)

    async def unload(self, model: str) -> None:
        """Give a model's memory back; what it is saying is said to its end first.

        :raises ModelNotInstalled: when the host does not have it.
        """
        await self._preload(model, {"keep_alive": 0})

    def pull(self, model: str) -> AsyncGenerator[PullProgress, None]:
        """Yield the progress of a download; it succeeded only when the latest one `is_done`, which comes last.

        A broken connection is taken up again where it was: the host keeps what has arrived. There is no limit in
        all; silence is limited by the cold-load limit, since checking a large layer takes minutes without a word.

        :raises ProviderRejected: when the host refuses the name, or cannot fetch it.
        :raises ModelError: when the host breaks off.
        """
        return ollama_pull.pull(self._caller, model, silence_s=self.endpoint.timeouts.load_s)

    async def embed(self, text: str, *, model: str) -> Vectors:
        """Return the unit-length vector of one text, shape (dimension,).

        :raises AnswerInvalid: when it is none.
        """
        vector: Vectors = (await self.embed_batch((text,), model=model)).vectors[0]
        return vector

    async def embed_batch(self, texts: Sequence[str], *, model: str, dimension: int | None = None) -> Embedded:
        """Return one unit-length vector per text, in order, from one call. One bad text fails them all.

        :raises AnswerInvalid: when count, width, finiteness or length is wrong.
        """
        if not texts:
            return Embedded(checked_vectors((), count=0, dimension=dimension), prompt_tokens=0, model=model)
        body = {"model": model, "input": list(texts), "truncate": False, "keep_alive": self.endpoint.keep_alive}
        reply = await self._caller.post("/api/embed", body, EmbedReply)
        vectors = checked_vectors(reply.embeddings or (), count=len(texts), dimension=dimension)
        return Embedded(vectors, prompt_tokens=reply.prompt_eval_count, model=model)

    async def _preload(self, model: str, body: dict[str, object]) -> None:
        asked = {"model": model, "messages": [], **body}
        await self._caller.post("/api/chat", asked, ChatLine, limit_s=self.endpoint.timeouts.load_s)

    async def _facts(self, model: TaggedModel, *, known_digests: Collection[str]) -> ModelFacts:
        if model.capabilities is not None or model.digest in known_digests:
            return facts_of(model)
        try:
            return facts_of(model, await self.show(model.name))
        except ModelNotInstalled:  # removed between the two questions
            return facts_of(model)

    async def _attempt(self, request: ChatRequest) -> AsyncGenerator[Piece, None]:
        refuse_overlong(request)
        clock = StreamClock(self.endpoint.timeouts)
        answer = _Answer(request, clock)
        body = chat_body(request, keep_alive=self.endpoint.keep_alive)
        async with (
            self._caller.opened("/api/chat", body, clock=clock) as response,
            aclosing(clock.hold(lines_of(self._caller.bytes_of(response)))) as lines,
        ):
            async for line in lines:
                for piece in answer.pieces(decoded(line, ChatLine)):
                    yield piece
                if answer.is_done:
                    await settle(lines)
                    return
        raise AnswerCutOff("The host ended the stream without saying `done`.")


class _Answer:
    """The lines of one answer, until the one that says `done`."""

    def __init__(self, request: ChatRequest, clock: StreamClock) -> None:
        self.is_done = False
        self._request = request
        self._listener = Listener(request, clock)

    def pieces(self, line: ChatLine) -> tuple[Piece, ...]:
        """Return the pieces of one line.

        :raises ModelError: for an error line, an empty answer, or a document cut off at the output limit.
        """
        if line.error is not None:
            raise spoken_error(line.error)
        heard: tuple[Piece, ...] = ()
        if line.message is not None:
            heard = self._listener.hear(said=line.message.content or "", thought=line.message.thinking or "")
        if not line.done:
            return heard
        self.is_done = True
        return (*heard, *self._end(line))

    def _end(self, line: ChatLine) -> tuple[Piece, ...]:
        return self._listener.finish(
            reason=line.done_reason or "stop",
            prompt_tokens=line.prompt_eval_count,
            generated_tokens=line.eval_count,
            load_ms=None if line.load_duration is None else line.load_duration // 1_000_000,
            truncation_suspected=is_truncation_suspected(
                prompt_chars=self._request.chars,
                prompt_tokens=line.prompt_eval_count,
                num_ctx=self._request.knobs.num_ctx,
                chars_per_token=self._request.chars_per_token,
            ),
        )


def refuse_overlong(request: ChatRequest) -> None:
    """Do nothing for a prompt that may fit its window. Older hosts cut one that does not, whatever they are told.

    :raises PromptTooLong: when it clearly cannot fit.
    """
    num_ctx = request.knobs.num_ctx
    if is_clearly_too_long(prompt_chars=request.chars, num_ctx=num_ctx, chars_per_token=request.chars_per_token):
        raise PromptTooLong(f"{request.chars} characters cannot fit a window of {num_ctx} tokens.")
