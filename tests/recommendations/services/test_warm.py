"""Warming speaks of the most viewed nodes before they are asked for, through the serving code: keys must match."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django_q.models import Schedule

from rag.models import CommonQuestion
from recommendations.domain.advice import Engine
from recommendations.models import Node, NodeConnection, WarmRun
from recommendations.services.views_log import record_view
from recommendations.services.warm import NODES_JOB, NODES_TASK, popular_nodes, warm_popular_nodes
from tests.journeys.inside import advised, let_echo_speak, run
from tests.journeys.stage import Stage

UNKNOWN_NODE = "02" + "ab" * 32


def view(stage: Stage, times: dict[str, int]) -> None:
    for pubkey, count in times.items():
        for _ in range(count):
            record_view(Node.objects.get(pubkey=pubkey), day=stage.demo.at.date())


def others(stage: Stage) -> list[str]:
    nodes = Node.objects.filter(network=stage.demo.network).exclude(pubkey=stage.pubkey)
    return list(nodes.order_by("pubkey").values_list("pubkey", flat=True)[:3])


def test_the_most_viewed_nodes_come_first(stage: Stage) -> None:
    let_echo_speak()
    first, second, third = others(stage)
    view(stage, {first: 1, second: 3, third: 2})

    assert popular_nodes(limit=2) == (second, third)


def test_without_a_model_there_is_nothing_to_warm(stage: Stage) -> None:
    view(stage, {stage.pubkey: 1})

    assert popular_nodes() == ()


def test_a_warmed_node_is_answered_from_memory(stage: Stage) -> None:
    let_echo_speak()

    report = run(warm_popular_nodes, (stage.pubkey,), at=stage.demo.at)

    assert (report.warmed, report.already_warm, report.failed) == (1, 0, 0)
    told = advised(stage, engine=Engine.V2, user=None, unit="user:99", max_results=10)
    assert told.completed["cached"] is True


def test_warming_twice_speaks_once(stage: Stage) -> None:
    let_echo_speak()
    run(warm_popular_nodes, (stage.pubkey,), at=stage.demo.at)

    report = run(warm_popular_nodes, (stage.pubkey,), at=stage.demo.at)

    assert (report.warmed, report.already_warm) == (0, 1)


def test_a_node_that_fails_does_not_stop_the_others(stage: Stage) -> None:
    let_echo_speak()

    report = run(warm_popular_nodes, (UNKNOWN_NODE, stage.pubkey), at=stage.demo.at)

    assert (report.warmed, report.failed) == (1, 1)


def test_connected_nodes_are_warmed_though_nobody_looked(stage: Stage) -> None:
    let_echo_speak()
    first, second, _ = others(stage)
    view(stage, {first: 1})
    NodeConnection.objects.create(node=Node.objects.get(pubkey=second), owner=stage.user, kind="files")

    assert popular_nodes() == (first, second)


def test_the_command_warms_nodes_and_questions_and_keeps_the_figures(stage: Stage) -> None:
    let_echo_speak()
    first, second, _ = others(stage)
    view(stage, {first: 2, second: 1})
    spoken, quiet = StringIO(), StringIO()

    call_command("warm_cache", nodes=1, stdout=spoken)
    call_command("warm_cache", "--nodes", "2", "--json", stdout=quiet)

    assert "1 nodes warmed, 0 were warm, 0 degraded, 0 failed" in spoken.getvalue()
    report = json.loads(quiet.getvalue())
    assert (report["nodes_warmed"], report["nodes_already_warm"], report["nodes_failed"]) == (1, 1, 0)
    assert (report["nodes_degraded"], report["questions_degraded"], report["degraded"]) == (0, 0, 0)
    assert WarmRun.objects.count() == 2
    assert WarmRun.objects.earliest("pk").nodes_warmed == 1


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_answers_made_without_a_model_are_told_apart_from_failed_ones(stage: Stage, options: tuple[str, ...]) -> None:
    CommonQuestion.objects.update(is_enabled=False)
    CommonQuestion.objects.create(text="What does a base fee do to small payments?")
    out = StringIO()

    call_command("warm_cache", *options, stdout=out)

    told = out.getvalue().strip()
    if options:
        report = json.loads(told)
        assert (report["questions_degraded"], report["questions_failed"], report["degraded"]) == (1, 0, 1)
    else:
        assert "common questions: 0 warmed, 0 were warm, 1 degraded, 0 failed" in told
        assert told.endswith("so the built-in engine answered.")
    assert WarmRun.objects.get().questions_failed == 1


def test_a_node_of_which_no_model_speaks_is_left_to_the_rules_and_counted_so(stage: Stage) -> None:
    report = run(warm_popular_nodes, (stage.pubkey,), at=stage.demo.at)

    assert (report.warmed, report.degraded, report.failed) == (0, 1, 0)


def test_the_daemon_leaves_the_work_to_the_timetable(stage: Stage) -> None:
    Schedule.objects.create(name=NODES_JOB, func=NODES_TASK, schedule_type=Schedule.MINUTES, minutes=60, repeats=0)

    call_command("warm_cache", "--mode", "daemon", "--nodes", "7", "--interval", "15", stdout=StringIO())

    rows = Schedule.objects.filter(name__startswith="warm").order_by("name")
    assert [(row.name, row.minutes, row.repeats, row.kwargs) for row in rows] == [
        ("warm common questions", 15, -1, None),
        (NODES_JOB, 15, -1, "limit=7"),
    ]
    assert not WarmRun.objects.exists()


@pytest.mark.parametrize("option", ["--nodes=0", "--interval=0"])
def test_the_command_refuses_what_makes_no_sense(option: str) -> None:
    with pytest.raises(CommandError, match="at least 1"):
        call_command("warm_cache", option)
