"""A model's words below the least quality are reported, and the run says so; the rules' own words never are."""

import logging
from typing import Any

import pytest

from recommendations.domain.advice import Engine
from recommendations.models import RecommendationRun, Threshold
from recommendations.services import thresholds
from recommendations.services.collect import Advice
from recommendations.services.quality_bar import QualityBar
from tests.journeys import inside
from tests.journeys.inside import let_echo_speak
from tests.journeys.stage import Stage

LOGGER = "recommendations.services.store"


def advised(stage: Stage, *, engine: Engine = Engine.V2) -> Advice:
    return inside.advised(stage, engine=engine)


def set_bar(**values: float) -> None:
    for name, value in values.items():
        Threshold.objects.filter(rule="quality", name=name).update(value=value)


def told(caplog: pytest.LogCaptureFixture) -> list[Any]:
    return [record for record in caplog.records if record.message == "recommendations.quality.low"]


@pytest.mark.parametrize(
    ("bar", "score", "expected"),
    [
        (QualityBar(0.7, True), 0.69, True),
        (QualityBar(0.7, True), 0.70, False),
        (QualityBar(0.7, True), None, False),
        (QualityBar(0.7, False), 0.1, False),
    ],
)
def test_what_misses_the_bar(bar: QualityBar, score: float | None, expected: bool) -> None:
    assert bar.is_missed_by(score) is expected


def test_low_quality_is_logged_once_and_stands_in_the_run(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    let_echo_speak()
    set_bar(min_score=1.0)  # echo repeats too much to be perfect

    with caplog.at_level(logging.WARNING, logger=LOGGER):
        first, again = advised(stage), advised(stage)

    run = RecommendationRun.objects.earliest("started_at")
    assert [record.run_id for record in told(caplog)] == [first.completed["run_id"]] == [str(run.pk)]
    assert "less than 1.00" in first.completed["note"]
    assert run.response["note"] == first.completed["note"] == again.completed["note"]
    assert again.completed["cached"] is True


@pytest.mark.parametrize("bar", [{"min_score": 0.0}, {"min_score": 1.0, "is_monitored": 0.0}])
def test_enough_quality_and_a_bar_that_is_off_are_silent(
    stage: Stage, caplog: pytest.LogCaptureFixture, bar: dict[str, float]
) -> None:
    let_echo_speak()
    set_bar(**bar)

    with caplog.at_level(logging.WARNING, logger=LOGGER):
        assert advised(stage).completed["note"] == ""

    assert told(caplog) == []


def test_the_rules_own_words_are_not_judged(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    set_bar(min_score=1.0)

    with caplog.at_level(logging.WARNING, logger=LOGGER):
        advised(stage, engine=Engine.RULES)

    assert told(caplog) == []


def test_the_bar_goes_back_to_what_was_loaded(stage: Stage) -> None:
    set_bar(min_score=0.2)

    assert thresholds.reset(Threshold.objects.filter(rule="quality")) == 1
    assert Threshold.objects.get(rule="quality", name="min_score").value == 0.7
