"""Advice put into words by a model on a real socket: one voice, honest fallback, and one end whatever happens."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from models_registry.models import Generation
from recommendations.domain.model_output import AdviceOut, parse
from recommendations.models import Recommendation, RecommendationRun
from tests.journeys import taps, voices
from tests.journeys.served import Served
from tests.journeys.stage import Stage, point_at
from tests.journeys.taps import Heard
from tests.servers.ollama import Fault, OllamaServer, Outcome, Scenario

pytestmark = pytest.mark.integration

FIRST, SECOND = "qwen2.5:14b-instruct", "llama3:8b-instruct"  # the order the shipped strategy wishes
BEFORE_A_WORD = (
    Scenario.ERROR_500,
    Scenario.ERROR_503,
    Scenario.ERROR_404,
    Scenario.ERROR_400,
    Scenario.RESET_BEFORE_HEADERS,
    Scenario.RESET_AFTER_HEADERS,
    Scenario.ERROR_AT_ONCE,
    Scenario.STALL_BEFORE_HEADERS,
    Scenario.STALL_AFTER_HEADERS,
    Scenario.JSON_WHITESPACE,
    Scenario.EMPTY_ANSWER,
    Fault(Scenario.EOF_WITHOUT_DONE, after=0),
)
AFTER_A_WORD = (
    Scenario.ERROR_LINE,
    Scenario.EOF_WITHOUT_DONE,
    Scenario.CUT_MID_LINE,
    Scenario.RESET_MID_STREAM,
    Scenario.STALL_MID_STREAM,
    Scenario.JSON_CUT_OFF,
)


def name_of(what: Scenario | Fault) -> str:
    return what.value if isinstance(what, Scenario) else f"{what.scenario.value}_at_{what.after}"


@pytest.fixture
def host(stage: Stage) -> Iterator[OllamaServer]:
    """A host with two models, impatiently asked."""
    with OllamaServer(models=(FIRST, SECOND), num_parallel=4) as server:
        point_at(server.url, first_token_s=0.6, idle_s=0.6, total_s=10.0)
        yield server


def ask(served: Served, stage: Stage, **params: Any) -> Heard:
    return taps.listen(served, taps.advice_path(stage.pubkey), key=stage.key, **params)


def ends(heard: Heard) -> list[str]:
    return [kind for kind in heard.types if kind in ("complete", "error")]


def spoken_texts(heard: Heard) -> list[str]:
    """Return the words that tokens carried: those that were checked, never the raw document."""
    texts = [event["data"]["text"] for event in heard.events if event["type"] == "token"]
    return [text for text in texts if text]


def worded(heard: Heard) -> list[str]:
    return [card["explanation"] for card in heard.cards if card["spoken_by"]]


def test_v2_streams_what_the_model_says_and_says_who_spoke(served: Served, stage: Stage, host: OllamaServer) -> None:
    host.pace.token_delay_s = 0.002

    heard = ask(served, stage)

    tokens = [moment for event, moment in zip(heard.events, heard.arrived_s, strict=True) if event["type"] == "token"]
    (generation,) = host.generations
    assert spoken_texts(heard) == worded(heard)
    assert generation.text not in "".join(spoken_texts(heard))
    assert len(set(tokens)) > len(tokens) / 2
    assert (heard.data("complete")["model_used"], heard.data("complete")["degraded"]) == (FIRST, False)
    assert generation.outcome is Outcome.DONE
    assert heard.progress == sorted(heard.progress)


def test_a_recommendation_is_shown_while_the_model_still_writes(
    served: Served, stage: Stage, host: OllamaServer
) -> None:
    host.respond_with(voices.says({}, {}, {}, limits=["No on-chain data. " * 20]))

    heard = ask(served, stage)

    first_card, last_token = heard.types.index("recommendation"), len(heard.types) - heard.types[::-1].index("token")
    assert first_card < last_token
    assert [card["spoken_by"] for card in heard.cards[:3]] == ["model"] * 3
    assert [card["explanation"] for card in heard.cards[:3]] == [voices.RATIONALE] * 3


def test_the_host_is_asked_for_a_document_under_a_schema(served: Served, stage: Stage, host: OllamaServer) -> None:
    heard = ask(served, stage)

    request = host.requests_for("/api/chat")[-1]  # a request to load the model comes before
    document = parse(host.generations[-1].text)
    assert request.body["stream"] is True
    assert request.body["format"]["required"] == ["summary", "recommendations"]
    assert set(voices.findings_of(request)) >= {card["metadata"]["finding_key"] for card in heard.cards}
    assert [message["role"] for message in request.body["messages"]] == ["system", "user"]
    assert isinstance(document, AdviceOut)
    assert {item["finding"] for item in document.recommendations} <= set(voices.findings_of(request))


def test_what_the_model_left_out_the_rules_add(served: Served, stage: Stage, host: OllamaServer) -> None:
    host.respond_with(voices.says({}))

    heard = ask(served, stage)

    assert len(heard.cards) == heard.data("complete")["total_count"] > 1
    assert [card["spoken_by"] for card in heard.cards].count("model") == 1
    assert len({card["id"] for card in heard.cards}) == len(heard.cards)


def test_a_spoken_turn_is_written_once_with_the_plan_it_followed(
    served: Served, stage: Stage, host: OllamaServer
) -> None:
    heard = ask(served, stage)

    run, generation = RecommendationRun.objects.get(), Generation.objects.get()
    assert str(run.pk) == heard.data("complete")["run_id"]
    assert (run.outcome, run.engine, run.model, run.is_degraded) == ("completed", "v2", FIRST, False)
    assert run.generation_id == generation.pk
    assert run.user_id == stage.user.pk
    assert (generation.outcome, generation.model, generation.purpose) == ("completed", FIRST, "advice")
    assert generation.plan["candidates"][0]["model"] == FIRST
    assert generation.plan["prompt_revision_id"] is not None
    assert Recommendation.objects.count() == len(heard.cards)


@pytest.mark.parametrize("fault", BEFORE_A_WORD, ids=name_of)
def test_a_model_that_dies_before_its_first_word_is_replaced(
    served: Served, stage: Stage, host: OllamaServer, fault: Scenario | Fault
) -> None:
    host.fail(FIRST, fault)

    heard = ask(served, stage)

    assert ends(heard) == ["complete"]
    assert (heard.data("complete")["model_used"], heard.data("complete")["degraded"]) == (SECOND, False)
    assert spoken_texts(heard) == worded(heard)
    assert Generation.objects.get().plan["fell_back_from"] == [FIRST]


@pytest.mark.parametrize(
    "fault", [Scenario.ERROR_500, Scenario.JSON_WHITESPACE, Scenario.EMPTY_ANSWER, Scenario.RESET_AFTER_HEADERS]
)
def test_when_nobody_says_a_word_the_rules_answer_and_say_so(
    served: Served, stage: Stage, host: OllamaServer, fault: Scenario
) -> None:
    host.use(fault)

    heard = ask(served, stage)

    told = heard.data("complete")
    assert ends(heard) == ["complete"]
    assert heard.types.count("warning") == 1
    assert (told["degraded"], told["model_used"]) == (True, None)
    assert "No local model" in told["note"]
    assert len(heard.cards) >= 4
    assert {card["spoken_by"] for card in heard.cards} == {None}
    assert RecommendationRun.objects.get().is_degraded


@pytest.mark.parametrize("fault", AFTER_A_WORD, ids=name_of)
def test_a_model_that_dies_in_mid_answer_ends_the_turn_with_one_error(
    served: Served, stage: Stage, host: OllamaServer, fault: Scenario
) -> None:
    host.fail(FIRST, fault)

    heard = ask(served, stage)

    assert ends(heard) == ["error"]
    assert heard.latest["data"]["code"] == "generation_interrupted"
    assert heard.latest["data"]["retryable"] is True
    assert "ai_recommendations" not in heard.types
    assert {generation.model for generation in host.generations} == {FIRST}  # no second voice
    assert RecommendationRun.objects.get().outcome == "failed"
    assert RecommendationRun.objects.get().error_code == "generation_interrupted"
    assert Generation.objects.get().outcome == "failed"


def test_the_plain_answer_of_a_broken_turn_is_the_rules_and_says_so(
    served: Served, stage: Stage, host: OllamaServer
) -> None:
    host.use(Scenario.RESET_MID_STREAM)

    response = taps.get(served, f"/api/v1/node/{stage.pubkey}/recommendations/v2", key=stage.key)

    assert response.status_code == 200
    told = response.json()
    assert (told["degraded"], told["model_used"]) == (True, None)
    assert told["recommendations"]
    endings = RecommendationRun.objects.order_by("started_at").values_list("outcome", "error_code", "is_degraded")
    assert [ending[:2] for ending in endings] == [("failed", "generation_interrupted"), ("completed", "")]
    assert endings[1][2]


@pytest.mark.parametrize(
    "text",
    [
        '{"summary": "Fine", "recommendations": [{"finding": ',
        "I would rather talk about the weather.",
        '{"summary": 7, "recommendations": "all of them"}',
        "[]",
        '{"recommendations": []}',
    ],
    ids=["half a document", "prose", "wrong types", "a list", "nothing chosen"],
)
def test_an_answer_that_breaks_the_contract_is_degraded_and_the_rules_fill_in(
    served: Served, stage: Stage, host: OllamaServer, text: str
) -> None:
    host.respond_with(lambda _request: text)

    heard = ask(served, stage)

    told = heard.data("complete")
    assert ends(heard) == ["complete"]
    assert told["degraded"] is True
    assert "contract" in told["note"]
    assert len(heard.cards) >= 4
    assert {card["spoken_by"] for card in heard.cards} == {None}


def test_the_analysis_is_written_by_the_model_too(served: Served, stage: Stage, host: OllamaServer) -> None:
    host.respond_with(lambda _request: "The node stands well. Its fees are old.")

    heard = taps.listen(served, taps.advice_path(stage.pubkey, of="analysis"), key=stage.key)

    assert heard.data("ai_analysis")["analysis"] == "The node stands well. Its fees are old."
    assert heard.data("complete")["model_used"] == FIRST
    assert Generation.objects.get().outcome == "completed"


@pytest.mark.parametrize("fault", [Scenario.ERROR_LINE, Scenario.EOF_WITHOUT_DONE])
def test_an_analysis_that_breaks_off_ends_with_one_error(
    served: Served, stage: Stage, host: OllamaServer, fault: Scenario
) -> None:
    host.use(fault)

    heard = taps.listen(served, taps.advice_path(stage.pubkey, of="analysis"), key=stage.key)

    assert ends(heard) == ["error"]
    assert heard.latest["data"]["code"] == "generation_interrupted"
    assert Generation.objects.get().outcome == "failed"


def test_without_the_model_asked_for_nothing_is_generated(served: Served, stage: Stage, host: OllamaServer) -> None:
    heard = ask(served, stage, include_ai=False)

    assert host.generations == ()
    assert heard.data("complete")["model_used"] is None


def test_the_second_time_the_wording_is_remembered(served: Served, stage: Stage, host: OllamaServer) -> None:
    first, second = ask(served, stage), ask(served, stage)

    assert len(host.generations) == 1
    assert "cached_data" in second.types
    assert (first.data("complete")["cached"], second.data("complete")["cached"]) == (False, True)
    words = [[(card["id"], card["title"], card["explanation"]) for card in heard.cards] for heard in (first, second)]
    assert sorted(words[0]) == sorted(words[1])
    assert json.dumps(second.data("ai_recommendations")["analysis"]) == json.dumps(
        first.data("ai_recommendations")["analysis"]
    )
