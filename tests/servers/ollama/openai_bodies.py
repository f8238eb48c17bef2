"""Translate a request of the OpenAI-compatible routes into a native one, with Ollama's own defaults (A.11)."""

from collections.abc import Callable
from typing import Any

from tests.servers.ollama.fields import field
from tests.servers.ollama.gojson import Json, without_zeros
from tests.servers.ollama.refusals import Refused

SPEAKING = {"/v1/chat/completions": "/api/chat", "/v1/completions": "/api/generate"}
SAMPLED = 1.0  # temperature and top_p here, 0.8 and 0.9 on the native routes
AS_THEY_ARE = ("seed", "presence_penalty", "frequency_penalty")


def native_body(path: str, body: Json) -> Json:
    """Return the native body of a /v1 request. `num_ctx` cannot be set; what is unknown is silently ignored.

    :raises Refused: 400 when it cannot be translated.
    """
    return TRANSLATIONS[path](body)


def includes_usage(body: Json) -> bool:
    """Return whether a streamed answer ends with a usage chunk."""
    return bool(field(field(body, "stream_options", dict, {}), "include_usage", bool, False))


def _chat(body: Json) -> Json:
    messages = field(body, "messages", list, [])
    if not messages:
        raise Refused(400, "[] is too short - 'messages'")
    think = body.get("reasoning_effort")
    shared = {name: body[name] for name in ("tools", "logprobs", "top_logprobs") if body.get(name) is not None}
    wanted = {"messages": [_message(one) for one in messages], "format": _format(body), **shared}
    return {**_shared(body), **without_zeros(wanted), **({"think": think != "none" and think} if think else {})}


def _completion(body: Json) -> Json:
    wanted = {"prompt": field(body, "prompt", str, ""), "suffix": body.get("suffix")}
    return {**_shared(body), **without_zeros(wanted)}


def _shared(body: Json) -> Json:
    return {
        "model": field(body, "model", str, ""),
        "stream": field(body, "stream", bool, False),  # unlike the native routes
        "options": _options(body),
    }


def _options(body: Json) -> Json:
    stop = body.get("stop")
    limit = body.get("max_tokens") or body.get("max_completion_tokens")
    named = {name: body[name] for name in AS_THEY_ARE if body.get(name) is not None}
    options = {
        "temperature": SAMPLED if body.get("temperature") is None else body["temperature"],
        "top_p": SAMPLED if body.get("top_p") is None else body["top_p"],
        **named,
    }
    options |= {"stop": [stop] if isinstance(stop, str) else stop} if stop else {}
    return options | ({"num_predict": limit} if limit else {})


def _format(body: Json) -> Any:
    wanted = field(body, "response_format", dict, {})
    if wanted.get("type") == "json_object":
        return "json"
    if wanted.get("type") == "json_schema":
        return field(wanted, "json_schema", dict, {}).get("schema")
    return None


def _message(message: Any) -> Any:
    if not isinstance(message, dict) or not isinstance(message.get("content"), list):
        return message
    parts = [part for part in message["content"] if isinstance(part, dict)]
    text = "".join(part.get("text", "") for part in parts if part.get("type") == "text")
    images = [part for part in parts if part.get("type") == "image_url"]
    return {**message, "content": text, **without_zeros({"images": images})}


TRANSLATIONS: dict[str, Callable[[Json], Json]] = {"/v1/chat/completions": _chat, "/v1/completions": _completion}
