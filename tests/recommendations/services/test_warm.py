"""Warming speaks of the most viewed nodes before they are asked for, through the serving code: keys must match."""

from recommendations.domain.advice import Engine
from recommendations.models import Node
from recommendations.services.views_log import record_view
from recommendations.services.warm import popular_nodes, warm_popular_nodes
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
