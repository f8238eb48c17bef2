"""Answers in the shadow: only while nobody else needs a model, compared in pairs, and nobody is told a byte of it."""

import json
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import AnonymousUser

from models_registry.domain.variants import ANSWER
from models_registry.models import Exposure, Generation, Provider, Rollout, RunningTurn, ShadowRun
from models_registry.queries.shadows import shadow_views
from models_registry.services import shadow
from rag.models import Answer
from rag.services.answer import answer
from rag.services.prepare import Ask
from rag.services.shadow_answers import run_waiting
from rag.services.unseen_answer import answer_unseen
from rag.tasks import run_shadows
from tests.journeys.inside import heard, run
from tests.rag.conftest import NOW, ollama_host
from tests.servers.ollama import OllamaServer

pytestmark = pytest.mark.django_db
QUESTION = "What is the default base fee?"
OF_THE_TURN = {"answer_id", "turn_id", "conversation_id", "processing_time_ms", "trace", "ms", "latency_ms"}


@pytest.fixture
def trial(echo: Provider) -> Rollout:
    row = Rollout.objects.create(
        slug="cooler", name="Cooler", purpose=ANSWER, state="draft", share_percent=10, shadow_since=NOW
    )
    row.variants.create(slug="cool", changes=[{"kind": "strategy", "temperature": 0.0}])
    return row


def spoken(question: str = QUESTION, **more: Any) -> str:
    """Return what the asker is told, without ids and times of this very turn."""
    asked = {"unit": "user:1", "user": None, "use_cache": False, **more}
    events = heard(answer(question, at=NOW, **asked))
    return json.dumps([(one.type, one.progress, _plain(one.data)) for one in events], default=str, sort_keys=True)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items() if name not in OF_THE_TURN}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value


def begin(trial: Rollout, **fields: Any) -> None:
    Rollout.objects.filter(pk=trial.pk).update(shadow_days=21, **fields)


def test_askers_are_told_the_same_to_the_byte_and_the_row_alone_holds_the_words(
    trial: Rollout, ollama: OllamaServer
) -> None:
    Provider.objects.filter(slug="echo").update(is_enabled=False)  # it repeats the prompt, whose boundary is random
    ollama_host(ollama.url)
    ollama.respond_with(lambda *_: "The base fee is 1,000 msat [1].")
    before = spoken()
    begin(trial)

    after = spoken()

    assert after == before
    assert "The base fee is 1,000 msat [1]." in after
    waiting = ShadowRun.objects.get()
    assert (waiting.state, waiting.variant) == ("waiting", "cool")
    assert Answer.objects.get(pk=waiting.subject["answer"]).question == QUESTION
    assert QUESTION not in json.dumps(waiting.subject)
    assert not Exposure.objects.filter(rollout=trial, unit="shadow").exists()


def test_what_waits_is_asked_again_and_only_compared(trial: Rollout) -> None:
    begin(trial)
    spoken()
    held = (Answer.objects.count(), Generation.objects.count(), Exposure.objects.count())

    done = run_shadows(unknown_argument="of a newer version")

    row, (view,) = ShadowRun.objects.get(), shadow_views(trial)
    assert (done, row.state, row.reason) == (1, "done", "")
    assert row.shadow["quality"] is not None
    assert row.shadow["model"] == "echo"
    assert (Answer.objects.count(), Generation.objects.count(), Exposure.objects.count()) == held
    assert (view.pairs, view.waiting, view.shown_quality) == (1, 0, row.shown["quality"])
    assert run_shadows() == 0


def test_while_somebody_asks_nothing_is_asked_in_the_shadow(trial: Rollout) -> None:
    begin(trial)
    spoken()
    RunningTurn.objects.create(id=uuid4(), unit="user:1", purpose="answer")

    assert run_waiting(at=NOW) == 0
    assert ShadowRun.objects.get().state == "waiting"


def test_somebody_who_comes_meanwhile_ends_it_and_it_waits_again(trial: Rollout) -> None:
    begin(trial)
    spoken()
    seconds = count()

    async def is_wanted() -> bool:
        return True

    def again(tried: shadow.Trial) -> shadow.Tried:
        ask = Ask(QUESTION, unit=shadow.UNIT, user=None, at=NOW, use_cache=False, choice=tried.choice)
        run(answer_unseen, ask, is_wanted=is_wanted, clock=lambda: float(next(seconds)))
        raise AssertionError("It was asked to the end.")

    assert shadow.run_waiting(ANSWER, again=again, at=NOW) == 0
    assert ShadowRun.objects.get().state == "waiting"


@pytest.mark.parametrize(
    "more",
    [
        {"is_for_everybody": True},
        {"force_model": "echo"},
        {"include_ai": False},
    ],
)
def test_what_nobody_asked_and_what_one_model_was_asked_for_is_not_tried(trial: Rollout, more: dict[str, Any]) -> None:
    begin(trial)

    spoken(**more)

    assert not ShadowRun.objects.exists()


def test_a_key_of_nobody_is_not_asked_again_as_somebody(trial: Rollout) -> None:
    class Key(AnonymousUser):
        is_authenticated = True  # type: ignore[assignment]  # as the principal of a key without a person

    begin(trial)

    spoken(user=Key())

    assert not ShadowRun.objects.exists()


def test_a_shadow_ends_after_its_days_and_advice_does_not_take_its_turns(trial: Rollout) -> None:
    begin(trial, shadow_since=NOW - timedelta(days=21))
    spoken()
    assert not ShadowRun.objects.exists()
    begin(trial, shadow_since=NOW)
    spoken()

    assert shadow.take("advice", at=NOW) is None


def test_an_answer_that_is_gone_is_skipped(trial: Rollout) -> None:
    begin(trial)
    spoken()
    Answer.objects.all().delete()

    assert run_waiting(at=NOW) == 1
    assert (ShadowRun.objects.get().state, ShadowRun.objects.get().reason) == ("skipped", "answer_gone")
