"""A deterministic speaker that needs no model: it repeats the latest question. For development and tests; it ships."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Mapping
from typing import Any, cast

from models_registry.domain.chat import ChatRequest, Endpoint, Finished, ModelFacts, Piece, Role, Text
from models_registry.domain.errors import AnswerEmpty

ECHO_MODEL = "echo"
DEPTH_LIMIT = 12  # a schema that refers to itself has no smallest document; stop instead of recursing for ever
SIMPLEST = {"boolean": False, "null": None}


class EchoSpeaker:
    """Streams the words of the latest user message; with a schema, the smallest document that fits it."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Piece, None]:
        """Yield one word after the other, then Finished.

        :raises AnswerEmpty: when there is nothing to repeat.
        """
        started = time.monotonic()
        heard = next((m.content for m in reversed(request.messages) if m.role is Role.USER), "").strip()
        if not heard:
            raise AnswerEmpty("There is no question to repeat.")
        answer = heard if request.schema is None else json.dumps(smallest(request.schema, words=heard))
        pieces = _words(answer)
        kept = pieces[: request.knobs.max_tokens]
        for piece in kept:
            await asyncio.sleep(0)  # a real host gives the loop a turn between two tokens
            yield Text(piece)
        yield Finished(
            model=request.model,
            reason="stop" if len(kept) == len(pieces) else "length",
            prompt_tokens=sum(len(message.content.split()) for message in request.messages),
            generated_tokens=len(kept),
            latency_ms=round((time.monotonic() - started) * 1000),
            first_token_ms=0,
        )

    async def list_models(self) -> tuple[ModelFacts, ...]:
        """Return the one model there is."""
        return (ModelFacts(tag=ECHO_MODEL, digest=ECHO_MODEL, size_bytes=0, capabilities=("completion",)),)


def smallest(schema: Mapping[str, Any], *, words: str) -> Any:
    """Return a small value that fits a JSON Schema; texts are made of the given words."""
    return _Builder(schema, words).value(schema, depth=0)


def _words(text: str) -> list[str]:
    """Return the words with the blanks before them, so that joining gives the text back."""
    pieces: list[str] = []
    for word in text.split(" "):
        pieces.append(f" {word}" if pieces else word)
    return pieces


class _Builder:
    def __init__(self, root: Mapping[str, Any], words: str) -> None:
        self._root = root
        self._words = words

    def value(self, schema: Mapping[str, Any], *, depth: int) -> Any:
        if depth > DEPTH_LIMIT:
            return None
        if "const" in schema:
            return schema["const"]
        if schema.get("enum"):
            return schema["enum"][0]
        if "$ref" in schema:
            return self.value(self._referred(schema["$ref"]), depth=depth + 1)
        for choice in ("anyOf", "oneOf", "allOf"):
            if schema.get(choice):
                return self.value(schema[choice][0], depth=depth + 1)
        return self._typed(schema, depth=depth)

    def _typed(self, schema: Mapping[str, Any], *, depth: int) -> Any:
        kind = schema.get("type", "object" if "properties" in schema else "string")
        kind = kind[0] if isinstance(kind, list) else kind
        if kind == "object":
            return self._object(schema, depth=depth)
        if kind == "array":
            item = schema.get("items", {})
            return [self.value(item, depth=depth + 1) for _ in range(schema.get("minItems", 0))]
        if kind in ("integer", "number"):
            return _number(schema)
        return (
            {"boolean": False, "null": None}.get(kind, self._text(schema)) if kind != "string" else self._text(schema)
        )

    def _object(self, schema: Mapping[str, Any], *, depth: int) -> dict[str, Any]:
        properties = schema.get("properties", {})
        return {name: self.value(properties.get(name, {}), depth=depth + 1) for name in schema.get("required", ())}

    def _text(self, schema: Mapping[str, Any]) -> str:
        longest = schema.get("maxLength", len(self._words))
        return self._words[:longest].ljust(schema.get("minLength", 0), ".")

    def _referred(self, reference: str) -> Mapping[str, Any]:
        found: Any = self._root
        for part in filter(None, reference.removeprefix("#").split("/")):
            found = found[part]
        return cast(Mapping[str, Any], found)


def _number(schema: Mapping[str, Any]) -> float:
    """Return the smallest allowed number, or the one closest to zero from below."""
    if "exclusiveMinimum" in schema:
        return cast(float, schema["exclusiveMinimum"]) + 1
    return cast(float, schema.get("minimum", min(0, schema.get("maximum", 0))))
