"""The JSON that goes to and comes from Ollama's native API, as typed values. Opens nothing."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from models_registry.domain.chat import ChatRequest, Knobs, ModelFacts
from models_registry.domain.residency import ResidentModel


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
    """A model in memory. One that is still loading looks like any other, but for the memory it has by then."""

    name: str
    digest: str = ""
    size: int | None = None
    size_vram: int | None = None
    context_length: int | None = None
    expires_at: datetime | None = None


class Running(msgspec.Struct):
    models: list[RunningModel] | None = None


class Version(msgspec.Struct):
    version: str


class EmbedReply(msgspec.Struct):
    embeddings: list[list[float]] | None = None
    prompt_eval_count: int | None = None


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
        "seed": knobs.seed,
        "presence_penalty": knobs.presence_penalty,
        "frequency_penalty": knobs.frequency_penalty,
    }
    return {name: value for name, value in options.items() if value is not None}


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


def resident_of(model: RunningModel) -> ResidentModel:
    """Return what /api/ps tells about one model. An expiry of the year 1 is Go's way of saying none."""
    expires_at = model.expires_at if model.expires_at and model.expires_at.year > 1 else None
    return ResidentModel(
        name=model.name,
        digest=model.digest,
        size_bytes=model.size,
        vram_bytes=model.size_vram,
        context_length=model.context_length,
        expires_at=expires_at,
    )


def _context_length(model_info: Mapping[str, Any] | None) -> int | None:
    """The key is `<architecture>.context_length`, so it is found by its ending."""
    found = (value for key, value in (model_info or {}).items() if key.endswith(".context_length"))
    return next((value for value in found if isinstance(value, int)), None)
