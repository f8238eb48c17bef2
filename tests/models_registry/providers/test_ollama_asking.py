"""What Ollama is asked: every knob that is set, and nothing that is not."""

import json
from dataclasses import replace

import pytest

from models_registry.domain.chat import Knobs, Message, Role
from models_registry.domain.errors import PromptTooLong
from tests.models_registry.conftest import MODEL, SCHEMA, ask
from tests.models_registry.providers.hearing import hear


async def test_every_knob_reaches_the_host(server, speaker):
    knobs = Knobs(
        temperature=0.1, top_p=0.8, top_k=7, repeat_penalty=1.2, num_ctx=8192, max_tokens=99, stop=("§",), seed=3,
        presence_penalty=0.1, frequency_penalty=0.2,
    )  # fmt: skip
    turns = (Message(Role.SYSTEM, "Be brief."), Message(Role.ASSISTANT, "Yes?"), Message(Role.USER, "Fees?"))

    await hear(speaker, replace(ask(knobs=knobs, schema=SCHEMA, keep_alive="5m"), messages=turns))

    body = server.requests_for("/api/chat")[0].body
    assert body == {
        "model": MODEL,
        "messages": [{"role": m.role.value, "content": m.content} for m in turns],
        "stream": True,
        "keep_alive": "5m",
        "truncate": False,
        "shift": False,
        "format": SCHEMA,
        "options": {
            "temperature": 0.1,
            "top_p": 0.8,
            "top_k": 7,
            "repeat_penalty": 1.2,
            "num_ctx": 8192,
            "num_predict": 99,
            "stop": ["§"],
            "seed": 3,
            "presence_penalty": 0.1,
            "frequency_penalty": 0.2,
        },
    }
    assert server.generations[0].unknown_options == ()


async def test_thinking_is_switched_off_by_name(server, speaker):
    await hear(speaker, ask(think=False))

    assert server.requests_for("/api/chat")[0].body["think"] is False


async def test_half_a_surrogate_pair_does_not_stop_a_question(server, speaker):
    text, _ = await hear(speaker, ask("What is \ud83d?"))

    assert text


async def test_unset_knobs_and_thinking_are_left_to_the_host(server, speaker):
    await hear(speaker)

    body = server.requests_for("/api/chat")[0].body
    assert body["options"].keys() == {"temperature", "top_p", "num_ctx", "num_predict"}
    assert {"think", "format"}.isdisjoint(body)
    assert body["keep_alive"] == "30m"


async def test_a_schema_is_kept(server, speaker):
    text, _ = await hear(speaker, ask("Answer in JSON.", schema=SCHEMA))

    assert {"summary", "score"} <= json.loads(text).keys()


@pytest.mark.parametrize(
    ("ratio", "chars", "fits"), [(None, 16_000, True), (None, 24_000, False), (2.0, 12_000, False)]
)
async def test_a_prompt_that_clearly_cannot_fit_is_not_sent(server, speaker, ratio, chars, fits):
    request = ask("fee " * (chars // 4), knobs=Knobs(num_ctx=4096), chars_per_token=ratio)

    if fits:
        await hear(speaker, request)
    else:
        with pytest.raises(PromptTooLong, match=f"{chars} characters"):
            await hear(speaker, request)

    assert len(server.requests_for("/api/chat")) == fits
