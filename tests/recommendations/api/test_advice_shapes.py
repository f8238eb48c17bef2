"""Six kinds of analysis that differ in shape, in two languages, by rules alone and with a model; and how it fails."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import cache

from models_registry.domain.query_types import QueryType
from models_registry.models import Generation
from models_registry.services.health import ensure_fresh
from recommendations.api.shapes import AdviceOut
from recommendations.domain.contract import problem
from recommendations.domain.quality import speaks
from recommendations.domain.shapes import SHAPES
from tests.journeys import voices
from tests.journeys.stage import Stage, point_at
from tests.recommendations.domain.sentences import left_english
from tests.servers.ollama import OllamaServer

Caller = Callable[..., Any]
FIRST, SECOND = "qwen2.5:14b-instruct", "llama3:8b-instruct"
PROSE = "I would be glad to help you with your node! " * 3


@pytest.fixture(scope="module")
def server() -> Iterator[OllamaServer]:
    with OllamaServer(models=(FIRST, SECOND), num_parallel=4, history=8) as running:
        yield running


@pytest.fixture
def host(stage: Stage, server: OllamaServer) -> OllamaServer:
    point_at(server.url)
    ensure_fresh(at=stage.demo.at)
    server.respond_with(voices.diligent)
    return server


def asked(stage: Stage, caller: Caller, **params: Any) -> dict[str, Any]:
    response = caller("get", f"node/{stage.pubkey}/recommendations/v2", use_cache=False, max_results=20, **params)
    assert response.status_code == 200, response.content
    told: dict[str, Any] = response.json()
    return told


@pytest.mark.parametrize("with_model", [False, True], ids=["rules alone", "with a model"])
def test_each_analysis_type_has_its_own_shape(
    stage: Stage, caller: Caller, host: OllamaServer, with_model: bool
) -> None:
    shapes = {}
    for kind in QueryType:
        told = asked(stage, caller, analysis_type=kind.value, include_ai=with_model)
        form = AdviceOut(data=told)
        assert form.is_valid(), form.errors
        assert [found for item in told["recommendations"] if (found := problem(item))] == []
        assert list(told["analysis"]) == [part.name for part in SHAPES[kind].parts]
        assert all(told["analysis"].values()), kind
        assert told["total_count"] == len(told["recommendations"]) <= SHAPES[kind].most_shown
        assert (told["model_used"] is not None, told["degraded"]) == (with_model, not with_model), kind
        assert told["metadata"]["query_type"] == kind.value
        assert told["quality_score"] >= 0.7
        shapes[kind] = tuple(told["analysis"])

    assert len(set(shapes.values())) == len(QueryType)


def test_a_quick_answer_has_three_to_five_points_and_few_items(stage: Stage, caller: Caller) -> None:
    told = asked(stage, caller, analysis_type="quick")

    assert 3 <= len(told["analysis"]["key_points"]) <= 5
    assert told["total_count"] <= 5


def test_scores_are_those_of_the_recommendations(stage: Stage, caller: Caller, host: OllamaServer) -> None:
    told = asked(stage, caller, analysis_type="scoring")

    scores = {one["target"]: one["score"] for one in told["analysis"]["scores"]}
    assert {item["target"]: item["score"] for item in told["recommendations"]}.items() <= scores.items()


@pytest.mark.parametrize("kind", list(QueryType))
def test_a_french_operator_is_answered_in_french(stage: Stage, caller: Caller, kind: QueryType) -> None:
    told = asked(stage, caller, analysis_type=kind.value, lang="fr", include_ai=False)

    words = [item[name] for item in told["recommendations"] for name in ("title", "explanation")]
    assert speaks(told["summary"], lang="fr") is not False
    assert [text for text in words if speaks(text, lang="fr") is False] == []
    assert [one["title"] for one in told["insufficient"] if "insufficient" in one["title"]] == []
    assert told["quality_score"] >= 0.8


def test_no_sentence_of_a_french_answer_is_english(stage: Stage, caller: Caller) -> None:
    ours, french = (asked(stage, caller, lang=lang) for lang in ("en", "fr"))

    items = {item["tracking_id"]: item for item in french["recommendations"]}
    assert items
    for item in ours["recommendations"]:
        assert left_english(item, items[item["tracking_id"]]) == []
    assert left_english(ours["analysis"], french["analysis"]) == []
    assert (french["degraded"], french["note"].startswith("Aucun modèle local n'a répondu")) == (True, True)


def test_a_french_answer_of_a_model_is_kept_and_an_english_one_left_out(
    stage: Stage, caller: Caller, host: OllamaServer
) -> None:
    french = "Les frais de ce canal ne vont pas avec ce qui passe par lui."
    host.respond_with(voices.says({"rationale": french}, {}))

    told = asked(stage, caller, lang="fr")

    assert told["recommendations"][0]["spoken_by"] or told["recommendations"][1]["spoken_by"]
    texts = [item["explanation"] for item in told["recommendations"]]
    assert french in texts
    assert voices.RATIONALE not in texts


def test_poor_words_are_asked_for_once_more_of_the_next_model(stage: Stage, caller: Caller, host: OllamaServer) -> None:
    spoken = iter([PROSE])
    host.respond_with(lambda request: next(spoken, None) or voices.diligent(request))

    told = asked(stage, caller)

    assert (told["model_used"], told["degraded"]) == (SECOND, False)
    assert sorted(Generation.objects.values_list("model", flat=True)) == sorted([FIRST, SECOND])


def test_there_is_never_a_third_try_and_the_better_one_stands(stage: Stage, caller: Caller, host: OllamaServer) -> None:
    half = voices.says({"rationale": "It is worth 987,654,321 sat."}, {"rationale": "It is worth 987,654,321 sat."})
    answers = iter([half, lambda _request: PROSE])
    host.respond_with(lambda request: next(answers)(request))

    told = asked(stage, caller)

    assert Generation.objects.count() == 2
    assert told["model_used"] == FIRST
    assert told["recommendations"]
    assert "987,654,321" not in str(told)


def test_a_lone_model_is_asked_again_more_soberly(stage: Stage, caller: Caller, host: OllamaServer) -> None:
    spoken = iter([PROSE])
    host.respond_with(lambda request: next(spoken, None) or voices.diligent(request))
    host.remove(SECOND)
    cache.clear()
    ensure_fresh(at=stage.demo.at)

    try:
        told = asked(stage, caller)
    finally:
        host.install(SECOND)

    assert (told["model_used"], told["degraded"]) == (FIRST, False)
    first, second = [request.body["options"]["temperature"] for request in host.requests_for("/api/chat")[-2:]]
    assert second == pytest.approx(first - 0.1)


def test_the_ways_an_answer_can_fail(stage: Stage, caller: Caller) -> None:
    bad = caller("get", "node/xyz/recommendations/v2")
    unknown = caller("get", f"node/{'02' + 'ab' * 32}/recommendations/v2")
    without_model = caller("get", f"node/{stage.pubkey}/recommendations/v2")

    assert (bad.status_code, bad.json()["error"]["code"]) == (400, "node_key_invalid")
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "node_not_found")
    assert (without_model.status_code, without_model.json()["degraded"]) == (200, True)


def test_what_nobody_expected_shows_an_id_and_no_internals(
    stage: Stage, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("secret internals")

    monkeypatch.setattr("recommendations.services.prepare.find_place", break_down)  # as a fault of ours would

    response = caller("get", f"node/{stage.pubkey}/recommendations/v2")

    failure = response.json()["error"]
    assert (response.status_code, failure["code"]) == (500, "internal")
    assert failure["request_id"]
    assert "secret internals" not in response.content.decode()
