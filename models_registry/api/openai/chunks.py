"""The bytes of an answer: one JSON object, or a stream of events. Every stream ends with `data: [DONE]`, once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

DONE = b"data: [DONE]\n\n"
_json = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one answer. `is_estimated` when the host did not count them."""

    prompt_tokens: int
    completion_tokens: int
    is_estimated: bool = False

    def told(self) -> dict[str, Any]:
        """Return the wire form; an estimate says that it is one."""
        whole = {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "total_tokens": self.prompt_tokens + self.completion_tokens,
        }
        return {**whole, "lnrag_estimated": True} if self.is_estimated else whole


@dataclass(frozen=True, slots=True)
class Dialect:
    """Where chat and plain completion differ."""

    prefix: str  # of the answer's id
    whole: str  # name of the object
    chunk: str

    def said(self, text: str) -> Mapping[str, Any]:
        """Return a whole answer as the choice says it."""
        return {"message": {"role": "assistant", "content": text, "refusal": None}} if self is CHAT else {"text": text}

    def piece(self, encoded: bytes) -> bytes:
        """Return one more piece, already JSON, as the chunk's choice says it."""
        return b'"delta":{"content":' + encoded + b"}" if self is CHAT else b'"text":' + encoded


CHAT = Dialect("chatcmpl-", "chat.completion", "chat.completion.chunk")
COMPLETION = Dialect("cmpl-", "text_completion", "text_completion")


class Chunks:
    """The events of one answer by one model. The unchanging part of a chunk is encoded once."""

    def __init__(self, dialect: Dialect, *, answer_id: str, created_s: int, model: str, with_usage: bool) -> None:
        self._dialect = dialect
        self._head = {"id": answer_id, "object": dialect.chunk, "created": created_s, "model": model}
        opened = _json.encode(self._head)[:-1]
        self._before = b"data: " + opened + b',"choices":[{"index":0,'
        null_usage = b',"usage":null' if with_usage else b""
        self._after = b',"logprobs":null,"finish_reason":null}]' + null_usage + b"}\n\n"
        self._closing = b"}]" + null_usage + b"}\n\n"

    def opening(self) -> bytes:
        """Return the chunk that says who speaks; a plain completion has none."""
        if self._dialect is not CHAT:
            return b""
        return self._before + b'"delta":{"role":"assistant","content":""}' + self._after

    def text(self, content: str) -> bytes:
        """Return one more piece of the answer."""
        return self._before + self._dialect.piece(_json.encode(content)) + self._after

    def finish(self, reason: str) -> bytes:
        """Return the chunk after which nothing more is said."""
        last = b'"delta":{}' if self._dialect is CHAT else b'"text":""'
        return self._before + last + b',"logprobs":null,"finish_reason":' + _json.encode(reason) + self._closing

    def usage(self, usage: Usage) -> bytes:
        """Return the chunk that counts."""
        return event(_json.encode({**self._head, "choices": [], "usage": usage.told()}))


def whole(
    dialect: Dialect, *, answer_id: str, created_s: int, model: str, text: str, reason: str, usage: Usage
) -> bytes:
    """Return a whole answer as one JSON object."""
    choice = {"index": 0, **dialect.said(text), "logprobs": None, "finish_reason": reason}
    head = {"id": answer_id, "object": dialect.whole, "created": created_s, "model": model}
    return _json.encode({**head, "choices": [choice], "usage": usage.told()})


def event(body: bytes) -> bytes:
    """Return a JSON object as one event."""
    return b"data: " + body + b"\n\n"


def comment(text: str) -> bytes:
    """Return a line that clients skip, and that keeps proxies and clients from giving up."""
    return b": " + " ".join(text.split()).encode() + b"\n\n"
