"""Each fault an Ollama host may show has one outcome, and none of them passes for an answer."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models_registry.domain.chat import Finished, Knobs, Piece, Text
from models_registry.domain.errors import ModelError
from models_registry.domain.residency import PullProgress
from models_registry.providers import catalog
from tests.models_registry.conftest import MODEL, QUICK, ask, endpoint_of, ollama_at, overhear
from tests.models_registry.providers.ollama_faults import (
    ALL,
    EMBEDDING,
    PULLING,
    RESIDENCY,
    SPEAKING,
    Case,
    only_chat,
)
from tests.servers.ollama import Fault, OllamaServer, Scenario

PATIENT = replace(QUICK, first_token_s=10.0, idle_s=10.0, total_s=30.0)  # for whole answers, on a busy machine
HASTY = replace(QUICK, first_token_s=0.6, idle_s=0.3)
LONG_PROMPT = "Why are my fees too low? " * 480  # so long that half a window of it tells of a cut
EMBEDDER = "nomic-embed-text"
WIDTH = 768
TEXTS = ("good", "better", "best")


def cases(table: tuple[Case, ...]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", table, ids=[case.name for case in table])


def stalls(case: Case) -> bool:
    return case.fault.scenario.startswith(("stall", "pull_stall"))


def question(case: Case):
    knobs = Knobs(num_ctx=4096) if case.is_truncated else Knobs()
    text = LONG_PROMPT if case.is_truncated else "Why are my fees too low? Answer in JSON."
    return ask(text, schema=case.schema, knobs=knobs)


def speaker_for(server: OllamaServer, case: Case):
    return ollama_at(endpoint_of(server, timeouts=HASTY if stalls(case) else PATIENT))


@pytest.fixture
def host() -> Iterator[OllamaServer]:
    with OllamaServer() as running:
        yield running


def test_the_table_names_every_scenario_of_the_server() -> None:
    assert {case.fault.scenario for case in ALL} == set(Scenario)
    assert len({case.name for case in ALL}) == len(ALL)


@cases(SPEAKING)
async def test_a_fault_has_its_outcome(host: OllamaServer, case: Case) -> None:
    host.use(only_chat(case))
    heard: list[Piece] = []
    failure: ModelError | None = None

    try:
        await overhear(speaker_for(host, case).stream(question(case)), heard)
    except ModelError as exc:
        failure = exc
    await catalog.close()

    assert type(failure) is (case.error or type(None))
    assert any(isinstance(piece, Text) for piece in heard) is case.said
    assert len(host.requests_for("/api/chat")) == case.asked
    ends = [piece for piece in heard if isinstance(piece, Finished)]
    assert [(end.reason, end.truncation_suspected) for end in ends] == (
        [] if failure else [(case.reason, case.is_truncated)]
    )


@cases(tuple(case for case in SPEAKING if stalls(case)))
async def test_a_host_that_stalls_is_hung_up_on(host: OllamaServer, case: Case) -> None:
    host.use(only_chat(case))

    with pytest.raises(ModelError):
        await overhear(speaker_for(host, case).stream(question(case)), [])

    await host.until(lambda server: server.requests_for("/api/chat")[0].hung_up)
    await catalog.close()


@given(
    scenario=st.sampled_from(
        [Scenario.EOF_WITHOUT_DONE, Scenario.ERROR_LINE, Scenario.CUT_MID_LINE, Scenario.RESET_MID_STREAM]
    ),
    after=st.integers(0, 24),
    words=st.integers(1, 24),
)
@settings(max_examples=40, deadline=None)
def test_wherever_a_stream_breaks_off_it_is_no_answer(
    unbroken: OllamaServer, scenario: Scenario, after: int, words: int
) -> None:
    unbroken.respond_with(lambda _request: ["word "] * words)
    unbroken.use(Fault(scenario, after=after))
    heard: list[Piece] = []

    async def listen() -> None:
        timeouts = replace(PATIENT, attempts=1)
        await overhear(ollama_at(endpoint_of(unbroken, timeouts=timeouts)).stream(ask()), heard)

    with pytest.raises(ModelError):
        asyncio.run(listen())
    assert not any(isinstance(piece, Finished) for piece in heard)
    assert sum(isinstance(piece, Text) for piece in heard) <= min(after, words)


@pytest.fixture(scope="module")
def unbroken() -> Iterator[OllamaServer]:
    """One server for all examples of a property."""
    with OllamaServer() as running:
        yield running


# The other calls


@cases(EMBEDDING)
async def test_a_fault_of_an_embedding_has_its_outcome(host: OllamaServer, case: Case) -> None:
    host.use(case.fault)
    texts = (*TEXTS, "bad") if case.note == "with a bad text" else TEXTS
    failure: ModelError | None = None

    try:
        embedded = await speaker_for(host, case).embed_batch(texts, model=EMBEDDER, dimension=WIDTH)
        assert embedded.vectors.shape == (len(texts), WIDTH)
    except ModelError as exc:
        failure = exc
    await catalog.close()

    assert type(failure) is (case.error or type(None))
    assert len(host.requests_for("/api/embed")) == case.asked


async def follow(steps: AsyncIterator[PullProgress], told: list[PullProgress]) -> None:
    async for progress in steps:
        told.append(progress)


@cases(PULLING)
async def test_a_fault_of_a_download_has_its_outcome(host: OllamaServer, case: Case) -> None:
    host.use(case.fault)
    told: list[PullProgress] = []
    speaker = ollama_at(endpoint_of(host, timeouts=replace(HASTY, load_s=0.3)))

    with pytest.raises(ModelError) as caught:
        await follow(speaker.pull("qwen3:8b"), told)
    await catalog.close()

    assert type(caught.value) is case.error
    assert told
    assert not any(progress.is_done for progress in told)
    assert len(host.requests_for("/api/pull")) == case.asked


@cases(RESIDENCY)
async def test_a_strange_residency_is_told_as_it_is(host: OllamaServer, case: Case) -> None:
    await overhear(speaker_for(host, case).stream(ask()), [])
    host.use(case.fault)

    (model,) = await speaker_for(host, case).running()
    await catalog.close()

    assert model.name == MODEL
    assert model.stays_forever(at=datetime.now(UTC)) is (case.fault.scenario is Scenario.PS_FAR_FUTURE)
    share = {Scenario.PS_LOADING: 0.0, Scenario.PS_PARTIAL_VRAM: pytest.approx(1 / 3, abs=0.01)}
    assert model.vram_share == share.get(case.fault.scenario, 1.0)
