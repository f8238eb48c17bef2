"""One job for all nodes stores what asking for each would store, and nobody's inbox overflows."""

import json
from datetime import timedelta
from io import StringIO
from uuid import UUID

import pytest
from asgiref.sync import async_to_sync
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_q.models import OrmQ

from recommendations import tasks
from recommendations.domain.advice import Engine, State
from recommendations.models import BulkRun, Node, Recommendation
from recommendations.queries.pages import inbox_counts, inbox_page
from recommendations.services import bulk
from recommendations.services.collect import advise_now
from recommendations.services.prepare import AdviceRequest
from tests.journeys.stage import Stage
from tests.recommendations.conftest import DemoRows

SAME_FOR_ALL = ("run_id", "id")
MOST_STATEMENTS = 40  # of a whole run in one part, however many nodes the network has


@pytest.fixture
def demo(stage: Stage) -> DemoRows:
    """The demo network of the stage, whose connection stays open while it is advised on."""
    return stage.demo


@pytest.fixture
def operator(stage: Stage):
    return stage.user


def run_all(demo, *, at=None, **options) -> BulkRun:
    run = bulk.start(demo.network, at=at or demo.at)
    while bulk.run_slice(run.pk, **options):
        pass
    run.refresh_from_db()
    return run


def rows_of(node_id: int) -> dict[UUID, dict[str, object]]:
    rows = Recommendation.objects.filter(node=node_id, connection=None).values()
    return {row["id"]: {name: value for name, value in row.items() if name not in SAME_FOR_ALL} for row in rows}


def asked(demo, pubkey, *, user=None, at=None):
    request = AdviceRequest(pubkey=pubkey, unit="test", user=user, engine=Engine.RULES, network=demo.network.slug)
    return async_to_sync(advise_now)(request, at=at or demo.at)


def test_every_node_gets_the_rows_that_asking_for_it_would_store(demo):
    run = run_all(demo)

    made = {node.pk: rows_of(node.pk) for node in Node.objects.filter(network=demo.network)}
    Recommendation.objects.all().delete()
    for node in Node.objects.filter(network=demo.network).order_by("pk")[:12]:
        asked(demo, node.pubkey)
        assert made[node.pk] == rows_of(node.pk), node.pubkey
    assert (run.state, run.done, run.total) == (BulkRun.State.DONE, len(made), len(made))
    assert run.items == sum(map(len, made.values())) > 2 * len(made)


def test_the_number_of_statements_does_not_grow_with_the_nodes(demo):
    run = bulk.start(demo.network, at=demo.at)

    with CaptureQueriesContext(connection) as captured:
        bulk.run_slice(run.pk, slice_s=None)

    assert Node.objects.filter(network=demo.network).count() > MOST_STATEMENTS
    assert len(captured) < MOST_STATEMENTS


def test_a_run_in_slices_comes_to_the_same(demo):
    run_all(demo, slice_s=None)
    whole = {node.pk: rows_of(node.pk) for node in Node.objects.filter(network=demo.network)}
    Recommendation.objects.all().delete()
    run = bulk.start(demo.network, at=demo.at)

    slices = 1
    while bulk.run_slice(run.pk, slice_s=0.0, part=20):
        slices += 1

    assert slices > 2
    assert {node.pk: rows_of(node.pk) for node in Node.objects.filter(network=demo.network)} == whole
    assert not bulk.run_slice(run.pk)  # delivered once more


def test_what_was_decided_stays_and_what_is_no_longer_found_goes(demo):
    run_all(demo)
    dismissed, applied, seen, gone = Recommendation.objects.order_by("-score", "pk")[:4]
    Recommendation.objects.filter(pk=dismissed.pk).update(state=State.REJECTED, title="as it was")
    Recommendation.objects.filter(pk=applied.pk).update(state=State.APPLIED, title="as it was")
    Recommendation.objects.filter(pk=seen.pk).update(state=State.VIEWED)
    stale = Recommendation.objects.get(pk=gone.pk)
    stale.pk, stale.tracking_id = UUID(int=7), "rec_stale"
    stale.save(force_insert=True)

    run_all(demo, at=demo.at + timedelta(hours=1))

    states = dict(Recommendation.objects.values_list("pk", "state"))
    assert stale.pk not in states
    assert (states[dismissed.pk], states[applied.pk], states[seen.pk]) == ("rejected", "applied", "viewed")
    assert Recommendation.objects.filter(title="as it was").count() == 2


def test_what_somebody_asked_for_keeps_its_run(demo, operator):
    asked(demo, demo.pubkey)
    before = {row.pk: row.run_id for row in Recommendation.objects.all()}

    run_all(demo, at=demo.at + timedelta(hours=1))

    kept = Recommendation.objects.filter(pk__in=before)
    assert {row.pk: row.run_id for row in kept} == before
    assert {row.generated_at for row in kept} == {demo.at}


def test_the_inbox_shows_bulk_advice_of_nodes_the_reader_asked_about_only(demo, operator, stage):
    other = Node.objects.filter(network=demo.network).exclude(pk=demo.node.pk).order_by("pk")[0]
    asked(demo, other.pubkey, user=operator, at=demo.at - timedelta(days=8))
    Recommendation.objects.all().delete()

    run_all(demo)

    mine = inbox_page(operator, size=1_000).object_list
    assert {line.pubkey for line in mine} == {other.pubkey}
    assert inbox_counts(operator) == {"generated": len(mine)}
    assert inbox_counts(stage.stranger) == {}


def test_two_who_start_share_one_run_and_one_job(demo):
    OrmQ.objects.all().delete()

    first, second = bulk.enqueue(demo.network, at=demo.at), bulk.enqueue(demo.network, at=demo.at)
    later = bulk.enqueue(demo.network, at=demo.at + bulk.SILENT)  # nobody worked on it: taken up again

    assert (first, second, later) == (True, False, True)
    assert BulkRun.objects.count() == 1
    assert OrmQ.objects.count() == 2


def test_the_job_takes_a_run_to_its_end(demo):
    run = bulk.start(demo.network, at=demo.at)

    tasks.advise_all_nodes(run_id=str(run.pk), from_a_newer_version=True)
    tasks.advise_all_nodes(run_id=str(UUID(int=1)))

    run.refresh_from_db()
    assert (run.state, run.done) == ("done", run.total)


def test_a_run_of_a_snapshot_that_is_no_longer_the_newest_ends_with_a_reason(demo):
    run = bulk.start(demo.network, at=demo.at)
    newer = demo.snapshot
    newer.pk, newer.as_of = None, newer.as_of + timedelta(days=1)
    newer.save(force_insert=True)

    assert not bulk.run_slice(run.pk)

    run.refresh_from_db()
    assert (run.state, run.message) == ("failed", bulk.OUTDATED)


def test_the_command_tells_its_progress_or_one_object(demo):
    spoken, quiet = StringIO(), StringIO()

    call_command("advise_all", network="demo", stdout=spoken)
    call_command("advise_all", "--network", "demo", "--json", stdout=quiet)

    total = Node.objects.filter(network=demo.network).count()
    assert f"{total} of {total} nodes" in spoken.getvalue()
    report = json.loads(quiet.getvalue())
    assert (report["nodes"], report["state"]) == (total, "done")
    with pytest.raises(CommandError, match="no graph"):
        call_command("advise_all", network="elsewhere")
