"""A node described in prose: by a model, or by the rules' own lines; no advice rows either way."""

import pytest

from models_registry.models import Generation
from rag.domain.events import Event, EventType
from recommendations.domain.briefing import lines
from recommendations.domain.quality import speaks
from recommendations.models import Recommendation, RecommendationRun
from recommendations.services.analyze import analyze
from recommendations.services.snapshot import node_facts
from tests.journeys.inside import heard, let_echo_speak, request_of, types
from tests.journeys.stage import Stage


def analysis(stage: Stage, **changes) -> list[Event]:
    return heard(analyze(request_of(stage, **changes), at=stage.demo.at))


def test_without_a_model_every_fact_is_told_and_every_finding_named(stage: Stage) -> None:
    events = analysis(stage)

    text = events[-1].data["analysis"]
    facts = node_facts(stage.pubkey, user=stage.user, at=stage.demo.at)
    assert all(f"- {line}" in text for line in lines(facts))
    assert text.count("\n- ") > len(lines(facts))
    assert (events[-1].data["degraded"], events[-1].data["model_used"]) == (True, None)


def test_without_a_model_a_french_reader_is_told_every_fact_in_french(stage: Stage) -> None:
    told = analysis(stage, lang="fr")[-1].data

    said = [line for line in told["analysis"].splitlines() if line]
    facts = node_facts(stage.pubkey, user=stage.user, at=stage.demo.at)
    assert (said[0], "Constats" in said) == ("Faits", True)
    assert [line for line in lines(facts) if f"- {line}" in said] == []
    assert [line for line in said if speaks(line, lang="fr") is False] == []
    assert speaks(told["note"], lang="fr")


def test_the_steps_are_those_of_every_turn(stage: Stage) -> None:
    events = analysis(stage)

    steps = [(kind, event.progress) for kind, event in zip(types(events), events, strict=True)]
    assert steps[:3] == [("status", 0), ("node_info", 25), ("technical_recommendations", 50)]
    assert steps[-2:] == [("ai_analysis", 90), ("complete", 100)]
    assert [event.progress for event in events] == sorted(event.progress for event in events)


def test_a_model_describes_in_its_own_words_and_is_named(stage: Stage) -> None:
    let_echo_speak()

    events = analysis(stage)

    told = events[-1].data
    pieces = "".join(event.data["text"] for event in events if event.type is EventType.TOKEN)
    assert (told["model_used"], told["degraded"]) == ("echo", False)
    assert pieces == told["analysis"]
    assert told["citations"]
    assert Generation.objects.get().outcome == "completed"


@pytest.mark.parametrize("is_spoken", [False, True])
def test_a_description_leaves_no_advice_behind(stage: Stage, is_spoken: bool) -> None:
    if is_spoken:
        let_echo_speak()

    analysis(stage)

    assert not Recommendation.objects.exists()
    assert not RecommendationRun.objects.exists()


def test_an_unknown_node_ends_with_one_error(stage: Stage) -> None:
    events = analysis(stage, pubkey="02" + "ab" * 32)

    assert types(events) == ["status", "error"]
    assert events[-1].data["code"] == "node_not_found"
