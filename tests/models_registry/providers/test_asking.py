"""CL-04 to CL-06: one plain question, options by name, and a stream only where one is asked for."""

from typing import Any

import pytest

from models_registry.domain.chat import Knobs
from models_registry.domain.errors import AnswerCutOff, ProviderRejected
from models_registry.providers.asking import generate, generate_stream, knobs_of
from tests.models_registry.conftest import MODEL
from tests.servers.ollama import Scenario

EVERY: dict[str, Any] = {
    "temperature": 0.1,
    "top_p": 0.8,
    "top_k": 7,
    "repeat_penalty": 1.2,
    "num_ctx": 4096,
    "max_tokens": 99,
    "stop": ("§",),
    "seed": 3,
    "presence_penalty": 0.1,
    "frequency_penalty": 0,
}


async def test_a_plain_question_gets_the_whole_answer_with_the_usual_options(server, speaker):
    answer = await generate(speaker, "Why?", model=MODEL)

    body = server.requests_for("/api/chat")[0].body
    assert answer == server.generations[0].text
    assert body["options"] == {"temperature": 0.2, "top_p": 0.9, "num_ctx": 8192, "num_predict": 1536}


async def test_the_pieces_joined_are_the_whole_answer(server, speaker):
    server.respond_with(lambda _request: ["Raise ", "the ", "fee."])

    pieces = [piece async for piece in generate_stream(speaker, "Why?", model=MODEL, options=EVERY, keep_alive="5m")]

    assert len(pieces) >= 1
    assert "".join(pieces) == "Raise the fee."
    body = server.requests_for("/api/chat")[0].body
    assert body["keep_alive"] == "5m"
    assert body["options"]["seed"] == 3


async def test_a_stream_is_not_to_be_had_from_generate(server, speaker):
    with pytest.raises(ProviderRejected, match="generate_stream"):
        await generate(speaker, "Why?", model=MODEL, stream=True)

    assert server.requests == ()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"temprature": 1}, "temprature"),
        ({"temperature": "hot"}, "temperature"),
        ({"temperature": None}, "temperature"),
        ({"top_k": 1.5}, "top_k"),
        ({"seed": True}, "seed"),
        ({"stop": "x"}, "stop"),
        ({"stop": (1,)}, "stop"),
    ],
)
async def test_an_unknown_or_wrong_option_is_refused_without_asking(server, speaker, options, told):
    with pytest.raises(ProviderRejected, match=told):
        await generate(speaker, "Why?", model=MODEL, options=options)

    assert server.requests == ()


def test_every_option_is_a_knob():
    assert knobs_of(EVERY) == Knobs(**EVERY)
    assert knobs_of({"top_k": None}) == Knobs()


async def test_an_answer_that_does_not_end_is_none(server, speaker):
    server.use(Scenario.EOF_WITHOUT_DONE)

    with pytest.raises(AnswerCutOff):
        await generate(speaker, "Why?", model=MODEL)
