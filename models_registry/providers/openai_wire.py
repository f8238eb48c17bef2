"""The JSON that goes to and comes from an OpenAI-compatible host, as typed values. Opens nothing.

Read in 2026-11. A stream is: chunks with a delta, one with `finish_reason`, with `include_usage` one with the usage and
no choices (they may be null), then `[DONE]`. LM Studio may leave the usage out. Reasoning comes as `reasoning_content`
(llama.cpp, LM Studio, older vLLM) or `reasoning` (vLLM since 0.19).
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import msgspec

from models_registry.domain.chat import ChatRequest, ModelFacts

OFFICIAL = "api.openai.com"  # refuses every field it does not know; the others pass over them
OPTIONAL = frozenset(
    {
        "temperature",
        "top_p",
        "top_k",
        "repeat_penalty",
        "repetition_penalty",
        "presence_penalty",
        "frequency_penalty",
        "seed",
        "stream_options",
        "chat_template_kwargs",
        "max_tokens",  # then `max_completion_tokens` is sent
    }
)


class Delta(msgspec.Struct):
    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None


class Choice(msgspec.Struct):
    delta: Delta | None = None
    finish_reason: str | None = None


class Usage(msgspec.Struct):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class Chunk(msgspec.Struct):
    """One event of a streamed answer, or an error in its place."""

    choices: list[Choice] | None = None
    usage: Usage | None = None
    error: Any = None


class Meta(msgspec.Struct):
    """What llama.cpp server adds to a model; `n_ctx_train` is left out, since less may be served."""

    size: int | None = None
    n_ctx: int | None = None


class ListedModel(msgspec.Struct):
    id: str
    max_model_len: int | None = None  # vLLM
    meta: Meta | None = None  # llama.cpp server


class ModelList(msgspec.Struct):
    data: list[ListedModel] | None = None


class EmbeddedRow(msgspec.Struct):
    index: int
    embedding: list[float]


class EmbedReply(msgspec.Struct):
    data: list[EmbeddedRow] | None = None
    usage: Usage | None = None


def is_official(base_url: str) -> bool:
    """Return whether this is OpenAI itself."""
    return urlsplit(base_url).hostname == OFFICIAL


def chat_body(request: ChatRequest, *, official: bool, unwanted: Collection[str]) -> dict[str, Any]:
    """Return the body of /v1/chat/completions, without the fields this model does not take."""
    knobs = request.knobs
    counted = "max_completion_tokens" if official or "max_tokens" in unwanted else "max_tokens"
    body: dict[str, Any] = {
        "model": request.model,
        "messages": [{"role": message.role.value, "content": message.content} for message in request.messages],
        "stream": True,
        "stream_options": {"include_usage": True},
        counted: knobs.max_tokens,
        "temperature": knobs.temperature,
        "top_p": knobs.top_p,
        "stop": list(knobs.stop) or None,
        "seed": knobs.seed,
        "presence_penalty": knobs.presence_penalty,
        "frequency_penalty": knobs.frequency_penalty,
        "response_format": None if request.schema is None else _response_format(request.schema),
        **({} if official else _extras(request)),
    }
    return {name: value for name, value in body.items() if value is not None and name not in unwanted}


def facts_of(model: ListedModel) -> ModelFacts:
    """Return what the list of models tells: little, and nothing of what a model is able to do."""
    meta = model.meta or Meta()
    return ModelFacts(tag=model.id, size_bytes=meta.size, context_length=model.max_model_len or meta.n_ctx)


def rows_of(reply: EmbedReply) -> Sequence[Sequence[float]]:
    """Return the vectors in the order of the texts, whatever order they came in."""
    return [row.embedding for row in sorted(reply.data or (), key=lambda row: row.index)]


def _response_format(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": dict(schema)}}


def _extras(request: ChatRequest) -> dict[str, Any]:
    """Return what llama.cpp server, vLLM and LM Studio know beyond OpenAI; each passes over the others' names."""
    knobs = request.knobs
    return {
        "top_k": knobs.top_k,
        "repeat_penalty": knobs.repeat_penalty,  # llama.cpp server, LM Studio
        "repetition_penalty": knobs.repeat_penalty,  # vLLM
        "chat_template_kwargs": None if request.think is None else {"enable_thinking": request.think},
    }
