"""The timetable adds what is missing and never undoes what an administrator changed."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from django.core.management import call_command
from django.utils.module_loading import import_string
from django_q.models import Schedule

from lnrag_site import schedules
from lnrag_site.schedules import ENQUEUED, TIMETABLE, sync

AT = datetime(2025, 10, 19, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def test_the_first_sync_adds_every_job_once():
    assert sync(at=AT) == tuple(entry.name for entry in TIMETABLE)
    assert sync(at=AT) == ()

    assert Schedule.objects.count() == len(TIMETABLE)
    assert set(Schedule.objects.values_list("repeats", flat=True)) == {-1}


def test_a_changed_cadence_and_a_job_switched_off_stay_as_they_are():
    sync(at=AT)
    changed = TIMETABLE[0].name
    Schedule.objects.filter(name=changed).update(minutes=7, repeats=0, schedule_type=Schedule.DAILY)

    sync(at=AT)

    row = Schedule.objects.get(name=changed)
    assert (row.minutes, row.repeats, row.schedule_type) == (7, 0, Schedule.DAILY)


def test_a_job_follows_its_task_when_the_task_moves():
    sync(at=AT)
    Schedule.objects.filter(name=TIMETABLE[0].name).update(func="old.place", minutes=9)

    sync(at=AT)

    row = Schedule.objects.get(name=TIMETABLE[0].name)
    assert (row.func, row.minutes) == (TIMETABLE[0].task, 9)


def test_a_job_begins_as_the_environment_wants_it(monkeypatch, settings):
    warm = next(entry for entry in TIMETABLE if entry.task.endswith("warm_popular_nodes"))
    assert (warm.minutes, warm.is_on) == (settings.CACHE_WARM_INTERVAL // 60, settings.CACHE_WARM_ENABLED)
    assert warm.arguments == f"limit={settings.CACHE_WARM_NODES}"

    monkeypatch.setattr(schedules, "TIMETABLE", (replace(warm, minutes=90, is_on=False, arguments="limit=7"),))
    sync(at=AT)

    row = Schedule.objects.get()
    assert (row.minutes, row.repeats, row.kwargs) == (90, 0, "limit=7")


def test_the_command_says_what_it_added(capsys):
    call_command("sync_schedules")
    assert TIMETABLE[0].name in capsys.readouterr().out

    call_command("sync_schedules")
    assert "Nothing was missing" in capsys.readouterr().out


@pytest.mark.parametrize("task", [entry.task for entry in TIMETABLE] + list(ENQUEUED))
def test_every_dotted_task_is_there(task):
    assert callable(import_string(task))


def test_names_are_unique_and_every_job_says_why():
    assert len({entry.name for entry in TIMETABLE}) == len(TIMETABLE)
    assert all(entry.why and entry.minutes > 0 for entry in TIMETABLE)
