"""A schema as format gives a valid document, drawn from the prompt."""

import json
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from tests.servers.ollama import OllamaServer
from tests.servers.ollama.documents import document
from tests.servers.ollama.prose import answer, tokens
from tests.servers_selftest.raw import HTTP, chat, said, stream

PROMPT = """Facts:
[F1] Channel 812x33x1 earned 4200 sat in the past 30 days at 250 ppm.
[F2] Channel 900x12x0 has a local ratio of 0.05 and earned nothing.
Which channel should I look after first?"""

ADVICE: dict[str, Any] = {
    "$defs": {
        "Impact": {
            "type": "object",
            "properties": {"low": {"type": "number"}, "high": {"type": "number"}, "unit": {"const": "sat"}},
            "required": ["low", "high", "unit"],
            "additionalProperties": False,
        },
        "Item": {
            "type": "object",
            "properties": {
                "title": {"type": "string", "minLength": 5, "maxLength": 40},
                "priority": {"enum": ["critical", "high", "medium", "low"]},
                "effort_hours": {"type": "number", "minimum": 0.25, "maximum": 40},
                "impact": {"$ref": "#/$defs/Impact"},
                "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
                "evidence": {"type": "array", "items": {"type": "string"}, "minItems": 1},
                "channel": {"type": "string", "pattern": "^[0-9]+x[0-9]+x[0-9]+$"},
                "reversible": {"type": "boolean"},
            },
            "required": ["title", "priority", "impact", "evidence"],
            "additionalProperties": False,
        },
    },
    "type": "object",
    "properties": {
        "summary": {"type": "string"},
        "recommendations": {"type": "array", "minItems": 1, "maxItems": 6, "items": {"$ref": "#/$defs/Item"}},
    },
    "required": ["summary", "recommendations"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"type": "string", "minLength": 300},
        {"type": "string", "maxLength": 3},
        {"type": "string", "format": "date-time"},
        {"type": ["null", "integer"], "minimum": 7, "maximum": 7},
        {"type": "integer", "exclusiveMinimum": 10_000, "multipleOf": 7},
        {"type": "integer", "maximum": -3},
        {"type": "number", "exclusiveMaximum": 0},
        {"type": "number", "exclusiveMinimum": 0.4, "exclusiveMaximum": 0.41},
        {"type": "number", "minimum": 0, "maximum": 1},
        {"type": "array", "items": {"type": "boolean"}, "minItems": 5, "maxItems": 5},
        {"type": "array", "items": {"enum": ["a", "b", "c"]}, "minItems": 3, "uniqueItems": True},
        {"type": "array", "prefixItems": [{"const": 1}, {"type": "string"}], "items": False},
        {"type": "array", "items": {"type": "string"}, "maxItems": 0},
        {"allOf": [{"properties": {"a": {"type": "integer"}}}, {"required": ["a"]}], "type": "object"},
        {"oneOf": [{"type": "null"}, {"type": "string"}]},
        {"type": "object", "required": ["unnamed"]},
        {
            "$defs": {"T": {"properties": {"next": {"anyOf": [{"$ref": "#/$defs/T"}, {"type": "null"}]}}}},
            "$ref": "#/$defs/T",
        },
        {"type": "object", "properties": {"children": {"type": "array", "items": {"$ref": "#"}}}},
        {"type": "string", "pattern": "^[0-9a-f]{64}$"},
        ADVICE,
    ],
)
@pytest.mark.parametrize("prompt", [PROMPT, ""])
def test_the_document_is_valid_under_the_schema(schema: dict[str, Any], prompt: str) -> None:
    jsonschema.Draft202012Validator(schema).validate(document(schema, prompt))


def test_the_document_is_drawn_from_the_prompt() -> None:
    advice = document(ADVICE, PROMPT)
    first = advice["recommendations"][0]

    assert advice["summary"] in PROMPT
    assert set(first["evidence"]) <= {"F1", "F2"}
    assert first["channel"] in ("812x33x1", "900x12x0")
    assert first["impact"]["low"] <= first["impact"]["high"]
    assert first["effort_hours"] == 30


def test_the_same_prompt_gives_the_same_document() -> None:
    assert document(ADVICE, PROMPT) == document(ADVICE, PROMPT)


@pytest.mark.parametrize("is_streamed", [True, False])
def test_a_schema_on_the_wire_gives_its_document(ollama: OllamaServer, is_streamed: bool) -> None:
    body = chat(PROMPT, format=ADVICE, stream=is_streamed)

    if is_streamed:
        text = said(stream(ollama, "/api/chat", body))
    else:
        text = HTTP.post(f"{ollama.url}/api/chat", json=body).json()["message"]["content"]

    assert json.loads(text) == document(ADVICE, PROMPT)


@pytest.mark.parametrize(
    "prompt",
    [
        "Use only the data below.\n<data>\n{fact}\n</data>\nIs it high?",
        "Use only the data below.\n<<<8f3a\n{fact}\n8f3a>>>\nIs it high?",
        "Use only the data below.\n--- BEGIN DATA 8f3a ---\n{fact}\n--- END DATA 8f3a ---\nIs it high?",
        "Use only the data below.\n```text\n{fact}\n```\nIs it high?",
    ],
)
def test_an_answer_quotes_the_data_block_and_not_the_instructions(prompt: str) -> None:
    fact = "The median fee rate of your peers is 250 ppm."

    assert answer(prompt.format(fact=fact)) == fact
    assert answer(prompt.format(fact=fact.replace(" ", "\ue000"))) == fact


@pytest.mark.parametrize(("mark", "number"), [("[2]", "2"), ("[F12]", "F12"), ('<passage id="3">', "3")])
def test_an_answer_cites_a_passage_by_its_label(mark: str, number: str) -> None:
    prompt = f"{mark} Fees\nThe median fee rate of your peers is 250 ppm.\nIs it high?"

    assert answer(prompt) == f"The median fee rate of your peers is 250 ppm. [{number}]"


@pytest.mark.parametrize("text", ["", " ", "a\u0085b\u2028 c", "word " * 9, "🧡" * 20, "\n\n{}"])
def test_tokens_joined_are_the_text_again(text: str) -> None:
    assert "".join(tokens(text)) == text
