"""Word one answer as the native API does, or as the OpenAI-compatible routes do. Sends nothing."""

import json
import time
from itertools import count
from typing import Protocol
from zlib import crc32

from tests.servers.ollama.asking import Ask
from tests.servers.ollama.gojson import Json, encode, timestamp, without_zeros

NDJSON_TYPE = "application/x-ndjson"
SSE_TYPE = "text/event-stream"
FINGERPRINT = "fp_ollama"
DONE = b"data: [DONE]\n\n"

numbers = count(1)


class Dialect(Protocol):
    """How the parts of one answer look on the wire. A payload ends with its own line end."""

    content_type: str

    def piece(self, content: str, *, is_thought: bool) -> bytes:
        """Return one token."""

    def calls(self, tool_calls: tuple[Json, ...]) -> bytes:
        """Return the tool calls of a streamed answer."""

    def final(self, closing: Json, *, has_calls: bool) -> bytes:
        """Return what ends a stream well."""

    def broken(self, text: str) -> bytes:
        """Return what a client sees of an error after the first byte."""

    def whole(self, content: str, *, thinking: str, tool_calls: tuple[Json, ...], closing: Json) -> Json:
        """Return the answer as one object. Without `done_reason` in `closing` the runner stopped silently."""


class Native:
    """/api/chat and /api/generate: one JSON object per line."""

    content_type = NDJSON_TYPE

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._head = b'{"model":%b,"created_at":"' % encode(ask.name)
        # A token's line is glued from bytes: encoding a dictionary for each would halve the server's throughput.
        self._before = b'","message":{"role":"assistant","content":' if ask.is_chat else b'","response":'
        self._after = b'},"done":false}\n' if ask.is_chat else b',"done":false}\n'

    def piece(self, content: str, *, is_thought: bool) -> bytes:
        if is_thought or self._ask.top_logprobs is not None:
            return self._line({**self._said(content, is_thought=is_thought), "done": False, **self._logprobs(content)})
        stamp = timestamp(time.time_ns()).encode()
        return b"%b%b%b%b%b" % (self._head, stamp, self._before, encode(content), self._after)

    def calls(self, tool_calls: tuple[Json, ...]) -> bytes:
        return self._line({**said(self._ask, tool_calls=tool_calls), "done": False})

    def final(self, closing: Json, *, has_calls: bool) -> bytes:
        return self._line({**said(self._ask), **closing})

    def broken(self, text: str) -> bytes:
        return encode({"error": text}) + b"\n"

    def whole(self, content: str, *, thinking: str, tool_calls: tuple[Json, ...], closing: Json) -> Json:
        return {**opening(self._ask), **said(self._ask, content, thinking=thinking, tool_calls=tool_calls), **closing}

    def _line(self, fields: Json) -> bytes:
        return encode({**opening(self._ask), **fields}) + b"\n"

    def _said(self, content: str, *, is_thought: bool) -> Json:
        return said(self._ask, thinking=content) if is_thought else said(self._ask, content)

    def _logprobs(self, content: str) -> Json:
        top = self._ask.top_logprobs
        return {} if top is None else {"logprobs": [logprob(content, top=top)]}


class OpenAi:
    """/v1/chat/completions and /v1/completions: server-sent events, with the gaps Ollama leaves (OLLAMA.md A.11)."""

    content_type = SSE_TYPE

    def __init__(self, ask: Ask, *, includes_usage: bool) -> None:
        self._ask = ask
        self._includes_usage = includes_usage
        self._has_opened = False
        name = "chat.completion" if ask.is_chat else "text_completion"
        self._id = f"{'chatcmpl' if ask.is_chat else 'cmpl'}-{next(numbers)}"
        self._kinds = (f"{name}.chunk" if ask.is_chat else name, name)

    def piece(self, content: str, *, is_thought: bool) -> bytes:
        if not self._ask.is_chat:
            return self._event({"text": content, "index": 0, "finish_reason": None})
        role = {} if self._has_opened else {"role": "assistant"}
        self._has_opened = True
        said_so = {"content": "", "reasoning": content} if is_thought else {"content": content}
        return self._delta({**role, **said_so}, finish_reason=None)

    def calls(self, tool_calls: tuple[Json, ...]) -> bytes:
        return self._delta({"role": "assistant", "content": "", "tool_calls": spelled(tool_calls)}, finish_reason=None)

    def final(self, closing: Json, *, has_calls: bool) -> bytes:
        reason = "tool_calls" if has_calls else closing["done_reason"]
        end = {"text": "", "index": 0, "finish_reason": reason}
        finish = self._delta({}, finish_reason=reason) if self._ask.is_chat else self._event(end)
        usage = self._event(None, usage=usage_of(closing)) if self._includes_usage else b""
        return finish + usage + DONE

    def broken(self, text: str) -> bytes:
        # The error line is decoded as if it were a chunk: its text is lost, and no [DONE] follows.
        return self._delta({"content": ""}, finish_reason=None) if self._ask.is_chat else b""

    def whole(self, content: str, *, thinking: str, tool_calls: tuple[Json, ...], closing: Json) -> Json:
        reason = "tool_calls" if tool_calls else closing.get("done_reason")
        calls = {"tool_calls": spelled(tool_calls)} if tool_calls else {}
        message = {"role": "assistant", "content": content, **without_zeros({"reasoning": thinking}), **calls}
        said_so = {"message": message} if self._ask.is_chat else {"text": content}
        choice = {"index": 0, **said_so, "finish_reason": reason}
        return {**self._opening(self._kinds[1]), "choices": [choice], "usage": usage_of(closing)}

    def _delta(self, delta: Json, *, finish_reason: str | None) -> bytes:
        return self._event({"index": 0, "delta": delta, "finish_reason": finish_reason})

    def _event(self, choice: Json | None, **more: Json) -> bytes:
        choices = [] if choice is None else [choice]
        return b"data: " + encode({**self._opening(self._kinds[0]), "choices": choices, **more}) + b"\n\n"

    def _opening(self, kind: str) -> Json:
        name, at = self._ask.name, int(time.time())
        return {"id": self._id, "object": kind, "created": at, "model": name, "system_fingerprint": FINGERPRINT}


def opening(ask: Ask) -> Json:
    """Return the fields every native line begins with."""
    return {"model": ask.name, "created_at": timestamp(time.time_ns())}


def said(ask: Ask, content: str = "", *, thinking: str = "", tool_calls: tuple[Json, ...] = ()) -> Json:
    """Return the part of a native line that speaks."""
    extras = without_zeros({"thinking": thinking, "tool_calls": tool_calls})
    if ask.is_chat:
        return {"message": {"role": "assistant", "content": content, **extras}}
    return {"response": content, **extras}


def usage_of(closing: Json) -> Json:
    """Return the counts in OpenAI's words; what is absent counts as zero there."""
    prompt, completion = closing.get("prompt_eval_count", 0), closing.get("eval_count", 0)
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


def spelled(tool_calls: tuple[Json, ...]) -> list[Json]:
    """Return tool calls in OpenAI's form, whose arguments are a JSON text."""
    return [
        {
            "id": call["id"],
            "index": call["function"]["index"],
            "type": "function",
            "function": {
                "name": call["function"]["name"],
                "arguments": json.dumps(call["function"]["arguments"], ensure_ascii=False),
            },
        }
        for call in tool_calls
    ]


def logprob(token: str, *, top: int) -> Json:
    """Return an invented log probability, the same for the same token, and `top` rivals."""
    value = -round((crc32(token.encode("utf-8", "replace")) % 1000) / 1000, 3)
    own = {"token": token, "logprob": value, "bytes": list(token.encode("utf-8", "replace"))}
    rivals = [{**own, "logprob": round(value - rank, 3)} for rank in range(top)]
    return own | without_zeros({"top_logprobs": rivals})
