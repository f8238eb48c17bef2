"""The deterministic speaker repeats, and keeps to a schema."""

import json

import pytest

from models_registry.domain.chat import Finished, Knobs, Message, Role, Text
from models_registry.domain.errors import AnswerEmpty
from models_registry.providers.echo import EchoSpeaker, smallest
from tests.models_registry.conftest import SCHEMA, ask
from tests.models_registry.providers.test_catalog import ECHO


async def said(request):
    pieces = [piece async for piece in EchoSpeaker(ECHO).stream(request)]
    return [piece.content for piece in pieces if isinstance(piece, Text)], pieces[-1]


async def test_it_streams_the_words_of_the_latest_question():
    words, end = await said(ask("Raise my  fees", model="echo"))

    assert "".join(words) == "Raise my  fees"
    assert len(words) > 1
    assert isinstance(end, Finished)
    assert (end.reason, end.prompt_tokens, end.generated_tokens) == ("stop", 3, len(words))


async def test_it_keeps_to_the_output_limit():
    words, end = await said(ask("one two three", model="echo", knobs=Knobs(max_tokens=2)))

    assert (words, end.reason) == (["one", " two"], "length")


async def test_it_fits_a_schema():
    words, _ = await said(ask("Why low?", model="echo", schema=SCHEMA))

    assert json.loads("".join(words)) == {"summary": "Why low?", "score": 0}


async def test_silence_is_repeated_as_an_error():
    request = ask("x")
    nothing = type(request)(model="echo", messages=(Message(Role.SYSTEM, "x"),), knobs=Knobs())

    with pytest.raises(AnswerEmpty):
        await said(nothing)


async def test_it_lists_itself():
    (model,) = await EchoSpeaker(ECHO).list_models()

    assert model.capabilities == ("completion",)


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"const": 7}, 7),
        ({"enum": ["low", "high"]}, "low"),
        ({"type": "string", "minLength": 6}, "word.."),
        ({"type": "string", "maxLength": 2}, "wo"),
        ({"type": "integer", "minimum": 3}, 3),
        ({"type": "number", "exclusiveMinimum": 3}, 4),
        ({"type": "number", "maximum": -2}, -2),
        ({"type": "boolean"}, False),
        ({"type": ["null", "string"]}, None),
        ({"type": "array", "items": {"type": "integer"}, "minItems": 2}, [0, 0]),
        ({"type": "array"}, []),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, 0),
        ({"properties": {"a": {"type": "integer"}, "b": {}}, "required": ["a"]}, {"a": 0}),
        ({"$ref": "#/$defs/x", "$defs": {"x": {"type": "integer", "minimum": 9}}}, 9),
        ({}, "word"),
    ],
)
def test_the_smallest_value_of_a_schema(schema, value):
    assert smallest(schema, words="word") == value


def test_a_schema_that_refers_to_itself_ends():
    endless = {"type": "object", "properties": {"next": {"$ref": "#"}}, "required": ["next"]}

    assert "next" in smallest(endless, words="w")
