"""Read the bodies of calls. What is wrong is refused with the parameter's name, before anything is done for it."""

import re
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta, Raw, Struct

from models_registry.api.openai.parameters import check
from models_registry.api.openai.wire import Refused
from models_registry.domain.chat import Message, Role

ModelName = Annotated[str, Meta(min_length=1, max_length=160)]
Temperature = Annotated[float, Meta(ge=0, le=2)]
Share = Annotated[float, Meta(gt=0, le=1)]
Penalty = Annotated[float, Meta(ge=-2, le=2)]
TokenCount = Annotated[int, Meta(ge=1, le=1_000_000)]
Seed = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
StopWord = Annotated[str, Meta(min_length=1, max_length=1000)]
UserName = Annotated[str, Meta(max_length=512)]

WHERE = re.compile(r" - at `\$(?P<path>.*?)`$")
MISSING = re.compile(r"missing required field `(?P<name>\w+)`")


class TextPart(Struct, tag_field="type", tag="text"):
    text: str


class ChatMessage(Struct):
    role: Literal["system", "developer", "user", "assistant"]
    content: str | list[TextPart]

    @property
    def said(self) -> str:
        return self.content if isinstance(self.content, str) else "".join(part.text for part in self.content)


class PlainText(Struct, tag_field="type", tag="text"):
    pass


class JsonObject(Struct, tag_field="type", tag="json_object"):
    pass


class NamedSchema(Struct):
    schema: dict[str, Any]
    name: str = ""
    strict: bool | None = None


class JsonSchema(Struct, tag_field="type", tag="json_schema"):
    json_schema: NamedSchema


class StreamOptions(Struct):
    include_usage: bool = False
    include_obfuscation: bool = False  # it hides lengths from the network; nothing to hide on one's own


class Sampling(Struct, kw_only=True):
    """What chat and plain completion have in common. None is left to the model's strategy."""

    model: ModelName
    temperature: Temperature | None = None
    top_p: Share | None = None
    max_tokens: TokenCount | None = None
    stop: StopWord | Annotated[list[StopWord], Meta(max_length=16)] | None = None
    seed: Seed | None = None
    presence_penalty: Penalty | None = None
    frequency_penalty: Penalty | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    user: UserName | None = None

    @property
    def stops(self) -> tuple[str, ...]:
        return (self.stop,) if isinstance(self.stop, str) else tuple(self.stop or ())

    @property
    def wants_usage(self) -> bool:
        return bool(self.stream_options and self.stream_options.include_usage)


class ChatAsked(Sampling, kw_only=True):
    """The body of /v1/chat/completions."""

    messages: Annotated[list[ChatMessage], Meta(min_length=1, max_length=2000)]
    max_completion_tokens: TokenCount | None = None
    response_format: PlainText | JsonObject | JsonSchema | None = None

    @property
    def limit(self) -> int | None:
        return self.max_completion_tokens or self.max_tokens

    @property
    def schema(self) -> dict[str, Any] | None:
        if isinstance(self.response_format, JsonSchema):
            return self.response_format.json_schema.schema
        return {"type": "object"} if isinstance(self.response_format, JsonObject) else None

    def spoken(self) -> tuple[Message, ...]:
        """Return the conversation as a model is given it; a developer speaks with the system's voice."""
        return tuple(Message(ROLES[message.role], message.said) for message in self.messages)


class CompletionAsked(Sampling, kw_only=True):
    """The body of /v1/completions. Models here converse, so the prompt is what the user says."""

    prompt: str | Annotated[list[str], Meta(min_length=1, max_length=1)]

    @property
    def limit(self) -> int | None:
        return self.max_tokens

    @property
    def schema(self) -> None:
        return None

    def spoken(self) -> tuple[Message, ...]:
        return (Message(Role.USER, self.prompt if isinstance(self.prompt, str) else self.prompt[0]),)


class EmbeddingAsked(Struct, kw_only=True):
    """The body of /v1/embeddings."""

    model: ModelName
    input: str | Annotated[list[str], Meta(min_length=1, max_length=2048)]
    encoding_format: Literal["float", "base64"] = "float"
    dimensions: Annotated[int, Meta(ge=1)] | None = None
    user: UserName | None = None

    @property
    def texts(self) -> tuple[str, ...]:
        return (self.input,) if isinstance(self.input, str) else tuple(self.input)


ROLES = {"system": Role.SYSTEM, "developer": Role.SYSTEM, "user": Role.USER, "assistant": Role.ASSISTANT}
T = TypeVar("T", ChatAsked, CompletionAsked, EmbeddingAsked)
_NAMES: dict[type[Struct], frozenset[str]] = {
    shape: frozenset(shape.__struct_fields__) for shape in (ChatAsked, CompletionAsked, EmbeddingAsked)
}
_given = msgspec.json.Decoder(dict[str, Raw])


def read(body: bytes, shape: type[T]) -> T:
    """Return a body as a value of this shape.

    :raises Refused: naming the parameter that is missing, wrong or not supported.
    """
    try:
        check(_given.decode(body), honored=_NAMES[shape])
        return msgspec.json.decode(body, type=shape)
    except msgspec.ValidationError as exc:
        raise _refusal(str(exc)) from exc
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        raise Refused(400, "malformed", "The body is not a JSON object.") from exc


def _refusal(problem: str) -> Refused:
    """Return what msgspec found, with the parameter's name where OpenAI's clients look for it."""
    where, missing = WHERE.search(problem), MISSING.search(problem)
    path = where["path"].lstrip(".") if where else ""
    if missing:
        path = ".".join(part for part in (path, missing["name"]) if part)
    text = WHERE.sub("", problem)
    return Refused(400, "invalid_value", f"{path}: {text}." if path else f"{text}.", param=path or None)
