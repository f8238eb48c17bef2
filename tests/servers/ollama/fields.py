"""Read the fields of a JSON body with the strictness of Go's decoder. Knows no model."""

import json
from typing import Any

from tests.servers.ollama.gojson import Json, duration_s
from tests.servers.ollama.refusals import Refused, wrong_type

CHARACTERS_PER_TOKEN = 4  # a rough rule; the real ratio depends on the model and the language
GO_NAMES = {bool: "bool", str: "string", dict: "object", list: "array", int: "number", float: "number"}


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


def field(body: Json, key: str, kind: type, default: Any) -> Any:
    """Return one field of the wanted type, the default when it is absent or null.

    :raises Refused: 400 in the words of Go's decoder.
    """
    value = body.get(key)
    if value is None:
        return default
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise wrong_type(f"Request.{key}", got=GO_NAMES[type(value)], wanted=GO_NAMES[kind])
    return value


def keep_alive_s(body: Json) -> float | None:
    """Return the `keep_alive` in seconds, None when it is absent.

    :raises Refused: 400 when it is no duration.
    """
    value = body.get("keep_alive")
    try:
        return None if value is None else duration_s(value)
    except ValueError as exc:
        raise Refused(400, str(exc)) from exc


def estimated_tokens(text: str) -> int:
    """Return the guessed number of tokens, rounded up."""
    return -(-len(text) // CHARACTERS_PER_TOKEN)
