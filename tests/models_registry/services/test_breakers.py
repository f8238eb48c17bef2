"""One registry for all processes: opened by one, seen by all; only what a host did wrong opens it."""

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connection, connections
from django.utils import timezone

from models_registry import metrics
from models_registry.domain.breaker import MOST_TRIALS, BreakerState, breaker_name
from models_registry.domain.breaker_stats import Tally
from models_registry.domain.chat import Candidate, Endpoint
from models_registry.domain.errors import ModelNotInstalled, ProviderTimeout, ProviderUnavailable, RateLimited
from models_registry.models import Breaker, BreakerChange
from models_registry.models.breakers import CHANGES_KEPT
from models_registry.services import breaker_batch, breaker_calls, breaker_rows, breakers
from models_registry.services.borrow import borrowing, give_back
from models_registry.services.breaker_calls import Passage
from models_registry.services.default_breakers import rows
from tests.models_registry.rows import NOW

MODEL = "llama3:8b-instruct"
GPU = Candidate(Endpoint(slug="gpu", kind="ollama", base_url="http://localhost:1"), MODEL)
TRIAL = Candidate(GPU.endpoint, MODEL, is_on_trial=True)
HOSTED = Candidate(Endpoint(slug="cloud", kind="openai", base_url="http://localhost:1"), "gpt")
NAME = breaker_name("gpu", MODEL)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
async def tidy() -> AsyncIterator[None]:
    """Collect nothing for the next test, and close the connection of the event loop's thread."""
    yield
    breaker_batch.taken(NAME)
    await sync_to_async(give_back)()


@pytest.fixture
def first_rows() -> None:
    for table, lookup, values in rows():
        table._default_manager.create(**lookup, **values)


def after(seconds: float):
    return NOW + timedelta(seconds=seconds)


async def fail(times: int, candidate: Candidate = GPU, *, at=NOW) -> None:
    for _ in range(times):
        await breakers.note_failure(candidate, ProviderUnavailable("reset"), latency_ms=5, at=at)


def test_the_six_rows_have_their_limits(first_rows):
    limits = {row.name: (row.failure_threshold, row.recovery_s, row.success_threshold) for row in Breaker.objects.all()}

    assert limits == {
        "sparkseer_api": (5, 60, 2),
        "anthropic_api": (3, 120, 2),
        "ollama_local": (10, 30, 3),
        "lnbits_api": (5, 60, 2),
        "postgres": (10, 30, 3),
        "cache": (10, 30, 3),
    }


async def test_a_host_and_model_get_a_breaker_of_their_own_with_the_limits_of_their_kind(first_rows):
    await Breaker.objects.filter(name="ollama_local").aupdate(recovery_s=7)

    await fail(1)
    await fail(1, HOSTED)

    rows_by_name = {row.name: row async for row in Breaker.objects.filter(name__contains="/")}
    assert rows_by_name.keys() == {NAME, "cloud/gpt"}
    ours, hosted = rows_by_name[NAME], rows_by_name["cloud/gpt"]
    assert (ours.service, ours.failure_threshold, ours.recovery_s) == ("ollama_local", 10, 7)
    assert (hosted.service, hosted.failure_threshold, hosted.recovery_s) == ("anthropic_api", 3, 120)


async def test_a_breaker_nobody_foresaw_has_the_limits_of_the_environment(settings):
    settings.CIRCUIT_BREAKER_THRESHOLD, settings.CIRCUIT_BREAKER_TIMEOUT = 7, 90.0

    await fail_named("some_api")

    row = await Breaker.objects.aget(name="some_api")
    assert (row.failure_threshold, row.recovery_s) == (7, 90)


async def fail_named(name: str) -> None:
    await borrowing(breaker_calls.went_wrong, Passage(name), ProviderUnavailable("x"), latency_ms=1, at=NOW)


async def test_failures_in_a_row_open_it_and_planning_sees_it(first_rows):
    await fail(9)
    assert await planned() is BreakerState.CLOSED

    await fail(1)

    assert await planned() is BreakerState.OPEN
    assert await planned(at=after(30)) is BreakerState.HALF_OPEN
    change = await BreakerChange.objects.aget()
    assert (change.from_state, change.to_state, change.reason) == ("closed", "open", "provider_unavailable")


async def planned(*, at=NOW) -> BreakerState:
    return (await Breaker.objects.aget(name=NAME)).state_now(at=at)


async def test_what_is_no_fault_of_the_host_never_opens_it(first_rows):
    for failure in (ModelNotInstalled("404"), RateLimited("503")) * 30:
        await breakers.note_failure(GPU, failure, latency_ms=1, at=NOW)

    row = await Breaker.objects.aget(name=NAME)
    assert (row.state, row.total_calls, row.total_failures) == ("closed", 60, 0)


async def test_trials_close_it_again(first_rows):
    await fail(10)
    assert not await breakers.claim_trial(TRIAL, at=after(29))

    for number in range(3):
        assert await breakers.claim_trial(TRIAL, at=after(30 + number))
        await breakers.note_success(TRIAL, latency_ms=3, at=after(30 + number))

    row = await Breaker.objects.aget(name=NAME)
    assert (row.state, row.failures, row.trials, row.opened_at) == ("closed", 0, [], None)
    told = [(change.from_state, change.to_state) async for change in row.changes.order_by("pk")]
    assert told == [("closed", "open"), ("open", "half_open"), ("half_open", "closed")]
    assert row.total_rejected == 1


async def test_one_failed_trial_opens_it_again(first_rows):
    await fail(10)
    assert await breakers.claim_trial(TRIAL, at=after(30))

    await breakers.note_failure(TRIAL, ProviderTimeout("silent"), latency_ms=3, at=after(31))

    assert await planned(at=after(60)) is BreakerState.OPEN
    assert await planned(at=after(61)) is BreakerState.HALF_OPEN


@pytest.mark.parametrize("end", ["hang up", "refused"])
async def test_a_trial_that_proved_nothing_lets_the_next_one_try(first_rows, end):
    await fail(10)
    for _ in range(MOST_TRIALS):
        assert await breakers.claim_trial(TRIAL, at=after(30))
    assert not await breakers.claim_trial(TRIAL, at=after(30))

    if end == "hang up":
        await breakers.note_hang_up(TRIAL, at=after(31))
    else:
        await breakers.note_failure(TRIAL, RateLimited("busy"), latency_ms=1, at=after(31))

    assert await breakers.claim_trial(TRIAL, at=after(31))


async def test_successes_are_collected_and_no_failure_overtakes_them(first_rows, settings):
    settings.WRITE_BEHIND_S = 0.2
    await fail(9)
    for _ in range(20):
        await breakers.note_success(GPU, latency_ms=10, at=NOW)

    await fail(9)

    row = await Breaker.objects.aget(name=NAME)
    assert (row.state, row.failures, row.total_successes, row.total_failures) == ("closed", 9, 20, 18)
    assert row.total_ms == 20 * 10 + 18 * 5


async def test_the_thread_writes_what_was_collected(first_rows, settings):
    settings.WRITE_BEHIND_S = 0.01
    await breakers.note_success(GPU, latency_ms=10)

    written = Breaker.objects.filter(name=NAME, total_successes=1)
    async with asyncio.timeout(10):
        while not await written.aexists():
            await asyncio.sleep(0.01)


async def test_the_totals_are_the_fold_of_the_calls(first_rows):
    await fail(2)
    for _ in range(3):
        await breakers.note_success(GPU, latency_ms=1, at=NOW)
    await breakers.note_failure(GPU, ModelNotInstalled("x"), latency_ms=1, at=NOW)

    row = await Breaker.objects.aget(name=NAME)
    assert (row.total_calls, row.total_successes, row.total_failures, row.total_rejected) == (6, 3, 2, 0)
    assert (row.latest_success_at, row.latest_failure_at) == (NOW, NOW)
    assert row.success_rate(at=NOW) == pytest.approx(3 / 5)


async def test_calls_move_the_metrics_of_the_service():
    def count(status: str) -> float:
        return float(metrics.EXTERNAL_REQUESTS.labels("ollama_local", "chat", status)._value.get())

    before = count("ok"), count("error")
    await breakers.note_success(GPU, latency_ms=10, at=NOW)
    await fail(2)

    assert (count("ok"), count("error")) == (before[0] + 1, before[1] + 2)


def test_only_the_latest_hundred_changes_are_kept(first_rows):
    row = Breaker.objects.get(name="cache")
    for number in range(60):
        breakers.force_open([row], by="alice", at=after(number))
        breakers.reset([row], by="alice", at=after(number))

    assert row.changes.count() == CHANGES_KEPT
    assert row.changes.all()[0].reason == "reset by alice"


async def test_what_an_administrator_opened_stays_open_until_reset(first_rows):
    await fail(1)
    row = await Breaker.objects.aget(name=NAME)
    assert await borrowing(breakers.force_open, [row], by="alice", at=NOW) == 1
    assert await planned(at=after(1e6)) is BreakerState.OPEN
    assert not await breakers.claim_trial(TRIAL, at=after(1e6))

    assert await borrowing(breakers.reset, [row], by="alice", at=NOW) == 1

    await row.arefresh_from_db()
    assert (row.state, row.is_forced, row.total_calls, row.minutes) == ("closed", False, 0, [])
    assert await planned() is BreakerState.CLOSED


def test_the_breaker_of_a_model_nobody_asks_is_forgotten(first_rows):
    old, lately = after(-90_000), after(-3600)
    for name, more in (
        ("gone/a", {"state": "open", "latest_failure_at": old}),
        ("gpu/b", {"latest_success_at": lately, "latest_failure_at": old}),
        ("gpu/c", {"state": "open", "latest_failure_at": lately}),
        ("gpu/d", {"state": "open", "is_forced": True}),
    ):
        Breaker.objects.create(name=name, service="ollama_local", **more)

    assert breakers.forget_unused(at=NOW) == 1

    assert set(Breaker.objects.filter(name__contains="/").values_list("name", flat=True)) == {"gpu/b", "gpu/c", "gpu/d"}
    assert Breaker.objects.count() == 6 + 3


def test_eight_at_once_lose_no_failure_and_get_three_trials(first_rows):
    Breaker.objects.filter(name="ollama_local").update(failure_threshold=1000)
    start = threading.Barrier(8)

    def work(_number: int) -> int:
        start.wait()
        try:
            for _ in range(20):
                breaker_calls.went_wrong(Passage(NAME, service="ollama_local"), TimeoutError(), latency_ms=1, at=NOW)
            return 0
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert Breaker.objects.get(name=NAME).failures == 160

    Breaker.objects.filter(name=NAME).update(state="open", opened_at=NOW, recovery_s=1)

    def claim(_number: int) -> bool:
        start.wait()
        try:
            return breaker_calls.ask(NAME, at=after(2)) is not None
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(claim, range(8))) == MOST_TRIALS
    assert Breaker.objects.get(name=NAME).total_rejected == 8 - MOST_TRIALS


WORKER = """
import django; django.setup()
from django.db import connection
connection.settings_dict["NAME"] = "{database}"
from django.utils import timezone
from models_registry.services import breaker_calls
for _ in range(10):
    breaker_calls.went_wrong(breaker_calls.Passage("cache"), TimeoutError(), latency_ms=1, at=timezone.now())
"""


def test_opened_in_another_process_it_is_seen_here(first_rows):
    database = connection.settings_dict["NAME"]

    subprocess.run(
        [sys.executable, "-c", WORKER.format(database=database)],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
        check=True,
        timeout=60,
    )

    assert breaker_calls.ask("cache", at=timezone.now()) is None


def test_an_unreadable_breaker_lets_everybody_pass(first_rows, monkeypatch):
    monkeypatch.setattr(Breaker._meta, "db_table", "no_such_table")

    assert breaker_calls.ask("cache", at=NOW) == Passage("cache")
    breaker_calls.went_wrong(Passage("cache"), TimeoutError(), latency_ms=1, at=NOW)

    monkeypatch.undo()
    breaker_batch.flush(at=NOW)
    assert Breaker.objects.get(name="cache").total_failures == 1


def test_what_cannot_be_written_is_kept_for_the_next_time(first_rows):
    breaker_batch.add(NAME, Tally(successes=3), service="ollama_local")
    breaker_rows.move(NAME, lambda circuit, _limits: (circuit, Tally()), at=NOW, service="ollama_local")

    breaker_batch.flush(at=NOW)
    breaker_batch.flush(at=NOW)

    assert Breaker.objects.get(name=NAME).total_successes == 3
