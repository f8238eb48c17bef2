"""Rows written behind the caller's back: none is lost, whatever the database does."""

import logging
import subprocess
import sys
import threading
import uuid
from contextlib import contextmanager

import pytest
from django.db import connection

from models_registry.models import Generation
from models_registry.services import ledger
from models_registry.services.ledger_queue import GIVE_UP_S, LedgerQueue
from tests.models_registry.rows import NOW
from tests.models_registry.services.test_ledger import PLAN, RECORD

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def behind(settings):
    settings.WRITE_BEHIND_S = 3600  # the thread sleeps; tests flush


def row(**more):
    made = ledger.row_of(uuid.uuid4(), RECORD, PLAN, at=NOW)
    for name, value in more.items():
        setattr(made, name, value)
    return made


def test_many_rows_are_one_insert(behind, django_assert_num_queries):
    queue = LedgerQueue()
    for _ in range(30):
        queue.put(row)

    assert Generation.objects.count() == 0
    with django_assert_num_queries(3):  # begin, insert, commit
        queue.flush()
    assert Generation.objects.count() == 30


def test_the_id_is_known_at_once_and_the_line_is_logged(caplog):
    with caplog.at_level(logging.INFO, logger="models_registry.services.ledger"):
        key = ledger.write_soon(RECORD, PLAN)
    ledger.flush()

    assert Generation.objects.get().pk == key
    assert caplog.records[0].generation == str(key)


def test_the_thread_writes_by_itself(settings):
    settings.WRITE_BEHIND_S = 0.01
    made = threading.Event()

    def make():
        made.set()
        return row()

    queue = LedgerQueue()
    queue.put(make)

    assert made.wait(timeout=10)
    queue.flush()  # waits for the thread, which has begun
    assert Generation.objects.count() == 1


def test_a_row_that_cannot_be_stored_is_logged_and_the_others_are_stored(behind, caplog):
    queue = LedgerQueue()
    queue.put(row)
    queue.put(lambda: row(latency_ms=2**40))
    queue.put(row)

    queue.flush()

    assert Generation.objects.count() == 2
    (lost,) = [record for record in caplog.records if "not_stored" in record.message]
    assert (lost.why, lost.row["latency_ms"]) == ("DataError", 2**40)


def test_rows_wait_for_a_database_that_is_away_and_are_stored_once(behind):
    queue = LedgerQueue()
    kept = row()
    queue.put(lambda: kept)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE models_registry_generation RENAME TO away")
    queue.flush()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE away RENAME TO models_registry_generation")

    queue.flush()
    queue.put(lambda: kept)  # as when its answer got lost on the way
    queue.flush()

    assert Generation.objects.get().pk == kept.pk


def test_after_a_long_outage_the_log_has_what_the_ledger_lacks(behind, caplog):
    now = [0.0]
    queue = LedgerQueue(clock=lambda: now[0])
    queue.put(row)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE models_registry_generation RENAME TO away")
    try:
        queue.flush()
        now[0] = GIVE_UP_S + 1
        queue.flush()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE away RENAME TO models_registry_generation")

    assert [record.why for record in caplog.records if "not_stored" in record.message] == [
        "the database was away for too long"
    ]
    queue.flush()
    assert Generation.objects.count() == 0


def test_a_full_queue_writes_to_the_log(behind, caplog):
    queue = LedgerQueue(most_waiting=1)

    queue.put(row)
    queue.put(row)

    assert [record.why for record in caplog.records if "not_stored" in record.message] == [
        "too many rows wait for the database"
    ]
    queue.flush()
    assert Generation.objects.count() == 1


def ending(*, before: str = "") -> "subprocess.Popen[str]":
    """Return a process that ends with three rows waiting."""
    script = f"""
import django
django.setup()
from django.conf import settings
settings.DATABASES["default"]["NAME"] = {connection.settings_dict["NAME"]!r}
settings.WRITE_BEHIND_S = 3600
from models_registry.services import ledger, ledger_queue
from tests.models_registry.services.test_ledger import PLAN, RECORD
{before}
for _ in range(3):
    ledger.write_soon(RECORD, PLAN)
"""
    return subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )


def test_a_process_that_ends_stores_what_waits():
    with ending() as process:
        _, told = process.communicate(timeout=60)

    assert process.returncode == 0, told
    assert Generation.objects.count() == 3, told


@contextmanager
def table_away():
    """Have no ledger; yield how to bring it back before the end."""

    def bring_back():
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE IF EXISTS away RENAME TO models_registry_generation")

    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE models_registry_generation RENAME TO away")
    try:
        yield bring_back
    finally:
        bring_back()


def test_a_process_that_ends_waits_for_a_database_that_refuses_at_first():
    with table_away() as bring_back, ending() as process:
        assert process.stderr
        told = next((line for line in process.stderr if "cannot be written" in line), "")
        bring_back()
        told += process.communicate(timeout=60)[1]

    assert "cannot be written" in told
    assert Generation.objects.count() == 3, told


def test_what_an_ending_process_cannot_store_is_in_its_log():
    with table_away(), ending(before="ledger_queue.LAST_PAUSES_S = (0.01,)") as process:
        _, told = process.communicate(timeout=60)

    assert told.count("models_registry.generation.not_stored") == 3, told
