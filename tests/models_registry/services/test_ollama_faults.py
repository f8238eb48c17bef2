"""What each fault of a host does to a turn: another model answers, or it is told; the ledger knows which."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from models_registry.domain.budget import RetryBudget
from models_registry.domain.chat import (
    Candidate,
    Finished,
    GenerationPlan,
    Knobs,
    Message,
    Outcome,
    Piece,
    Role,
    Started,
    Text,
)
from models_registry.domain.errors import GenerationInterrupted, ModelError, NoModelAvailable
from models_registry.services.generate import Speech
from tests.models_registry.conftest import QUICK, endpoint_of, overhear
from tests.models_registry.providers.ollama_faults import SPEAKING, Case, only_chat
from tests.servers.ollama import OllamaServer

pytestmark = pytest.mark.django_db(transaction=True)  # breakers are told how it went
FAULTY, SOUND = "phi3:medium", "llama3:8b-instruct"
TIMEOUTS = replace(QUICK, first_token_s=1.5, idle_s=1.0)
TURNS = (Message(Role.SYSTEM, "You advise."), Message(Role.USER, "Why are my fees low? Answer in JSON."))

WHOLE = tuple(case for case in SPEAKING if case.error is None)
BEFORE = tuple(case for case in SPEAKING if case.error and not case.said)
AFTER = tuple(case for case in SPEAKING if case.error and case.said)


@pytest.fixture
def sound() -> Iterator[OllamaServer]:
    with OllamaServer([SOUND], resident=[SOUND]) as running:
        yield running


@contextmanager
def faulty_host(case: Case) -> Iterator[OllamaServer]:
    """Yield a host that has the fault for whatever it is asked to say."""
    with OllamaServer([FAULTY], scenario=only_chat(case)) as running:
        yield running


def plan(case: Case, faulty: OllamaServer, *others: OllamaServer) -> GenerationPlan:
    """Return a plan whose first candidate has the fault. Each case has hosts of its own: no memory of failures."""
    slug = case.name.replace(" ", "-")
    first = Candidate(endpoint_of(faulty, slug=f"faulty-{slug}", timeouts=TIMEOUTS), FAULTY)
    rest = [Candidate(endpoint_of(one, slug=f"sound-{slug}", timeouts=TIMEOUTS), SOUND) for one in others]
    return GenerationPlan(
        purpose="advice",
        query_type="detailed",
        candidates=(first, *rest),
        knobs=Knobs(max_tokens=200),
        strategy="detailed",
    )


async def listen(speech: Speech) -> tuple[list[Piece], ModelError | None]:
    heard: list[Piece] = []
    failure: ModelError | None = None
    try:
        await overhear(speech.pieces(), heard)
    except ModelError as exc:
        failure = exc
    return heard, failure


def voices(heard: list[Piece]) -> list[str]:
    return [piece.model for piece in heard if isinstance(piece, Started)]


def code_of(case: Case) -> str:
    return case.error.code if case.error else ""


def words(heard: list[Piece]) -> str:
    return "".join(piece.content for piece in heard if isinstance(piece, Text))


# One test per table, a subtest per case: emptying the database after each case would take longer than the cases.


async def test_an_odd_but_whole_answer_is_the_answer(subtests: pytest.Subtests, sound: OllamaServer) -> None:
    for case in WHOLE:
        with subtests.test(case.name), faulty_host(case) as faulty:
            speech = Speech(plan(case, faulty, sound), TURNS, schema=case.schema, budget=RetryBudget())

            heard, failure = await listen(speech)

            assert failure is None
            assert voices(heard) == [FAULTY]
            assert isinstance(heard[-1], Finished)
            assert (speech.record().outcome, speech.record().error_code) == (Outcome.COMPLETED, "")
            assert speech.record().fell_back_from == ()
    assert sound.generations == ()


async def test_a_fault_before_the_first_word_lets_the_next_model_answer(
    subtests: pytest.Subtests, sound: OllamaServer
) -> None:
    for case in BEFORE:
        with subtests.test(case.name), faulty_host(case) as faulty:
            speech = Speech(plan(case, faulty, sound), TURNS, schema=case.schema, budget=RetryBudget())

            heard, failure = await listen(speech)

            assert failure is None
            assert voices(heard) == [SOUND]
            assert words(heard) == sound.generations[-1].text
            record = speech.record()
            assert (record.outcome, record.error_code, record.model) == (Outcome.COMPLETED, "", SOUND)
            assert record.fell_back_from == (FAULTY,)
            assert [(attempt.model, attempt.error_code) for attempt in record.attempts] == [
                (FAULTY, code_of(case)),
                (SOUND, ""),
            ]


async def test_with_nobody_else_to_ask_it_is_a_failure(subtests: pytest.Subtests) -> None:
    for case in BEFORE:
        with subtests.test(case.name), faulty_host(case) as faulty:
            speech = Speech(plan(case, faulty), TURNS, schema=case.schema, budget=RetryBudget())

            heard, failure = await listen(speech)

            assert type(failure) is NoModelAvailable
            assert type(failure.__cause__) is case.error
            assert voices(heard) == []
            assert words(heard) == ""
            assert not any(isinstance(piece, Finished) for piece in heard)
            assert (speech.record().outcome, speech.record().error_code) == (Outcome.FAILED, NoModelAvailable.code)


async def test_a_fault_after_the_first_word_is_told_and_no_other_voice_is_heard(
    subtests: pytest.Subtests, sound: OllamaServer
) -> None:
    for case in AFTER:
        with subtests.test(case.name), faulty_host(case) as faulty:
            speech = Speech(plan(case, faulty, sound), TURNS, schema=case.schema, budget=RetryBudget())

            heard, failure = await listen(speech)

            assert type(failure) is GenerationInterrupted
            assert type(failure.__cause__) is case.error
            assert voices(heard) == [FAULTY]
            assert words(heard)
            assert not any(isinstance(piece, Finished) for piece in heard)
            record = speech.record()
            assert (record.outcome, record.error_code) == (Outcome.FAILED, GenerationInterrupted.code)
            assert record.generated_tokens is None
            assert [attempt.error_code for attempt in record.attempts] == [code_of(case)]
    assert sound.generations == ()
