"""Answer /v1/messages and /v1/models as Anthropic does, API version 2023-06-01 (read 2026-11)."""

from collections.abc import Sequence
from typing import Any

from tests.servers.hosted import Fault, Generation, HostedServer, Order, Request
from tests.servers.hosted.replies import Event, Stream, Whole, event
from tests.servers.hosted.server import Say, usual_answer

NEW, OLD = "claude-opus-4-7", "claude-3-haiku-20240307"  # the one takes no sampling options, the other no schema
NO_SAMPLING = ("claude-opus-4-7",)
NO_SCHEMA = ("claude-3-",)


class AnthropicServer(HostedServer):
    """The host. `thoughts` come before the answer as a block of their own, `reason` is its stop_reason."""

    def __init__(self, *, key: str = "sk-ant-test-0001", token_delay_s: float = 0.0, say: Say = usual_answer) -> None:
        super().__init__(key=key, token_delay_s=token_delay_s, say=say)
        self.models = ("claude-sonnet-4-5", NEW, OLD)
        self.thoughts: Sequence[str] = ()
        self.reason = "end_turn"

    def reply(self, request: Request, order: Order) -> Whole | Stream:
        """Return what the host answers."""
        if "anthropic-version" not in request.headers:
            return _refused(400, "invalid_request_error", "anthropic-version: header is required")
        if request.headers.get("x-api-key") != self.key:
            return _refused(401, "authentication_error", f"invalid x-api-key {request.headers.get('x-api-key')}")
        if request.path == "/v1/models":
            rows = [{"type": "model", "id": model, "max_input_tokens": 200_000} for model in self.models]
            return Whole({"data": rows, "has_more": False})
        return _refusal(request.body, self.models) or self._stream(request, order)

    def error_events(self, order: Order) -> tuple[Event, ...]:
        """Return the error event."""
        error = order.error or {"type": "overloaded_error", "message": "Overloaded"}
        return (event({"type": "error", "error": error}, name="error"),)

    def _stream(self, request: Request, order: Order) -> Stream:
        said = tuple(self.say(request))
        model = str(request.body["model"])
        counts = {
            "input_tokens": 20,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 5,
            "output_tokens": 1,
        }
        usage = {} if order.fault is Fault.NO_USAGE else {"usage": counts}
        message = {"id": "msg_1", "type": "message", "role": "assistant", "content": [], "model": model, **usage}
        events = [_named("message_start", message=message), _named("ping")]
        if self.thoughts:
            events += _block(0, "thinking", self.thoughts)
        events += _block(len(events), "text", said)
        if order.fault is not Fault.LAST_MARK_ALONE:
            ended = {} if order.fault is Fault.NO_USAGE else {"usage": {"output_tokens": len(said)}}
            events.append(_named("message_delta", delta={"stop_reason": self.reason, "stop_sequence": None}, **ended))
        if order.fault is not Fault.NO_LAST_MARK:
            events.append(_named("message_stop"))
        return Stream(tuple(events), Generation(model=model))


def _block(index: int, kind: str, pieces: Sequence[str]) -> list[Event]:
    delta = "text_delta" if kind == "text" else "thinking_delta"
    deltas = [
        event(
            {"type": "content_block_delta", "index": index, "delta": {"type": delta, kind: piece}},
            name="content_block_delta",
            token=piece if kind == "text" else None,
        )
        for piece in pieces
    ]
    sign = {"type": "signature_delta", "signature": "EqQB"}
    signed = [_named("content_block_delta", index=index, delta=sign)] if kind == "thinking" else []
    opening = _named("content_block_start", index=index, content_block={"type": kind, kind: ""})
    return [opening, *deltas, *signed, _named("content_block_stop", index=index)]


def _refusal(body: dict[str, Any], models: Sequence[str]) -> Whole | None:
    """Return what the host refuses in a request."""
    model = str(body.get("model"))
    if model not in models:
        return _refused(404, "not_found_error", f"model: {model}")
    if any(message["role"] not in ("user", "assistant") for message in body["messages"]):
        return _invalid("messages: Unexpected role. The Messages API accepts a top-level `system` parameter.")
    if any(not message["content"].strip() for message in body["messages"]):
        return _invalid("messages: text content blocks must be non-empty")
    if model.startswith(NO_SAMPLING) and "temperature" in body:
        return _invalid("`temperature` is deprecated for this model.")
    if "temperature" in body and "top_p" in body:
        return _invalid("`temperature` and `top_p` cannot both be specified for this model.")
    if model.startswith(NO_SCHEMA) and "output_config" in body:
        return _invalid("output_config: Extra inputs are not permitted")
    return None


def _invalid(text: str) -> Whole:
    return _refused(400, "invalid_request_error", text)


def _refused(status: int, kind: str, text: str) -> Whole:
    error = {"type": kind, "message": text}
    return Whole({"type": "error", "error": error, "request_id": "req_1"}, status=status)


def _named(name: str, **fields: Any) -> Event:
    return event({"type": name, **fields}, name=name)
