"""A graph handed in on the page: kept under a random name, imported by a job, told in plain words, then deleted."""

import json
import lzma
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from time import sleep

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.backends.signals import connection_created
from django_q.models import OrmQ

from recommendations import tasks
from recommendations.domain.errors import GraphFileTooLarge
from recommendations.models import GraphSnapshot, GraphUpload, Network
from recommendations.services import uploads

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
FIRST, SECOND = "02" + "a" * 64, "03" + "b" * 64


def policy(**more) -> dict[str, object]:
    return {
        "time_lock_delta": 40,
        "fee_base_msat": "0",
        "fee_rate_milli_msat": "100",
        "last_update": 1772366400,
        **more,
    }


def graph(**more) -> bytes:
    edge = {
        "channel_id": "989560000000000001",
        "chan_point": f"{'c' * 64}:1",
        "node1_pub": FIRST,
        "node2_pub": SECOND,
        "capacity": "2000000",
        "node1_policy": policy(),
        "node2_policy": policy(),
        **more,
    }
    nodes = [{"pub_key": FIRST, "alias": "first"}, {"pub_key": SECOND, "alias": "second"}]
    return json.dumps({"nodes": nodes, "edges": [edge]}).encode()


def hand_in(content: bytes, *, name: str = "graph.json", user=None, **more) -> GraphUpload:
    return uploads.receive(SimpleUploadedFile(name, content), user=user, at=AT, **more)


def imported(upload: GraphUpload, **more) -> GraphUpload:
    uploads.import_upload(upload.pk, at=AT, **more)
    upload.refresh_from_db()
    return upload


@pytest.fixture(autouse=True)
def folder(settings, tmp_path) -> Path:
    kept: Path = tmp_path / "uploads"
    settings.UPLOAD_DIR = kept
    return kept


@pytest.mark.django_db
def test_a_file_is_kept_under_a_random_name_for_its_owner_only_and_its_import_is_queued(folder, operator):
    upload = hand_in(graph(), name="../../etc/passwd\udc80.json", user=operator)

    (kept,) = folder.iterdir()
    assert (kept.name, kept.read_bytes(), kept.stat().st_mode & 0o777) == (upload.stored_name, graph(), 0o600)
    assert len(upload.stored_name) == 32
    assert (upload.user, upload.state, upload.is_finished) == (operator, GraphUpload.State.WAITING, False)
    task = OrmQ.objects.get().task
    assert (task["func"], task["kwargs"]) == (uploads.IMPORT_TASK, {"upload_id": upload.pk})


@pytest.mark.django_db
def test_a_file_that_is_too_large_leaves_nothing_behind(folder, settings):
    settings.GRAPH_UPLOAD_MAX_BYTES = 100

    with pytest.raises(GraphFileTooLarge):
        hand_in(graph())

    assert not list(folder.iterdir())
    assert not GraphUpload.objects.exists()
    assert not OrmQ.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("pack", [bytes, lzma.compress], ids=["plain", "xz"])
def test_an_import_stores_the_graph_says_what_came_in_and_deletes_the_file(folder, pack):
    upload = imported(hand_in(pack(graph()), name="<b>my graph.json"))

    assert (upload.state, upload.progress_percent, upload.error) == (GraphUpload.State.DONE, 100, "")
    assert upload.message.startswith("Imported 2 nodes and 1 channels")
    assert (upload.report["nodes"], upload.report["channels"]) == (2, 1)
    assert upload.finished_at == AT
    assert GraphSnapshot.objects.get().source_name == "<b>my graph.json"
    assert Network.objects.get().slug == "mainnet"
    assert not list(folder.iterdir())


@pytest.mark.django_db
def test_the_same_graph_again_changes_nothing_and_says_so():
    imported(hand_in(graph()))

    again = imported(hand_in(graph()))

    assert again.message.startswith("Imported before, nothing changed")
    assert GraphSnapshot.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("content", "named"),
    [
        (graph()[:-40], "cut off"),
        (graph(capacity="many"), "edges[0]"),
        (graph(node1_pub="02zz"), "node1_pub"),
        (b"", "empty"),
        (b"PK\x03\x04 a zip", "zip"),
    ],
    ids=["truncated", "bad capacity", "bad key", "empty", "zip"],
)
def test_a_broken_file_is_told_in_plain_words_and_stores_nothing(folder, content, named):
    upload = imported(hand_in(content))

    assert upload.state == GraphUpload.State.FAILED
    assert named in upload.error
    assert not Network.objects.exists()
    assert not list(folder.iterdir())


@pytest.mark.django_db
def test_a_second_delivery_of_the_job_does_nothing():
    upload = imported(hand_in(graph()))

    tasks.import_uploaded_graph(upload_id=upload.pk, from_a_newer_version=True)

    upload.refresh_from_db()
    assert upload.state == GraphUpload.State.DONE
    assert upload.finished_at == AT


@pytest.mark.django_db
def test_a_file_that_was_lost_is_asked_for_again(folder):
    upload = hand_in(graph())
    (folder / upload.stored_name).unlink()

    assert imported(upload).error == uploads.LOST


@pytest.mark.django_db
def test_an_upload_that_was_deleted_meanwhile_is_no_error():
    uploads.import_upload(12345, at=AT)


@pytest.mark.django_db
def test_a_failure_nobody_foresaw_is_marked_and_raised_for_the_queue(folder, settings):
    upload = hand_in(graph())
    settings.GRAPH_UPLOAD_MAX_BYTES = None

    with pytest.raises(TypeError):
        tasks.import_uploaded_graph(upload_id=upload.pk)

    upload.refresh_from_db()
    assert (upload.state, upload.error) == (GraphUpload.State.FAILED, uploads.UNEXPECTED)
    assert not list(folder.iterdir())


@pytest.mark.django_db(transaction=True)
def test_progress_is_seen_from_outside_while_the_import_runs():
    upload, seen, ticks = hand_in(graph()), [], count()

    def clock() -> float:
        sleep(0.05)  # for the note before to be written
        seen.append(GraphUpload.objects.values_list("progress_percent", flat=True).get(pk=upload.pk))
        return float(next(ticks))

    done = imported(upload, clock=clock)

    assert seen == sorted(seen)
    assert seen[-1] >= 40
    assert done.progress_percent == 100


@pytest.mark.django_db(transaction=True)
def test_the_connection_that_progress_was_written_over_is_closed():
    upload, opened = hand_in(graph()), []

    def note(connection, **_signal) -> None:
        opened.append(connection)

    connection_created.connect(note)
    try:
        imported(upload)
    finally:
        connection_created.disconnect(note)

    assert [connection.connection for connection in opened] == [None]
