"""A large node's rows of the graph are read once, and anew after whatever can change them."""

from collections.abc import Callable

import pytest
from django.db.models import F

from recommendations.models import GraphSnapshot, Network, Node, NodeMetrics
from recommendations.queries import find_place
from recommendations.services import graph_memory, snapshot
from recommendations.services.graph_memory import LARGE, GraphMemory
from recommendations.services.snapshot import facts_of

pytestmark = pytest.mark.django_db


class Reading:
    """Counts how often rows were read, and gives their number as what was read."""

    def __init__(self, demo, memory: GraphMemory[int]) -> None:
        self._demo, self._memory = demo, memory
        self.times = 0

    def __call__(
        self, *, channels: int = LARGE, node: Node | None = None, meanwhile: Callable[[], object] = int
    ) -> int:
        def afresh() -> int:
            self.times += 1
            meanwhile()
            return self.times

        return self._memory.read(
            node or self._demo.node, snapshot=self._demo.snapshot, channels=channels, afresh=afresh
        )


@pytest.fixture
def reading(module_demo) -> Reading:
    return Reading(module_demo, GraphMemory())


def test_what_was_read_is_kept_and_small_nodes_are_read_each_time(reading):
    assert [reading(), reading()] == [1, 1]
    assert [reading(channels=LARGE - 1), reading(channels=LARGE - 1)] == [2, 3]


def test_it_is_read_anew_after_a_row_was_written_that_an_import_writes(reading, module_demo):
    metrics = NodeMetrics.objects.filter(node=module_demo.node, snapshot=module_demo.snapshot)
    written = (
        Network.objects.filter(pk=module_demo.network.pk),
        GraphSnapshot.objects.filter(pk=module_demo.snapshot.pk),
        Node.objects.filter(pk=module_demo.node.pk),
        metrics,
    )
    reading()

    for times, (rows, column) in enumerate(zip(written, ("name", "as_of", "alias", "hhi"), strict=True), start=2):
        assert rows.update(**{column: F(column)}) == 1
        assert [reading(), reading()] == [times, times]


def test_what_changed_while_it_was_read_is_not_kept(reading, module_demo):
    def change() -> None:
        GraphSnapshot.objects.filter(pk=module_demo.snapshot.pk).update(as_of=F("as_of"))

    assert [reading(meanwhile=change), reading(), reading()] == [1, 2, 2]


def test_beyond_so_many_channels_the_node_asked_for_longest_ago_goes(module_demo):
    reading = Reading(module_demo, GraphMemory(most_channels=2 * LARGE))
    first, second, third = NodeMetrics.objects.filter(snapshot=module_demo.snapshot).select_related("node")[:3]

    for one in (first, second, first, third):
        reading(node=one.node)

    assert reading.times == 3
    assert [reading(node=first.node), reading.times] == [1, 3]
    assert [reading(node=second.node), reading.times] == [4, 4]


def test_facts_from_memory_are_those_that_were_read(module_demo, operator, monkeypatch):
    plain = [facts_of(find_place(module_demo.pubkey, user=user), at=module_demo.at) for user in (None, operator)]

    for module in (graph_memory, snapshot):
        monkeypatch.setattr(module, "LARGE", 1)
    for _ in range(2):
        kept = [facts_of(find_place(module_demo.pubkey, user=user), at=module_demo.at) for user in (None, operator)]
        assert kept == plain


def test_a_kept_node_costs_three_statements_less(module_demo, monkeypatch, django_assert_num_queries):
    place = find_place(module_demo.pubkey, user=None)
    for module in (graph_memory, snapshot):
        monkeypatch.setattr(module, "LARGE", 1)
    facts_of(place, at=module_demo.at)

    with django_assert_num_queries(2):  # its measures, and whether what is kept still holds
        facts_of(place, at=module_demo.at)
