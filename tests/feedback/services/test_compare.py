"""Two ways of advising, side by side: equal ones are not told apart, and nothing is stored."""

import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from models_registry.models import Exposure, Rollout
from recommendations.models import Recommendation, RecommendationRun
from tests.journeys.inside import let_echo_speak
from tests.journeys.stage import Stage


def compared(stage: Stage, capsys: pytest.CaptureFixture[str], **options: Any) -> dict[str, Any]:
    call_command("ab_test", node=stage.pubkey, iterations=4, pause=0, json=True, **options)
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_equal_arms_hold_zero(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    found = compared(stage, capsys, a="rules", b="rules")

    quality, latency, shown = found["measures"]
    assert (quality["name"], quality["pairs"], quality["is_clear"], shown["is_clear"]) == ("quality", 4, False, False)
    assert quality["first"] == quality["second"] > 0.5
    assert quality["interval"] == [0.0, 0.0]
    assert latency["first"] > 0
    assert not RecommendationRun.objects.exists()
    assert not Recommendation.objects.exists()
    assert not Exposure.objects.exists()


def test_a_variant_is_compared_with_the_model_as_it_is(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    let_echo_speak()
    row = Rollout.objects.create(slug="cooler", name="Cooler", state="draft")
    row.variants.create(slug="cool", changes=[{"kind": "strategy", "temperature": 0.0}])

    call_command("ab_test", node=stage.pubkey, iterations=2, pause=0, a="v2", b="cooler:cool")

    told = capsys.readouterr().out
    assert "2 pairs: v2 against cooler:cool" in told
    assert "by a model  100% and 100%" in told


@pytest.mark.parametrize("options", [{"a": "v3"}, {"b": "gone:cool"}, {"iterations": 1}, {"node": "02" + "9" * 64}])
def test_what_cannot_be_compared_is_said(stage: Stage, options: dict[str, Any]) -> None:
    with pytest.raises(CommandError):
        call_command("ab_test", **{"node": stage.pubkey, "iterations": 2, "pause": 0, **options})
