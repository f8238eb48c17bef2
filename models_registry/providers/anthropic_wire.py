"""The JSON that goes to and comes from Anthropic's Messages API, as typed values. Opens nothing.

Read in 2026-11, API version 2023-06-01. The order of events: message_start (input counts), per block
content_block_start, _delta, _stop; message_delta (stop_reason, output count so far), message_stop; `ping` anywhere.
"""

import json
from collections.abc import Collection, Mapping
from typing import Any

import msgspec

from models_registry.domain.chat import ChatRequest, Message, ModelFacts, Role

VERSION = "2023-06-01"
# `top_p` is never sent: since Claude 4.1 a model takes it or the temperature, and since Opus 4.7 neither.
OPTIONAL = frozenset({"temperature", "top_k", "output_config"})
REASONS = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
}
# What constrained decoding does not know; we check the document ourselves afterwards.
UNKNOWN_KEYWORDS = frozenset(
    {
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
        "uniqueItems",
    }
)
KEEP_TO_SCHEMA = "Answer with one JSON document that fits this JSON Schema, and nothing else:\n"


class Counts(msgspec.Struct):
    """Tokens. Those read from or written to a prompt cache are told apart."""

    input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    output_tokens: int | None = None

    @property
    def prompt_tokens(self) -> int | None:
        if self.input_tokens is None:
            return None
        return self.input_tokens + (self.cache_creation_input_tokens or 0) + (self.cache_read_input_tokens or 0)


class Begun(msgspec.Struct):
    usage: Counts | None = None


class Delta(msgspec.Struct):
    """Of a block (text, thinking) or of the message (stop_reason); signatures and tool input are passed over."""

    text: str | None = None
    thinking: str | None = None
    stop_reason: str | None = None


class Event(msgspec.Struct):
    """One event; only the fields of its type are there."""

    type: str = ""
    message: Begun | None = None
    delta: Delta | None = None
    usage: Counts | None = None
    error: Any = None


class ListedModel(msgspec.Struct):
    id: str
    max_input_tokens: int | None = None


class ModelList(msgspec.Struct):
    data: list[ListedModel] | None = None


def messages_body(request: ChatRequest, *, unwanted: Collection[str]) -> dict[str, Any]:
    """Return the body of /v1/messages. A schema is asked for in words too: older models know no other way."""
    knobs = request.knobs
    body: dict[str, Any] = {
        "model": request.model,
        "system": _system(request) or None,
        "messages": [_turn(message) for message in request.messages if _is_turn(message)],
        "stream": True,
        "max_tokens": knobs.max_tokens,
        "temperature": min(knobs.temperature, 1.0),  # the scale ends there
        "top_k": knobs.top_k,
        "stop_sequences": [mark for mark in knobs.stop if mark.strip()] or None,  # blanks alone are refused
        "output_config": None if request.schema is None else _output_config(request.schema),
    }
    return {name: value for name, value in body.items() if value is not None and name not in unwanted}


def facts_of(model: ListedModel) -> ModelFacts:
    """Return what the list of models tells. Every one of them speaks."""
    return ModelFacts(tag=model.id, capabilities=("completion",), context_length=model.max_input_tokens)


def _system(request: ChatRequest) -> str:
    spoken = [message.content for message in request.messages if message.role is Role.SYSTEM]
    asked = [] if request.schema is None else [KEEP_TO_SCHEMA + json.dumps(request.schema, ensure_ascii=False)]
    return "\n\n".join([*spoken, *asked])


def _is_turn(message: Message) -> bool:
    """Return whether it is a turn of the talk; one without a word is refused by the host."""
    return message.role is not Role.SYSTEM and bool(message.content.strip())


def _turn(message: Message) -> dict[str, str]:
    return {"role": message.role.value, "content": message.content}


def _output_config(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"format": {"type": "json_schema", "schema": _plain(schema)}}


def _plain(schema: Any) -> Any:
    """Return the schema as constrained decoding takes it: objects closed, ranges and lengths left out."""
    if isinstance(schema, list | tuple):
        return [_plain(item) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    kept = {
        name: _named(value) if name in ("properties", "$defs", "definitions") else _plain(value)
        for name, value in schema.items()
        if name not in UNKNOWN_KEYWORDS
    }
    return kept | {"additionalProperties": False} if kept.get("type") == "object" else kept


def _named(schemas: Mapping[str, Any]) -> dict[str, Any]:
    """Return each schema made plain; here a keyword's name is a property's own."""
    return {name: _plain(schema) for name, schema in schemas.items()}
