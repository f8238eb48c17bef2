"""Clients that exist work unchanged: OpenAI's own, and one that is not built on it."""

from collections.abc import Iterator
from typing import Any

import openai
import pytest
from mistralai.client import Mistral

from models_registry.services import keys
from models_registry.services.embed import embedding_space
from tests.journeys.gateway import MODEL, let_speak
from tests.journeys.served import Served
from tests.journeys.stage import Stage
from tests.servers.ollama import OllamaServer, Scenario

pytestmark = pytest.mark.integration

HELLO: list[Any] = [{"role": "user", "content": "Why are my fees too low?"}]


@pytest.fixture
def host(stage: Stage) -> Iterator[OllamaServer]:
    with OllamaServer(num_parallel=4) as server:
        let_speak(server.url)
        yield server


@pytest.fixture
def client(served: Served, stage: Stage, host: OllamaServer) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{served.url}/v1", api_key=stage.key, max_retries=0, timeout=30) as made:
        yield made


def test_openai_lists_and_describes_models(client: openai.OpenAI) -> None:
    client.chat.completions.create(model="auto", messages=HELLO)  # somebody asked, so the host was looked at

    names = [model.id for model in client.models.list()]

    assert names[:2] == ["auto", embedding_space().model]
    assert MODEL in names
    assert client.models.retrieve(MODEL).id == MODEL


def test_openai_gets_a_whole_answer(client: openai.OpenAI, host: OllamaServer) -> None:
    answer = client.chat.completions.create(model=MODEL, messages=HELLO, temperature=0, max_tokens=50, seed=1)

    (spoken,) = host.generations
    assert answer.choices[0].message.content == spoken.text
    assert answer.choices[0].message.role == "assistant"
    assert answer.choices[0].finish_reason == "stop"
    assert answer.model == MODEL
    assert answer.usage
    assert answer.usage.completion_tokens == len(spoken.tokens)


def test_openai_gets_a_stream(client: openai.OpenAI, host: OllamaServer) -> None:
    chunks = list(
        client.chat.completions.create(
            model="auto", messages=HELLO, stream=True, stream_options={"include_usage": True}, user="somebody"
        )
    )

    said = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert said == host.generations[0].text
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"
    assert chunks[-1].usage
    assert chunks[-1].usage.total_tokens > 0


def test_openai_gets_an_answer_in_a_schema(client: openai.OpenAI, host: OllamaServer) -> None:
    schema = {"type": "object", "properties": {"score": {"type": "integer"}}, "required": ["score"]}
    form: Any = {"type": "json_schema", "json_schema": {"name": "score", "schema": schema, "strict": True}}

    client.chat.completions.create(model="auto", messages=HELLO, response_format=form)

    assert host.requests_for("/api/chat")[-1].body["format"] == schema


def test_openai_completes_a_prompt(client: openai.OpenAI, host: OllamaServer) -> None:
    whole = client.completions.create(model=MODEL, prompt="Say something.")
    pieces = list(client.completions.create(model=MODEL, prompt="Say something.", stream=True))

    assert whole.choices[0].text == host.generations[0].text
    assert "".join(piece.choices[0].text for piece in pieces) == host.generations[1].text


@pytest.mark.parametrize("model", ["auto", "nomic-embed-text"])
def test_openai_embeds(client: openai.OpenAI, model: str) -> None:
    client.chat.completions.create(model="auto", messages=HELLO)

    made = client.embeddings.create(model=model, input=["one", "two"])

    assert [entry.index for entry in made.data] == [0, 1]
    assert all(sum(value * value for value in entry.embedding) == pytest.approx(1, abs=1e-2) for entry in made.data)
    assert made.usage.prompt_tokens > 0


def test_openai_raises_the_right_error(client: openai.OpenAI, served: Served, stage: Stage) -> None:
    with pytest.raises(openai.AuthenticationError):
        client.with_options(api_key="lnr_wrong_key").models.list()
    with pytest.raises(openai.NotFoundError) as unknown:
        client.chat.completions.create(model="gpt-9", messages=HELLO)
    with pytest.raises(openai.BadRequestError) as refused:
        client.chat.completions.create(model="auto", messages=HELLO, n=3)
    scoped = client.with_options(api_key=keys.create("scoped", scopes=["rag"]).text)
    with pytest.raises(openai.PermissionDeniedError):
        scoped.chat.completions.create(model="auto", messages=HELLO)

    assert (unknown.value.code, unknown.value.param) == ("model_not_found", "model")
    assert (refused.value.code, refused.value.param) == ("unsupported_parameter", "n")


def test_openai_is_told_when_it_asks_too_often(client: openai.OpenAI) -> None:
    limited = client.with_options(api_key=keys.create("limited", requests_per_minute=1).text)
    limited.models.list()

    with pytest.raises(openai.RateLimitError) as refused:
        limited.models.list()

    assert int(refused.value.response.headers["retry-after"]) >= 1


def test_openai_hears_of_a_break_in_the_midst(client: openai.OpenAI, host: OllamaServer) -> None:
    host.use(Scenario.RESET_MID_STREAM)
    stream = client.chat.completions.create(model="auto", messages=HELLO, stream=True)

    with pytest.raises(openai.APIError) as broken:
        list(stream)

    assert broken.value.code == "generation_interrupted"


async def test_openais_async_client_may_leave(
    served: Served, stage: Stage, host: OllamaServer, client: openai.OpenAI
) -> None:
    host.pace.token_delay_s = 0.2
    host.respond_with(lambda _request: "word " * 100)
    async with openai.AsyncOpenAI(base_url=client.base_url, api_key=stage.key, max_retries=0) as gone:
        stream = await gone.chat.completions.create(model="auto", messages=HELLO, stream=True)
        async for chunk in stream:
            if chunk.choices[0].delta.content:
                break
        await stream.close()

    await host.until(lambda server: server.generations[0].closed_by_client, timeout=5)
    assert host.generations[0].tokens_after_close <= 1


def test_another_client_answers_streams_and_embeds(served: Served, stage: Stage, host: OllamaServer) -> None:
    with Mistral(api_key=stage.key, server_url=served.url) as client:
        whole = client.chat.complete(model=MODEL, messages=HELLO, max_tokens=50)
        with client.chat.stream(model="auto", messages=HELLO) as events:
            pieces = [event.data.choices[0].delta.content for event in events if event.data.choices]
        embedded = client.embeddings.create(model="auto", inputs=["one"])

    assert whole.choices[0].message
    assert whole.choices[0].message.content == host.generations[0].text
    assert "".join(piece for piece in pieces if isinstance(piece, str)) == host.generations[1].text
    assert len(embedded.data[0].embedding or ()) == embedding_space().dimension
