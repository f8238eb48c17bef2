"""The JSON that goes to and comes from Ollama's native API, as typed values. Opens nothing."""

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from models_registry.domain.chat import ChatRequest, Knobs, ModelFacts
from models_registry.domain.errors import ProviderUnavailable

T = TypeVar("T")


class SaidMessage(msgspec.Struct):
    content: str | None = ""
    thinking: str | None = None


class ChatLine(msgspec.Struct):
    """One line of /api/chat. Zero counts and durations are left out by the server, so absent is normal."""

    message: SaidMessage | None = None
    done: bool = False
    done_reason: str = ""
    prompt_eval_count: int | None = None
    eval_count: int | None = None
    load_duration: int | None = None  # nanoseconds
    error: Any = None


class Details(msgspec.Struct):
    parameter_size: str = ""
    quantization_level: str = ""
    context_length: int | None = None


class TaggedModel(msgspec.Struct):
    name: str
    digest: str = ""
    size: int | None = None
    details: Details | None = None
    capabilities: tuple[str, ...] | None = None


class Tags(msgspec.Struct):
    models: list[TaggedModel] | None = None


class Shown(msgspec.Struct):
    capabilities: tuple[str, ...] | None = None
    model_info: dict[str, Any] | None = None


class RunningModel(msgspec.Struct):
    """A model in memory. `size_vram` below `size` means that a part of it runs on the processor."""

    name: str
    size: int = 0
    size_vram: int = 0
    context_length: int | None = None


class Running(msgspec.Struct):
    models: list[RunningModel] | None = None


class Version(msgspec.Struct):
    version: str


class Embedded(msgspec.Struct):
    embeddings: list[list[float]] | None = None


def chat_body(request: ChatRequest, *, keep_alive: str) -> dict[str, Any]:
    """Return the body of /api/chat. An overlong prompt must be an error, not a silent cut: hence truncate and shift."""
    body: dict[str, Any] = {
        "model": request.model,
        "messages": [{"role": message.role.value, "content": message.content} for message in request.messages],
        "stream": True,
        "keep_alive": request.keep_alive or keep_alive,
        "truncate": False,
        "shift": False,
        "options": options_body(request.knobs),
    }
    if request.schema is not None:
        body["format"] = dict(request.schema)
    if request.think is not None:
        body["think"] = request.think
    return body


def options_body(knobs: Knobs) -> dict[str, Any]:
    """Return the sampling options; those that are None are left to the model."""
    options: dict[str, Any] = {
        "temperature": knobs.temperature,
        "top_p": knobs.top_p,
        "top_k": knobs.top_k,
        "repeat_penalty": knobs.repeat_penalty,
        "num_ctx": knobs.num_ctx,
        "num_predict": knobs.max_tokens,
        "stop": list(knobs.stop) or None,
    }
    return {name: value for name, value in options.items() if value is not None}


def decoded(body: bytes, shape: type[T]) -> T:
    """Return the body as a value of this shape.

    :raises ProviderUnavailable: when it is not such JSON; whatever answers there is not Ollama, or is broken.
    """
    try:
        return msgspec.json.decode(body, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        raise ProviderUnavailable("The host sent something that is not the expected JSON.") from exc


def facts_of(model: TaggedModel, shown: Shown | None = None) -> ModelFacts:
    """Return what tags and show together tell about a model."""
    details = model.details or Details()
    capabilities = model.capabilities if model.capabilities is not None else (shown.capabilities if shown else None)
    return ModelFacts(
        tag=model.name,
        digest=model.digest,
        size_bytes=model.size,
        parameter_size=details.parameter_size,
        quantization=details.quantization_level,
        capabilities=capabilities,
        context_length=details.context_length or (_context_length(shown.model_info) if shown else None),
    )


def _context_length(model_info: Mapping[str, Any] | None) -> int | None:
    """The key is `<architecture>.context_length`, so it is found by its ending."""
    found = (value for key, value in (model_info or {}).items() if key.endswith(".context_length"))
    return next((value for value in found if isinstance(value, int)), None)
