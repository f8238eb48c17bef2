"""What an import leaves of the largest nodes' channels: the very facts, of this graph only, for whoever looks alone."""

from datetime import timedelta

import pytest
from django.core.cache import cache

from recommendations import tasks
from recommendations.models import GraphSnapshot, NodeMetrics
from recommendations.queries import find_place
from recommendations.services import graph_memory, leave_channels, left_channels, snapshot
from recommendations.services.snapshot import facts_of

pytestmark = pytest.mark.django_db
LEAST = 3  # channels of a large node, here


@pytest.fixture(autouse=True)
def small(monkeypatch):
    for module, name in (
        *((module, "LEFT_FROM") for module in (left_channels, leave_channels, snapshot)),
        *((module, "LARGE") for module in (graph_memory, snapshot)),
    ):
        monkeypatch.setattr(module, name, LEAST)
    for name in ("_public", "_beside"):
        monkeypatch.setattr(snapshot, name, graph_memory.GraphMemory())
    yield
    cache.clear()


def read(demo, *, user=None, pubkey=None):
    return facts_of(find_place(pubkey or demo.pubkey, user=user), at=demo.at)


def forget(monkeypatch):
    monkeypatch.setattr(snapshot, "_public", graph_memory.GraphMemory())


def test_every_large_node_is_left_and_reads_as_from_its_rows(module_demo, monkeypatch):
    large = NodeMetrics.objects.filter(snapshot=module_demo.snapshot, channel_count__gte=LEAST)
    keys = list(large.values_list("node__pubkey", flat=True))
    plain = [read(module_demo, pubkey=key) for key in keys]
    forget(monkeypatch)

    assert tasks.leave_large_nodes(snapshot_id=module_demo.snapshot.pk, from_a_newer_version=True) == len(keys) > 10
    left = [read(module_demo, pubkey=key) for key in keys]

    assert left == plain
    assert repr(left) == repr(plain)  # types too


def test_what_was_left_takes_the_place_of_two_statements(module_demo, django_assert_num_queries, monkeypatch):
    tasks.leave_large_nodes(snapshot_id=module_demo.snapshot.pk)
    read(module_demo)  # the field of candidates is kept from now on
    forget(monkeypatch)
    place = find_place(module_demo.pubkey)

    with django_assert_num_queries(5):  # measures, what is left, candidates, and twice whether it still holds
        facts_of(place, at=module_demo.at)


def test_an_owner_sees_the_rows_beside_what_the_own_node_tells(module_demo, operator):
    plain = read(module_demo, user=operator)
    tasks.leave_large_nodes(snapshot_id=module_demo.snapshot.pk)

    assert read(module_demo, user=operator) == plain
    assert read(module_demo).private is None


def test_what_was_left_of_another_graph_is_not_read(module_demo, monkeypatch):
    tasks.leave_large_nodes(snapshot_id=module_demo.snapshot.pk)
    kept = left_channels.left_channels(module_demo.node.pk, snapshot=module_demo.snapshot)
    GraphSnapshot.objects.filter(pk=module_demo.snapshot.pk).update(
        imported_at=module_demo.snapshot.imported_at + timedelta(seconds=1)
    )

    module_demo.snapshot.refresh_from_db()

    assert kept is not None
    assert left_channels.left_channels(module_demo.node.pk, snapshot=module_demo.snapshot) is None


def test_a_snapshot_that_is_gone_leaves_nothing(module_demo):
    assert tasks.leave_large_nodes(snapshot_id=module_demo.snapshot.pk + 1_000) == 0


def test_an_older_snapshot_leaves_nothing(module_demo):
    old = module_demo.snapshot
    GraphSnapshot.objects.create(network=old.network, as_of=old.as_of + timedelta(days=1), source_name="newer")

    assert tasks.leave_large_nodes(snapshot_id=old.pk) == 0
