"""What the rules say of a node as a whole: each kind of analysis complete, on every node, in two languages."""

import re

import pytest

from models_registry.domain.query_types import QueryType
from recommendations.domain.contract import deadline_hours, expected_impact, problem, validation
from recommendations.domain.findings.catalog import examine
from recommendations.domain.overview import Seen, analysis, summary
from recommendations.domain.quality import speaks
from recommendations.domain.recommendation import recommend
from recommendations.domain.scoring import Weights
from recommendations.domain.shapes import SHAPES, merged
from tests.recommendations.domain import scenarios
from tests.recommendations.domain.factories import AT

EVERY_NODE = (*scenarios.ALL, scenarios.huge)


def seen(build, lang: str = "en") -> Seen:
    facts = build()
    examination = examine(facts)
    return Seen(facts, examination, recommend(facts, examination, Weights(), at=AT, lang=lang), lang)


@pytest.mark.parametrize("lang", ["en", "fr"])
@pytest.mark.parametrize("build", EVERY_NODE, ids=lambda build: build.__name__)
def test_every_kind_of_analysis_is_complete_on_every_node(build, lang: str) -> None:
    one = seen(build, lang)

    assert summary(one)
    for kind, shape in SHAPES.items():
        parts = analysis(one, kind)
        assert list(parts) == [part.name for part in shape.parts]
        for part in shape.parts:
            value = parts[part.name]
            assert isinstance(value, list) is part.is_list
            assert value or (part.name, one.items) == ("scores", ())
            assert not part.is_list or part.least <= len(value) <= part.most


def test_a_quick_reading_has_three_to_five_points() -> None:
    assert all(3 <= len(analysis(seen(build), QueryType.QUICK)["key_points"]) <= 5 for build in EVERY_NODE)


def test_the_gap_to_the_goal_is_told() -> None:
    parts = analysis(seen(scenarios.low_uptime), QueryType.DETAILED)

    assert parts["weaknesses"][0] == "Uptime is 85.0 %, 13.0 points short of the goal of 98 %."


def test_a_ratio_is_told_in_percent() -> None:
    one = seen(scenarios.low_uptime)

    assert analysis(one, QueryType.TROUBLESHOOTING)["diagnosis"][0] == "Confirm: our uptime is 85.0 %."
    assert analysis(one, QueryType.DETAILED)["follow_up"][0].startswith("uptime: 98.0 to 100.0 % within 30 days.")


def test_a_plan_puts_what_can_be_undone_first_and_a_close_last() -> None:
    steps = analysis(seen(scenarios.dead), QueryType.STRATEGIC)["steps"]

    assert "closing" in steps[-1]
    assert steps[-1].startswith("Months 4 to 6")


def test_french_findings_are_french_and_keep_their_numbers() -> None:
    for build in EVERY_NODE:
        for ours, french in zip(seen(build).items, seen(build, "fr").items, strict=True):
            assert (ours.finding_key, ours.score) == (french.finding_key, french.score)
            assert ours.tracking_id == french.tracking_id
            assert speaks(f"{french.title}. {french.explanation}", lang="fr") is not False
            assert [one.value for one in ours.evidence] == [one.value for one in french.evidence]


def test_the_words_beside_a_command_are_french_and_the_command_stays() -> None:
    (ours,) = [item for item in seen(scenarios.dead).items if item.rule == "dead_channel"]
    (french,) = [item for item in seen(scenarios.dead, "fr").items if item.rule == "dead_channel"]

    assert ours.commands is not None
    assert french.commands is not None
    assert "ne se rouvre pas" in (french.commands.cannot_undo or "")
    assert french.commands.lnd.command == ours.commands.lnd.command


def test_a_title_in_french_uses_french_numbers() -> None:
    titles = [item.title for item in seen(scenarios.overpriced, "fr").items]

    assert "Baisser les frais du canal 800001x1x0 de 2\u202f000 à 1\u202f000 ppm" in titles
    assert not any(re.search(r"\d,\d{3}", title) for title in titles)


def test_a_models_words_take_the_place_of_ours_and_never_of_numbers() -> None:
    shape = SHAPES[QueryType.SCORING]

    parts = merged({"comparison": "ours", "scores": [1]}, {"comparison": "said", "scores": [99]}, shape)

    assert parts == {"comparison": "said", "scores": [1]}


def test_every_recommendation_promises_what_can_be_checked() -> None:
    for item in seen(scenarios.unbalanced).items:
        assert problem(item.to_payload()) == ""
        assert validation(item)["within_days"] >= 1
        expected = expected_impact(item)
        assert expected is None or expected["low"] <= expected["high"]


@pytest.mark.parametrize("change", [{"score": 101}, {"confidence": 1.2}, {"priority": "huge"}, {"evidence": []}])
def test_a_payload_outside_its_ranges_breaks_the_contract(change) -> None:
    (item, *_) = seen(scenarios.unbalanced).items

    assert problem({**item.to_payload(), **change})


def test_deadlines_follow_the_priority() -> None:
    hours = [deadline_hours(level) for level in type(seen(scenarios.unbalanced).items[0].priority)]

    assert hours == [24, 168, 720, None, None]
