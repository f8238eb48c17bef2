"""What a stream says while the model is not free, and who answers in the end."""

import pytest

from models_registry.domain.chat import GenerationPlan, Knobs, Loading, Queued, Started
from models_registry.domain.errors import (
    GenerationInterrupted,
    ModelError,
    NoModelAvailable,
    ProviderTimeout,
    QueueFull,
    QuotaExceeded,
    WaitTooLong,
)
from rag.domain.busy import capacity_refusal
from rag.domain.events import MOST_REASONS, Event, EventType, voice, waiting
from rag.domain.notes import degraded_note


def plan(**more) -> GenerationPlan:
    return GenerationPlan("answer", "quick", (), Knobs(), "quick", **more)


def test_a_place_in_line_and_a_load_are_told_with_their_times() -> None:
    assert waiting(Queued("phi3", 3, 20_000)) == Event(
        EventType.QUEUED, 50, {"model": "phi3", "position": 3, "expected_wait_ms": 20_000}
    )
    assert waiting(Loading("phi3", "attic", 1200, None)) == Event(
        EventType.LOADING, 50, {"model": "phi3", "host": "attic", "elapsed_ms": 1200, "expected_ms": None}
    )


def test_who_answers_is_told_with_the_reasons_of_the_decision() -> None:
    candidates = [{"model": f"m{n}", "host": "attic", "reason": "first"} for n in range(20)]

    told = voice(
        Started("m0", "attic", ("m9",)), plan=plan(decision={"candidates": candidates}), message="!", progress=50
    )

    assert (told.type, told.progress) == (EventType.STATUS, 50)
    assert (told.data["model"], told.data["fell_back_from"]) == ("m0", ["m9"])
    assert told.data["why"][0] == "m0 on attic: first"
    assert len(told.data["why"]) == MOST_REASONS


def test_without_a_decision_the_plans_reasons_are_told() -> None:
    told = voice(Started("m0", "attic"), plan=plan(reasons=("m1: not installed",)), message="!", progress=50)

    assert told.data["why"] == ["m1: not installed"]


def behind(cause: Exception) -> ModelError:
    failure = NoModelAvailable()
    failure.__cause__ = cause
    return failure


FULL, LONG = QueueFull(retry_after_s=4.2), WaitTooLong()
MANY = QuotaExceeded()  # the asker has too many turns open


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (FULL, FULL),
        (LONG, LONG),
        (behind(FULL), FULL),
        (behind(ProviderTimeout()), None),
        (MANY, MANY),
        (GenerationInterrupted(), None),
    ],
)
def test_only_want_of_room_counts_as_busy(failure: ModelError, expected: ModelError | None) -> None:
    assert capacity_refusal(failure) is expected


@pytest.mark.parametrize(
    ("refusal", "lang", "words"),
    [
        (None, "en", "No language model answered."),
        (FULL, "en", "ask again in about 5 s."),
        (LONG, "en", "ask again a little later."),
        (FULL, "fr", "reposez la question dans environ 5 s."),
        (LONG, "fr", "reposez la question un peu plus tard."),
    ],
)
def test_the_note_says_why_no_model_answered_and_when_to_return(refusal, lang: str, words: str) -> None:
    assert words in degraded_note(refusal, lang=lang)
