"""Turn the body of a request into a typed question, or refuse it in Ollama's words. Touches no model."""

import json
from dataclasses import dataclass

from tests.servers.ollama.catalog import InstalledModel, Shelf
from tests.servers.ollama.fields import GO_NAMES, estimated_tokens, field, keep_alive_s
from tests.servers.ollama.gojson import Json
from tests.servers.ollama.options import Options, read_options
from tests.servers.ollama.refusals import (
    TOO_LONG,
    Refused,
    does_not_support,
    exceeds_context,
    not_found,
    wrong_type,
)

HIGHEST_TOP_LOGPROBS = 20
THINK_LEVELS = ("low", "medium", "high", "max")


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
    top_logprobs: int | None = None  # None: no logprobs at all
    images: int = 0
    only_renders: bool = False  # `_debug_render_only`: show the prompt, run nothing

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


def read_ask(path: str, body: Json, shelf: Shelf, *, default_num_ctx: int) -> Ask:
    """Return the question of a chat or generate request.

    :raises Refused: with the status and text of the real server.
    """
    name = field(body, "model", str, "")
    is_chat = path == "/api/chat"
    if is_chat and not name:
        raise Refused(400, "model is required")
    model = shelf.find(name)
    if model is None:
        raise not_found(name)
    _check_abilities(model, body, ability="chat" if is_chat else "generate")
    return _ask(path, body, model, default_num_ctx=default_num_ctx)


def _ask(path: str, body: Json, model: InstalledModel, *, default_num_ctx: int) -> Ask:
    messages = _chat_messages(body) if path == "/api/chat" else _prompt_messages(body)
    shifts = field(body, "shift", bool, True)
    given = field(body, "options", dict, {})
    return Ask(
        path=path,
        name=body["model"],
        model=model,
        messages=messages,
        streams=field(body, "stream", bool, True),
        format=_format(body),
        options=read_options(given, model, default_num_ctx=default_num_ctx, shift=shifts),
        keep_alive_s=keep_alive_s(body),
        thinks=_thinks(body, model),
        tools=tuple(field(body, "tools", list, [])),
        truncates=field(body, "truncate", bool, True),
        is_raw=field(body, "raw", bool, False),
        is_preload=not messages if path == "/api/chat" else not body.get("prompt"),
        top_logprobs=_top_logprobs(body),
        images=_images(body),
        only_renders=field(body, "_debug_render_only", bool, False),
    )


def content(message: Json) -> str:
    """Return the text of a message; null counts as empty."""
    return message.get("content") or ""


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


def _chat_messages(body: Json) -> tuple[Json, ...]:
    messages = field(body, "messages", list, [])
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
    system = field(body, "system", str, "")
    prompt = field(body, "prompt", str, "")
    suffix = field(body, "suffix", str, "")
    named = (("system", system), ("user", f"{prompt} {suffix}" if suffix else prompt))
    return tuple({"role": role, "content": text} for role, text in named if text)


def _check_abilities(model: InstalledModel, body: Json, *, ability: str) -> None:
    if "completion" not in model.capabilities:
        raise does_not_support(body["model"], ability)
    needed = {"tools": bool(body.get("tools")), "insert": bool(body.get("suffix")), "vision": bool(_images(body))}
    for capability, is_needed in needed.items():
        if is_needed and capability not in model.capabilities:
            raise Refused(400, f"registry.ollama.ai/library/{model.name} does not support {capability}")


def _images(body: Json) -> int:
    """Return how many images are sent; what they show does not matter to a server that sees nothing."""
    brought = [body, *(message for message in body.get("messages") or () if isinstance(message, dict))]
    return sum(len(field(one, "images", list, [])) for one in brought)


def _top_logprobs(body: Json) -> int | None:
    top = field(body, "top_logprobs", int, 0)
    if not 0 <= top <= HIGHEST_TOP_LOGPROBS:
        raise Refused(400, f"top_logprobs must be between 0 and {HIGHEST_TOP_LOGPROBS}")
    return top if field(body, "logprobs", bool, False) else None


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
