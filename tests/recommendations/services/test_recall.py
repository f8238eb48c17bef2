"""What a model said is remembered for exactly what it was told; numbers and commands are computed anew each time."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core.cache import cache

from models_registry.models import Generation, LanguageModel, Route, Strategy
from models_registry.services import routes
from rag.models import PromptRevision
from recommendations.domain.advice import Engine
from recommendations.models import Threshold
from recommendations.services import decide
from recommendations.services.collect import Advice
from recommendations.services.recall import recall, remember
from tests.journeys import inside
from tests.journeys.inside import let_echo_speak, turn, types
from tests.journeys.stage import Stage

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture(autouse=True)
def echo(stage: Stage) -> None:
    let_echo_speak()
    Threshold.objects.filter(rule="quality", name="min_score").update(value=0.0)  # echo's words are poor: one try


def advised(stage: Stage, **changes: Any) -> Advice:
    return inside.advised(stage, **{"engine": Engine.V2, **changes})


def test_the_second_request_is_answered_from_memory(stage: Stage) -> None:
    first = advised(stage)
    second = turn(stage, engine=Engine.V2)

    assert Generation.objects.count() == 1
    assert first.completed["cached"] is False
    assert "cached_data" in types(second)
    assert "token" not in types(second)
    assert second[-1].data["cached"] is True
    assert second[-1].data["model_used"] == first.completed["model_used"] == "echo"


def test_a_cache_that_is_away_costs_the_memory_not_the_advice(stage: Stage, settings: Any) -> None:
    away = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1"}
    settings.CACHES = {"default": away}

    first, second = advised(stage), advised(stage)

    assert Generation.objects.count() == 2
    assert len(second.recommendations) == len(first.recommendations) > 0


def test_numbers_and_times_are_of_the_second_request(stage: Stage) -> None:
    later = stage.demo.at + 5 * MINUTE

    first, second = advised(stage), advised(stage, at=later)

    assert second.completed["cached"] is True
    assert {item["generated_at"] for item in second.recommendations} == {later.isoformat()}
    commands = [{item["id"]: item["commands"] for item in advice.recommendations} for advice in (first, second)]
    assert commands[0] == commands[1]


def test_the_aging_of_the_facts_alone_does_not_empty_the_memory(stage: Stage) -> None:
    advised(stage)

    hits = [advised(stage, at=stage.demo.at + minutes * MINUTE).completed["cached"] for minutes in range(1, 10)]

    assert hits.count(True) >= 7  # a score may pass a rounding point, all of them may not


def test_who_does_not_want_it_is_answered_anew(stage: Stage) -> None:
    advised(stage)

    assert advised(stage, use_cache=False).completed["cached"] is False
    assert Generation.objects.count() == 2


@pytest.mark.parametrize(
    "change",
    [
        lambda stage: advised(stage, lang="fr"),
        lambda stage: advised(stage, user=None),
        lambda stage: advised(stage, goal="quick_wins"),
    ],
    ids=["another language", "another reader", "another goal"],
)
def test_another_question_is_not_answered_from_memory(stage: Stage, change: Any) -> None:
    advised(stage)

    assert change(stage).completed["cached"] is False


@pytest.mark.parametrize(
    "edit",
    [
        lambda: Strategy.objects.update(temperature=1.5),
        lambda: LanguageModel.objects.update(digest="sha256:other"),
        lambda: Threshold.objects.filter(rule="dead_channel").update(value=10_000),
    ],
    ids=["a knob", "another model under the same tag", "thresholds that remove findings"],
)
def test_an_edited_row_is_not_answered_from_memory(stage: Stage, edit: Any) -> None:
    advised(stage)
    edit()

    assert advised(stage).completed["cached"] is False


def test_another_prompt_is_not_answered_from_memory(stage: Stage) -> None:
    advised(stage)
    active = PromptRevision.objects.get(purpose="advice:detailed", lang="en", is_active=True)
    PromptRevision.objects.filter(pk=active.pk).update(is_active=False)
    PromptRevision.objects.create(purpose=active.purpose, lang="en", text="Speak plainly.", is_active=True)

    assert advised(stage).completed["cached"] is False


def test_dismissed_advice_does_not_come_back_from_memory(stage: Stage) -> None:
    dismissed = advised(stage).recommendations[0]["id"]
    decide.reject(UUID(dismissed), user=stage.user, actor="user:1", at=stage.demo.at)

    again = advised(stage)

    assert dismissed not in [item["id"] for item in again.recommendations]


def test_words_that_were_not_believed_are_not_the_models_from_memory_either(stage: Stage) -> None:
    first, second = advised(stage), advised(stage)  # echo repeats too much to be believed

    assert second.completed["cached"] is True
    assert {item["spoken_by"] for item in first.recommendations} == {None}
    assert {item["spoken_by"] for item in second.recommendations} == {None}


def test_a_degraded_answer_is_not_remembered(stage: Stage) -> None:
    Strategy.objects.update(max_tokens=1)  # echo then breaks off in the middle of its document

    first = advised(stage)

    assert first.completed["degraded"] is True
    assert advised(stage).completed["cached"] is False


def test_only_json_text_is_kept(stage: Stage) -> None:
    remember("key", {"model": "m", "items": []})

    assert cache.get("key") == '{"model": "m", "items": []}'
    assert recall("key") == {"model": "m", "items": []}
    assert recall("another") is None


def test_a_route_that_went_back_and_forth_does_not_meet_what_was_said_before(stage: Stage) -> None:
    route = Route.objects.get(purpose="advice")
    advised(stage)
    assert advised(stage).completed["cached"] is True

    routes.change(route.pk, kinds=[*route.kinds, "openai"], model="")
    routes.roll_back(route.pk)

    assert advised(stage).completed["cached"] is False
