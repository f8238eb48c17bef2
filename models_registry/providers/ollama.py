"""Speak to one Ollama host over its native API. Never retries after a piece went out, never leaves a host talking."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import Any, TypeVar

import httpx

from models_registry.domain.chat import (
    ChatRequest,
    Endpoint,
    Finished,
    ModelFacts,
    Piece,
    Text,
    Thinking,
    is_truncation_suspected,
)
from models_registry.domain.embedding import Vectors, checked_vectors
from models_registry.domain.errors import AnswerCutOff, AnswerEmpty, ModelNotInstalled
from models_registry.providers.base import Patience, persist, persist_stream
from models_registry.providers.deadlines import StreamClock, within
from models_registry.providers.framing import lines_of
from models_registry.providers.ollama_refusals import broken_connection, refusal, spoken_error
from models_registry.providers.ollama_wire import (
    ChatLine,
    Embedded,
    Running,
    RunningModel,
    Shown,
    TaggedModel,
    Tags,
    Version,
    chat_body,
    decoded,
    facts_of,
)

T = TypeVar("T")
LONGEST_LEADING_BLANK = 512  # characters; a schema-bound model that starts with more than this never stops
LONGEST_ERROR_BODY = 65_536  # bytes


class OllamaSpeaker:
    """One host. The client is pooled and shared; the endpoint says how patient to be."""

    def __init__(self, endpoint: Endpoint, *, client: httpx.AsyncClient, patience: Patience | None = None) -> None:
        self.endpoint = endpoint
        self._client = client
        self._patience = patience or Patience.of(endpoint.timeouts)

    def stream(self, request: ChatRequest) -> AsyncGenerator[Piece, None]:
        """Yield what the model says; success only after the host said `done`. Closing it hangs up on the host.

        :raises ModelError: see OLLAMA.md A.5; `repeat_here` failures were repeated already.
        """
        return persist_stream(lambda: self._attempt(request), patience=self._patience)

    async def list_models(self, *, known_digests: Collection[str] = ()) -> tuple[ModelFacts, ...]:
        """Return the installed models; details are asked only for digests that are not known yet.

        :raises ModelError: when the host does not answer.
        """
        tags = await self._get("/api/tags", Tags)
        models = tags.models or []
        return tuple([await self._facts(model, known_digests=known_digests) for model in models])

    async def show(self, model: str) -> Shown:
        """Return one model's capabilities and properties.

        :raises ModelNotInstalled: when the host does not have it.
        """
        return await self._post("/api/show", {"model": model}, Shown)

    async def version(self) -> str:
        """Return the host's version, such as 0.33.0."""
        return (await self._get("/api/version", Version)).version

    async def running(self) -> tuple[RunningModel, ...]:
        """Return the models in memory. It tells residency, not occupancy."""
        return tuple((await self._get("/api/ps", Running)).models or ())

    async def load(self, model: str, *, num_ctx: int) -> None:
        """Bring a model into memory without speaking, within the cold-load limit.

        :raises ModelError: when it cannot be loaded in time.
        """
        options = {"num_ctx": num_ctx}
        body = {"model": model, "messages": [], "options": options, "keep_alive": self.endpoint.keep_alive}
        await self._post("/api/chat", {**body, "shift": False}, ChatLine, limit_s=self.endpoint.timeouts.load_s)

    async def embed(self, texts: Sequence[str], *, model: str, dimension: int | None = None) -> Vectors:
        """Return one unit-length vector per text, in order, from one call.

        :raises AnswerInvalid: when count, width, finiteness or length is wrong.
        """
        if not texts:
            return checked_vectors((), count=0, dimension=dimension)
        body = {"model": model, "input": list(texts), "truncate": False, "keep_alive": self.endpoint.keep_alive}
        reply = await self._post("/api/embed", body, Embedded)
        return checked_vectors(reply.embeddings or (), count=len(texts), dimension=dimension)

    async def _facts(self, model: TaggedModel, *, known_digests: Collection[str]) -> ModelFacts:
        if model.capabilities is not None or model.digest in known_digests:
            return facts_of(model)
        try:
            return facts_of(model, await self.show(model.name))
        except ModelNotInstalled:  # removed between the two questions
            return facts_of(model)

    def _below_http(self) -> httpx.Timeout:
        """Only connecting and queueing for a connection are httpx's to time; silence is judged by StreamClock."""
        limits = self.endpoint.timeouts
        return httpx.Timeout(None, connect=limits.connect_s, pool=limits.connect_s)

    async def _attempt(self, request: ChatRequest) -> AsyncGenerator[Piece, None]:
        clock = StreamClock(self.endpoint.timeouts)
        listener = Listener(request, clock)
        body = chat_body(request, keep_alive=self.endpoint.keep_alive)
        async with (
            self._opened("POST", "/api/chat", body, clock=clock) as response,
            aclosing(clock.hold(lines_of(self._bytes_of(response)))) as lines,
        ):
            async for line in lines:
                for piece in listener.hear(decoded(line, ChatLine)):
                    yield piece
                if listener.is_done:
                    return
        raise AnswerCutOff("The host ended the stream without saying `done`.")

    @asynccontextmanager
    async def _opened(
        self, method: str, path: str, body: Mapping[str, Any] | None, *, clock: StreamClock
    ) -> AsyncIterator[httpx.Response]:
        """Open a response and close it whatever happens; only a closed connection makes the host stop."""
        try:
            request = self._client.build_request(
                method, f"{self.endpoint.base_url}{path}", json=body, timeout=self._below_http()
            )
            response = await clock.wait(self._client.send(request, stream=True))
        except (httpx.HTTPError, httpx.InvalidURL) as exc:
            raise broken_connection(exc, where=self.endpoint.slug) from exc
        try:
            if not response.is_success:
                raise refusal(
                    response.status_code,
                    await clock.wait(self._error_body(response)),
                    retry_after=response.headers.get("retry-after"),
                )
            yield response
        finally:
            await close_for_sure(response)

    async def _bytes_of(self, response: httpx.Response) -> AsyncGenerator[bytes, None]:
        try:
            async for chunk in response.aiter_bytes():
                yield chunk
        except httpx.HTTPError as exc:
            raise broken_connection(exc, where=self.endpoint.slug) from exc

    async def _error_body(self, response: httpx.Response) -> bytes:
        body = b""
        async for chunk in self._bytes_of(response):
            body += chunk
            if len(body) >= LONGEST_ERROR_BODY:
                break
        return body

    async def _get(self, path: str, shape: type[T]) -> T:
        return await self._once("GET", path, None, shape, limit_s=self.endpoint.timeouts.default_s)

    async def _post(self, path: str, body: Mapping[str, Any], shape: type[T], *, limit_s: float | None = None) -> T:
        limit_s = limit_s or self.endpoint.timeouts.default_s
        return await persist(lambda: self._once("POST", path, body, shape, limit_s=limit_s), patience=self._patience)

    async def _once(
        self, method: str, path: str, body: Mapping[str, Any] | None, shape: type[T], *, limit_s: float
    ) -> T:
        url = f"{self.endpoint.base_url}{path}"
        asked = self._client.request(method, url, json=body, timeout=self._below_http())
        try:
            response = await within(asked, limit_s=limit_s, what=f"{method} {path}")
        except (httpx.HTTPError, httpx.InvalidURL) as exc:
            raise broken_connection(exc, where=self.endpoint.slug) from exc
        if not response.is_success:
            raise refusal(response.status_code, response.content, retry_after=response.headers.get("retry-after"))
        return decoded(response.content, shape)


class Listener:
    """Turns the lines of one answer into pieces, and judges how it ended."""

    def __init__(self, request: ChatRequest, clock: StreamClock) -> None:
        self.is_done = False
        self._request = request
        self._clock = clock
        self._has_text = False
        self._leading_blank = ""

    def hear(self, line: ChatLine) -> tuple[Piece, ...]:
        """Return the pieces of one line.

        :raises ModelError: for an error line, an empty answer, or a document cut off at the output limit.
        """
        if line.error is not None:
            raise spoken_error(line.error)
        pieces = self._spoken(line)
        if not line.done:
            return pieces
        self.is_done = True
        return (*pieces, self._finished(line))

    def _spoken(self, line: ChatLine) -> tuple[Piece, ...]:
        if line.message is None:
            return ()
        thought, said = line.message.thinking or "", line.message.content or ""
        if thought or said:
            self._clock.note_token()
        return (*((Thinking(thought),) if thought else ()), *self._text(said))

    def _text(self, said: str) -> tuple[Piece, ...]:
        """Blanks are held back until a word follows: an answer of nothing but blanks must still count as empty."""
        if self._has_text:
            return (Text(said),) if said else ()
        self._leading_blank += said
        if not self._leading_blank.strip():
            if len(self._leading_blank) > LONGEST_LEADING_BLANK:
                raise AnswerEmpty("The model says nothing but blanks.")
            return ()
        self._has_text = True
        return (Text(self._leading_blank),)

    def _finished(self, line: ChatLine) -> Finished:
        if not self._has_text:
            raise AnswerEmpty("The model said nothing.")
        if line.done_reason == "length" and self._request.schema is not None:
            raise AnswerCutOff("The document was cut off at the output limit.")
        return Finished(
            model=self._request.model,
            reason=line.done_reason or "stop",
            prompt_tokens=line.prompt_eval_count,
            generated_tokens=line.eval_count,
            latency_ms=self._clock.latency_ms,
            first_token_ms=self._clock.first_token_ms,
            load_ms=None if line.load_duration is None else line.load_duration // 1_000_000,
            truncation_suspected=is_truncation_suspected(
                prompt_chars=sum(len(message.content) for message in self._request.messages),
                prompt_tokens=line.prompt_eval_count,
                num_ctx=self._request.knobs.num_ctx,
            ),
        )


async def close_for_sure(response: httpx.Response) -> None:
    """Close the response even while this task is being canceled a second time."""
    closing = asyncio.ensure_future(response.aclose())
    try:
        await asyncio.shield(closing)
    except asyncio.CancelledError:
        await asyncio.wait({closing})
        raise
