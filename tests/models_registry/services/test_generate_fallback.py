"""Before the first word the next model takes over; after it no other voice is heard."""

from dataclasses import replace

import pytest

from models_registry.domain.chat import Candidate, Endpoint, Outcome, Piece, Started
from models_registry.domain.errors import AnswerCutOff, GenerationInterrupted, ModelNotInstalled, NoModelAvailable
from models_registry.services.generate import Speech
from tests.models_registry.conftest import SCHEMA, overhear
from tests.models_registry.services.speaking import MODELS, TURNS, counted, listen, plan, server, words
from tests.servers.ollama import Fault, Scenario

__all__ = ["server"]

pytestmark = pytest.mark.django_db(transaction=True)  # breakers are told how it went


async def test_two_fail_and_the_third_answers_alone(server):
    server.fail("phi3:medium", "error_404")
    server.fail("llama3:8b-instruct", "error_500")
    before = counted("rag_ollama_fallback_total")

    speech = Speech(plan(server), TURNS)
    heard = await listen(speech)

    assert heard[0] == Started("mistral:7b", "ollama", fell_back_from=("phi3:medium", "llama3:8b-instruct"))
    assert words(heard) == server.generations[-1].text
    assert speech.record().fell_back_from == ("phi3:medium", "llama3:8b-instruct")
    assert counted("rag_ollama_fallback_total") == before + 2
    assert (
        counted(
            "rag_model_fallbacks_total", from_model="phi3-medium", to_model="mistral-7b", reason="model_not_installed"
        )
        >= 1
    )


@pytest.mark.parametrize(
    "fault",
    [
        "error_400",
        "error_403",
        "error_503",
        "stall_before_headers",
        "stall_after_headers",
        "reset_before_headers",
        "reset_after_headers",
        "error_at_once",
        "empty_answer",
        "json_whitespace",
        Fault(Scenario.EOF_WITHOUT_DONE, after=0),
    ],
)
async def test_whatever_happens_before_the_first_word_the_next_model_takes_over(server, fault):
    server.fail("phi3:medium", fault)

    heard = await listen(Speech(plan(server), TURNS))

    started = next(piece for piece in heard if isinstance(piece, Started))
    assert started.model == "llama3:8b-instruct"
    assert started.fell_back_from == ("phi3:medium",)
    assert not words(heard[: heard.index(started)])


@pytest.mark.parametrize(
    "fault", ["error_line", "eof_without_done", "cut_mid_line", "repeat_abort", "reset_mid_stream", "stall_mid_stream"]
)
async def test_whatever_happens_after_it_the_turn_is_interrupted_and_no_other_voice_is_heard(server, fault):
    server.fail("phi3:medium", fault)
    speech = Speech(plan(server), TURNS)

    heard: list[Piece] = []
    with pytest.raises(GenerationInterrupted) as caught:
        await overhear(speech.pieces(), heard)

    assert heard[0] == Started("phi3:medium", "ollama")
    assert words(heard)
    assert caught.value.__cause__ is not None
    assert caught.value.retryable
    assert len(server.generations) == 1
    record = speech.record()
    assert (record.outcome, record.error_code) == (Outcome.FAILED, "generation_interrupted")
    assert record.model == "phi3:medium"


async def test_a_document_cut_off_is_an_interruption_with_its_cause(server):
    server.fail("phi3:medium", "json_cut_off")

    with pytest.raises(GenerationInterrupted) as caught:
        await listen(Speech(plan(server), TURNS, schema=SCHEMA))

    assert isinstance(caught.value.__cause__, AnswerCutOff)


async def test_when_all_fail_no_model_is_available(server):
    server.use("error_404")
    speech = Speech(plan(server), TURNS)

    with pytest.raises(NoModelAvailable, match="3 were asked") as caught:
        await listen(speech)

    assert isinstance(caught.value.__cause__, ModelNotInstalled)
    record = speech.record()
    assert (record.outcome, record.error_code, record.model) == (Outcome.FAILED, "no_model_available", "")
    assert record.fell_back_from == MODELS


async def test_without_a_candidate_no_model_is_available(server):
    with pytest.raises(NoModelAvailable, match="0 were asked") as caught:
        await listen(Speech(replace(plan(server), candidates=()), TURNS))

    assert caught.value.__cause__ is None


async def test_a_host_of_an_unknown_kind_is_passed_over(server):
    found = plan(server)
    strange = Candidate(endpoint=Endpoint("x", "anthropic", "https://x"), model="claude")

    heard = await listen(Speech(replace(found, candidates=(strange, *found.candidates)), TURNS))

    assert heard[0].fell_back_from == ("claude",)
