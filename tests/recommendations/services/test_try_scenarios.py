"""Advice on nodes an expert recognizes, measured as ST-10 asks: by rules alone, and by a model on a real socket."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from models_registry.domain.query_types import QueryType
from models_registry.services.health import ensure_fresh
from recommendations.domain.advice import Engine
from recommendations.domain.scenario_nodes import SCENARIOS
from recommendations.domain.scenario_parts import AT
from recommendations.services.advise_facts import Context, generate_lightning_recommendations
from recommendations.services.try_scenarios import Report, Trial, try_scenario
from tests.journeys import voices
from tests.journeys.inside import run
from tests.journeys.stage import Stage, point_at
from tests.servers.ollama import OllamaServer

MODEL = "qwen2.5:14b-instruct"
RULES = Context(engine=Engine.RULES, at=AT)
WITH_MODEL = Context(at=AT)


@pytest.fixture(scope="module")
def server() -> Iterator[OllamaServer]:
    with OllamaServer(models=(MODEL,), num_parallel=4, history=4) as running:
        yield running


@pytest.fixture
def host(stage: Stage, server: OllamaServer) -> OllamaServer:
    point_at(server.url)
    ensure_fresh(at=stage.demo.at)
    server.respond_with(voices.diligent)
    return server


def tried(context: Context) -> Report:
    return Report(tuple(run(try_scenario, one, QueryType.DETAILED, context) for one in SCENARIOS))


def by_name(report: Report) -> dict[str, Trial]:
    return {one.scenario: one for one in report.trials}


@pytest.mark.parametrize("context", [RULES, WITH_MODEL], ids=["rules alone", "with a model"])
def test_all_scenarios_reach_what_is_asked_of_advice(stage: Stage, host: OllamaServer, context: Context) -> None:
    report = tried(context)

    assert report.misses == (), json.dumps(report.as_dict(), indent=1)
    assert {one.model for one in report.trials} == {None if context is RULES else MODEL}
    assert report.order["ratio"] is not None


def test_the_command_prints_and_writes_its_report(
    stage: Stage, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "report.json"

    call_command(
        "test_recommendations", mode="scenario", scenario="uptime_faible", engine="rules", output=path, json=True
    )

    printed, told = capsys.readouterr()
    report = json.loads(printed)
    assert report == json.loads(path.read_text(encoding="utf-8"))
    assert [(one["scenario"], one["query_type"]) for one in report["trials"]] == [("low_uptime", "detailed")]
    assert report["trials"][0]["quality"] >= 0.85
    assert "1 of 1: low_uptime" in told


def test_the_command_measures_a_node_of_ones_own(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("test_recommendations", mode="single", node=stage.pubkey, type="quick", engine="rules", verbosity=0)

    printed, told = capsys.readouterr()
    assert "quick" in printed
    assert "order (SC-07)" in printed
    assert told == ""


@pytest.mark.parametrize(
    "options", [{"mode": "single", "node": "nonsense"}, {"mode": "single", "node": "02" + "9" * 64}]
)
def test_what_cannot_be_measured_is_said(stage: Stage, options: dict[str, str]) -> None:
    with pytest.raises(CommandError):
        call_command("test_recommendations", **options)


def test_a_miss_is_said_by_the_exit_code(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recommendations.services.try_scenarios.LEAST_QUALITY", 1.01)

    with pytest.raises(CommandError, match="mean_quality") as failed:
        call_command("test_recommendations", mode="scenario", engine="rules", verbosity=0)

    assert failed.value.returncode == 1


def test_a_forced_model_is_for_one_call_only(stage: Stage, host: OllamaServer) -> None:
    facts = SCENARIOS[1].build()

    forced = run(generate_lightning_recommendations, facts, WITH_MODEL, QueryType.QUICK, MODEL)
    free = run(generate_lightning_recommendations, facts, RULES, QueryType.QUICK)

    assert set(forced) == {"recommendations", "analysis", "summary", "metadata"}
    wanted = ("model", "query_type", "generation_time_ms", "quality_score", "response_length", "recommendations_count")
    assert {*wanted, "parameters"} <= set(forced["metadata"])
    assert forced["metadata"]["model"] == MODEL
    assert forced["metadata"]["parameters"]["max_tokens"] == 800
    assert free["metadata"]["model"] is None
