"""Turn the body of a request into a typed question, or refuse it in Ollama's words. Touches no model."""

import json
from dataclasses import dataclass
from typing import Any

from tests.servers.ollama.catalog import InstalledModel, Shelf
from tests.servers.ollama.gojson import Json, duration_s
from tests.servers.ollama.options import Options, read_options
from tests.servers.ollama.refusals import (
    TOO_LONG,
    Refused,
    does_not_support,
    exceeds_context,
    not_found,
    not_found_try_pulling,
    wrong_type,
)

CHARACTERS_PER_TOKEN = 4  # a rough rule; the real ratio depends on the model and the language
HIGHEST_TOP_LOGPROBS = 20
THINK_LEVELS = ("low", "medium", "high", "max")
GO_NAMES = {bool: "bool", str: "string", dict: "object", list: "array", int: "number", float: "number"}


@dataclass(frozen=True, slots=True)
class Ask:
    """One valid request to chat or generate."""

    path: str
    name: str  # as the client spelled it; the reply repeats it
    model: InstalledModel
    messages: tuple[Json, ...]  # generate is put as a system and a user message
    streams: bool
    format: Json | str | None
    options: Options
    keep_alive_s: float | None
    thinks: bool
    tools: tuple[Json, ...]
    truncates: bool
    is_raw: bool
    is_preload: bool

    @property
    def is_chat(self) -> bool:
        return self.path == "/api/chat"

    @property
    def question(self) -> str:
        """Return the content of the latest user message, or of the latest message at all."""
        users = [message for message in self.messages if message.get("role") == "user"]
        return content(users[-1]) if users else "".join(content(message) for message in self.messages[-1:])

    @property
    def prompt(self) -> str:
        """Return everything the model is given to read."""
        return "\n".join(content(message) for message in self.messages)


@dataclass(frozen=True, slots=True)
class EmbedAsk:
    """One valid request to embed."""

    name: str
    model: InstalledModel
    texts: tuple[str, ...]
    options: Options
    keep_alive_s: float | None
    truncates: bool
    dimensions: int


def parse(raw: bytes) -> Json:
    """Return the JSON object of a body, whatever its Content-Type.

    :raises Refused: 400 when it is none.
    """
    if not raw:
        raise Refused(400, "missing request body")
    try:
        body = json.loads(raw)
    except ValueError:
        raise Refused(400, _go_syntax_error(raw)) from None
    if not isinstance(body, dict):
        got = GO_NAMES.get(type(body), "null")
        raise Refused(400, f"json: cannot unmarshal {got} into Go value of type api.Request")
    return body


def _go_syntax_error(raw: bytes) -> str:
    text = raw.decode("utf-8", "replace").strip()
    if not text or text[0] in '{["':
        return "unexpected EOF"
    return f"invalid character '{text[0]}' looking for beginning of value"


def read_ask(path: str, body: Json, shelf: Shelf, *, default_num_ctx: int) -> Ask:
    """Return the question of a chat or generate request.

    :raises Refused: with the status and text of the real server.
    """
    name = _field(body, "model", str, "")
    is_chat = path == "/api/chat"
    if is_chat and not name:
        raise Refused(400, "model is required")
    model = shelf.find(name)
    if model is None:
        raise not_found(name)
    _check_abilities(model, name, ability="chat" if is_chat else "generate", has_tools=bool(body.get("tools")))
    _check_logprobs(body)
    return _ask(path, body, model, default_num_ctx=default_num_ctx)


def _ask(path: str, body: Json, model: InstalledModel, *, default_num_ctx: int) -> Ask:
    messages = _chat_messages(body) if path == "/api/chat" else _prompt_messages(body)
    shifts = _field(body, "shift", bool, True)
    given = _field(body, "options", dict, {})
    return Ask(
        path=path,
        name=body["model"],
        model=model,
        messages=messages,
        streams=_field(body, "stream", bool, True),
        format=_format(body),
        options=read_options(given, model, default_num_ctx=default_num_ctx, shift=shifts),
        keep_alive_s=_keep_alive_s(body),
        thinks=_thinks(body, model),
        tools=tuple(_field(body, "tools", list, [])),
        truncates=_field(body, "truncate", bool, True),
        is_raw=_field(body, "raw", bool, False),
        is_preload=not messages if path == "/api/chat" else not body.get("prompt"),
    )


def read_embed_ask(body: Json, shelf: Shelf, *, default_num_ctx: int, field: str = "input") -> EmbedAsk:
    """Return the question of an embedding request; `field` names the texts ("prompt" on the legacy route).

    :raises Refused: with the status and text of the real server.
    """
    name = _field(body, "model", str, "")
    texts = _texts(body.get(field))
    model = shelf.find(name)
    if model is None:
        raise not_found_try_pulling(name)
    return EmbedAsk(
        name=name,
        model=model,
        texts=texts,
        options=read_options(_field(body, "options", dict, {}), model, default_num_ctx=default_num_ctx, shift=True),
        keep_alive_s=_keep_alive_s(body),
        truncates=_field(body, "truncate", bool, True),
        dimensions=_field(body, "dimensions", int, 0),
    )


def content(message: Json) -> str:
    """Return the text of a message; null counts as empty."""
    return message.get("content") or ""


def estimated_tokens(text: str) -> int:
    """Return the guessed number of tokens, rounded up."""
    return -(-len(text) // CHARACTERS_PER_TOKEN)


def halved(num_ctx: int, num_keep: int) -> int:
    """Return what is left of a prompt after the silent cut: about half the window."""
    return num_ctx - (num_ctx - num_keep) // 2


def prompt_tokens(ask: Ask) -> int:
    """Return the tokens that reach the model after truncation.

    :raises Refused: 400 when the prompt is too long and both truncate and shift are off.
    """
    num_ctx = ask.options.load.num_ctx
    lengths = [(message.get("role"), estimated_tokens(content(message))) for message in ask.messages]
    total = sum(length for _, length in lengths)
    if total > num_ctx and not ask.truncates and not ask.options.load.shift:
        raise exceeds_context(total, num_ctx) if ask.is_chat else Refused(400, TOO_LONG)
    for role, length in lengths[:-1]:  # the oldest first; the system message and the latest one stay
        if total > num_ctx and role != "system":
            total -= length
    return max(total, 1) if total <= num_ctx else halved(num_ctx, ask.options.num_keep)


def _field(body: Json, key: str, kind: type, default: Any) -> Any:
    value = body.get(key)
    if value is None:
        return default
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise wrong_type(f"Request.{key}", got=GO_NAMES[type(value)], wanted=GO_NAMES[kind])
    return value


def _texts(value: Any) -> tuple[str, ...]:
    if value is None or value == "":
        return ()
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise Refused(400, "invalid input type")
    return tuple(texts)


def _chat_messages(body: Json) -> tuple[Json, ...]:
    messages = _field(body, "messages", list, [])
    for message in messages:
        if not isinstance(message, dict):
            raise wrong_type("ChatRequest.messages", got=GO_NAMES.get(type(message), "null"), wanted="api.Message")
        if not isinstance(message.get("content"), str | None):
            got = GO_NAMES[type(message["content"])]
            raise wrong_type("ChatRequest.messages.content", got=got, wanted="string")
    return tuple(messages)


def _prompt_messages(body: Json) -> tuple[Json, ...]:
    if body.get("raw") and any(body.get(key) for key in ("template", "system", "context")):
        raise Refused(400, "raw mode does not support template, system, or context")
    system = _field(body, "system", str, "")
    prompt = _field(body, "prompt", str, "")
    named = (("system", system), ("user", prompt))
    return tuple({"role": role, "content": text} for role, text in named if text)


def _check_abilities(model: InstalledModel, name: str, *, ability: str, has_tools: bool) -> None:
    if "completion" not in model.capabilities:
        raise does_not_support(name, ability)
    if has_tools and "tools" not in model.capabilities:
        raise Refused(400, f"registry.ollama.ai/library/{model.name} does not support tools")


def _check_logprobs(body: Json) -> None:
    if not 0 <= _field(body, "top_logprobs", int, 0) <= HIGHEST_TOP_LOGPROBS:
        raise Refused(400, f"top_logprobs must be between 0 and {HIGHEST_TOP_LOGPROBS}")


def _thinks(body: Json, model: InstalledModel) -> bool:
    think = body.get("think")
    if think is None:  # left out on a thinking model means yes
        return "thinking" in model.capabilities
    if not isinstance(think, bool) and think not in THINK_LEVELS:
        raise Refused(400, f'invalid think value: "{think}" (must be "high", "medium", "low", "max", true, or false)')
    if think and "thinking" not in model.capabilities:
        raise does_not_support(body["model"], "thinking")
    return bool(think)


def _format(body: Json) -> Json | str | None:
    wanted = body.get("format")
    if wanted is None or wanted == "":
        return None
    if wanted == "json" or isinstance(wanted, dict):
        return wanted  # type: ignore[no-any-return]
    raise Refused(500, f'invalid format: {json.dumps(wanted)}; expected "json" or a valid JSON Schema object')


def _keep_alive_s(body: Json) -> float | None:
    value = body.get("keep_alive")
    try:
        return None if value is None else duration_s(value)
    except ValueError as exc:
        raise Refused(400, str(exc)) from exc
