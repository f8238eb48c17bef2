"""Answer /v1/chat/completions, /v1/models and /v1/embeddings as four hosts do, each in its own dialect (2026-11)."""

import math
from collections.abc import Sequence
from enum import StrEnum
from typing import Any
from zlib import crc32

from tests.servers.hosted import Fault, Generation, HostedServer, Order, Request
from tests.servers.hosted.replies import Event, Stream, Whole, event
from tests.servers.hosted.server import Say, usual_answer

DONE = Event(b"[DONE]")
KNOWN_TO_OPENAI = frozenset(
    {
        *("model", "messages", "stream", "stream_options", "max_completion_tokens", "max_tokens", "temperature"),
        *("top_p", "stop", "seed", "presence_penalty", "frequency_penalty", "response_format"),
    }
)
REASONING_MODELS = ("gpt-5", "o3")  # they take no `max_tokens`, no temperature but 1
WIDTH = 8


class Dialect(StrEnum):
    LLAMA_CPP = "llama_cpp"
    OLD_LLAMA_CPP = "old_llama_cpp"  # tells of a failure as `error: {…}`
    VLLM = "vllm"
    LM_STUDIO = "lm_studio"
    OPENAI = "openai"


class OpenAIServer(HostedServer):
    """One host. `thoughts` come before the answer, `reason` ends it, `stretch` is the length of its vectors."""

    def __init__(
        self,
        dialect: Dialect = Dialect.LLAMA_CPP,
        *,
        models: Sequence[str] = ("qwen3-8b", "gpt-5-mini"),
        key: str = "",
        token_delay_s: float = 0.0,
        say: Say = usual_answer,
    ) -> None:
        super().__init__(key=key, token_delay_s=token_delay_s, say=say)
        self.dialect = dialect
        self.models = tuple(models)
        self.thoughts: Sequence[str] = ()
        self.reason = "stop"
        self.stretch = 1.0
        self.shuffles = False  # vectors come back in another order

    def reply(self, request: Request, order: Order) -> Whole | Stream:
        """Return what the host answers."""
        if self.key and request.headers.get("authorization") != f"Bearer {self.key}":
            given = request.headers.get("authorization", "").removeprefix("Bearer ")
            return _refused(401, f"Incorrect API key provided: {given}.", kind="invalid_request_error")
        if request.path == "/v1/models":
            return Whole({"object": "list", "data": [self._listed(model) for model in self.models]})
        if request.body.get("model") not in self.models and self.dialect is not Dialect.LLAMA_CPP:
            text = f"The model `{request.body.get('model')}` does not exist."
            return _refused(404, text, kind="NotFoundError", code="model_not_found")
        if request.path == "/v1/embeddings":
            return self._embedded(request.body)
        return self._refusal(request.body) or self._stream(request, order)

    def error_events(self, order: Order) -> tuple[Event, ...]:
        """Return the dialect's error; vLLM says [DONE] after it."""
        error = order.error or {"code": 500, "message": "the slot crashed", "type": "server_error"}
        if self.dialect is Dialect.OLD_LLAMA_CPP:
            return (_OldError(event(error).payload),)
        if self.dialect is Dialect.LM_STUDIO:
            return (event({"error": error}, name="error"),)
        return (event({"error": error}), *((DONE,) if self.dialect is Dialect.VLLM else ()))

    def _listed(self, model: str) -> dict[str, Any]:
        row: dict[str, Any] = {"id": model, "object": "model", "created": 1_763_000_000, "owned_by": "me"}
        if self.dialect is Dialect.LLAMA_CPP:
            return row | {"meta": {"n_ctx_train": 131_072, "n_ctx": 16_384, "size": 5_027_783_488}}
        return row | ({"max_model_len": 32_768} if self.dialect is Dialect.VLLM else {})

    def _refusal(self, body: dict[str, Any]) -> Whole | None:
        """Return what OpenAI refuses; the others pass over what they do not know."""
        if self.dialect is not Dialect.OPENAI:
            return None
        for name in sorted(body.keys() - KNOWN_TO_OPENAI):
            return _refused(400, f"Unrecognized request argument supplied: {name}")
        if str(body["model"]).startswith(REASONING_MODELS):
            if "max_tokens" in body:
                text = "Unsupported parameter: 'max_tokens' is not supported. Use 'max_completion_tokens' instead."
                return _refused(400, text, param="max_tokens", code="unsupported_parameter")
            if body.get("temperature", 1) != 1:
                text = "Unsupported value: 'temperature' does not support 0.2 with this model."
                return _refused(400, text, param="temperature", code="unsupported_value")
        return None

    def _stream(self, request: Request, order: Order) -> Stream:
        thought_field = "reasoning" if self.dialect is Dialect.VLLM else "reasoning_content"
        said = tuple(self.say(request))
        events = [
            self._chunk(request, {"role": "assistant", "content": ""}),
            *(self._chunk(request, {thought_field: thought}) for thought in self.thoughts),
            *(self._chunk(request, {"content": token}, token=token) for token in said),
        ]
        if order.fault is not Fault.LAST_MARK_ALONE:
            events.append(self._chunk(request, {}, reason=self.reason))
        if request.body.get("stream_options", {}).get("include_usage") and order.fault is not Fault.NO_USAGE:
            events.append(self._usage(request, len(said)))
        if order.fault is not Fault.NO_LAST_MARK:
            events.append(DONE)
        return Stream(tuple(events), Generation(model=str(request.body["model"])))

    def _chunk(
        self, request: Request, delta: dict[str, Any], *, reason: str | None = None, token: str | None = None
    ) -> Event:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        return event(self._frame(request, [choice]), token=token)

    def _usage(self, request: Request, tokens: int) -> Event:
        usage = {"prompt_tokens": 12, "completion_tokens": tokens, "total_tokens": 12 + tokens}
        choices: list[Any] | None = None if self.dialect is Dialect.VLLM else []
        return event(self._frame(request, choices) | {"usage": usage})

    def _frame(self, request: Request, choices: list[Any] | None) -> dict[str, Any]:
        model = str(request.body["model"])
        return {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": model, "choices": choices}

    def _embedded(self, body: dict[str, Any]) -> Whole:
        rows = [
            {"object": "embedding", "index": at, "embedding": vector(text, length=self.stretch)}
            for at, text in enumerate(body["input"])
        ]
        shown = rows[::-1] if self.shuffles else rows
        return Whole({"object": "list", "data": shown, "model": body["model"], "usage": {"prompt_tokens": len(rows)}})


class _OldError(Event):
    """What llama.cpp wrote before late 2025: the field's name is `error`."""

    def encoded(self, newline: bytes) -> bytes:
        return b"error: " + self.payload + newline + newline


def vector(text: str, *, length: float = 1.0) -> list[float]:
    """Return a vector that only this text has."""
    raw = [math.sin(crc32(text.encode()) % 9973 + at) for at in range(WIDTH)]
    norm = math.sqrt(sum(value * value for value in raw))
    return [value / norm * length for value in raw]


def _refused(
    status: int, text: str, *, kind: str = "invalid_request_error", param: str | None = None, code: str | None = None
) -> Whole:
    return Whole({"error": {"message": text, "type": kind, "param": param, "code": code}}, status=status)
