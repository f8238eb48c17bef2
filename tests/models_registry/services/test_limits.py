"""Requests are counted exactly, whoever serves; too many are refused with the time to come back."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import OperationalError, connection, connections

from models_registry.domain.breaker import BreakerState, Circuit
from models_registry.domain.errors import LimiterUnavailable, QuotaExceeded
from models_registry.models import ApiKey, RequestWindow, Tier
from models_registry.services import keys, limits
from models_registry.services.breaker_memory import held
from tests.models_registry.rows import NOW

pytestmark = pytest.mark.django_db


def after(seconds: float):
    return NOW + timedelta(seconds=seconds)


def takes(unit: str, times: int, *, at=NOW, per_minute: int | None = 60, per_hour: int | None = 1000) -> int:
    """Return how many of so many requests were allowed."""
    allowed = 0
    for _ in range(times):
        try:
            limits.take(unit, per_minute=per_minute, per_hour=per_hour, at=at)
            allowed += 1
        except QuotaExceeded:
            pass
    return allowed


def test_the_61st_call_of_a_minute_is_refused_and_told_when_to_come_back():
    assert takes("key:1", 60) == 60

    with pytest.raises(QuotaExceeded) as refused:
        limits.take("key:1", per_minute=60, per_hour=1000, at=after(10))

    assert refused.value.retry_after_s == 51
    limits.take("key:1", per_minute=60, per_hour=1000, at=after(10 + 51))
    with pytest.raises(QuotaExceeded):
        limits.take("key:1", per_minute=60, per_hour=1000, at=after(10 + 51))


def test_nobody_gets_twice_the_limit_around_the_end_of_a_minute():
    allowed = takes("key:1", 1, at=NOW) + takes("key:1", 100, at=after(59)) + takes("key:1", 100, at=after(61))

    assert allowed <= 61


def test_a_quiet_while_forgets():
    assert takes("key:1", 60) == 60
    assert takes("key:1", 100, at=after(121)) == 60


def test_the_hour_counts_what_the_minute_let_through():
    allowed = sum(takes("key:1", 70, at=after(61 * minute), per_hour=100) for minute in range(4))

    assert allowed == 100
    with pytest.raises(QuotaExceeded, match="100 requests an hour"):
        limits.take("key:1", per_minute=60, per_hour=100, at=after(61 * 4))


def test_hammering_locks_nobody_out_for_longer():
    takes("key:1", 1000)

    assert RequestWindow.objects.get(unit="key:1", seconds=3600).count == 60
    assert takes("key:1", 1, at=after(62)) == 1


def test_units_do_not_share():
    assert takes("key:1", 70) == 60
    assert takes("key:2", 70) == 60


@pytest.mark.parametrize(
    ("per_minute", "per_hour", "allowed"),
    [(None, None, 80), (None, 70, 70), (5, None, 5), (0, None, 0), (0, 1000, 0), (10, 0, 0)],
)
def test_none_is_no_limit_and_zero_is_nothing(per_minute, per_hour, allowed):
    assert takes("key:1", 80, per_minute=per_minute, per_hour=per_hour) == allowed


def test_one_statement_asks_and_counts(django_assert_num_queries):
    with django_assert_num_queries(1):
        limits.take("key:1", per_minute=60, per_hour=1000, at=NOW)


def test_a_key_has_its_tiers_limits_unless_it_has_its_own(django_assert_num_queries):
    Tier.objects.create(slug="free", requests_per_minute=2, requests_per_hour=None)
    plain, own = keys.create("a", tier="free").row, keys.create("b", tier="free").row
    own.requests_per_minute, own.requests_per_hour = 3, 1000

    assert [charged(plain), charged(own)] == [2, 3]
    with django_assert_num_queries(1):
        limits.charge_key(own, at=after(300))


def charged(key: ApiKey) -> int:
    for number in range(100):
        try:
            limits.charge_key(key, at=NOW)
        except QuotaExceeded:
            return number
    return 100


def test_an_address_is_counted_but_not_stored():
    for _ in range(60):
        limits.charge_address("192.0.2.7", at=NOW)

    with pytest.raises(QuotaExceeded):
        limits.charge_address("192.0.2.7", at=NOW)
    limits.charge_address("192.0.2.8", at=NOW)
    assert not RequestWindow.objects.filter(unit__contains="192.0.2").exists()


def test_old_windows_are_forgotten():
    takes("key:1", 1)
    takes("key:2", 1, at=after(7200))

    assert limits.forget(at=after(7201)) == 2
    assert set(RequestWindow.objects.values_list("unit", flat=True)) == {"key:2"}


@pytest.mark.django_db(transaction=True)
def test_the_count_is_exact_when_eight_ask_at_once():
    start = threading.Barrier(8)

    def ask(_number: int) -> int:
        start.wait()
        try:
            return takes("key:1", 25)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        allowed = sum(pool.map(ask, range(8)))

    assert allowed == 60
    assert RequestWindow.objects.get(unit="key:1", seconds=60).count == 60


@pytest.fixture
def fresh_breaker():
    held.circuit = Circuit()
    yield
    held.circuit = Circuit()


def test_without_its_store_the_limiter_says_so_and_soon_asks_no_more(fresh_breaker):
    asked = []

    def fail(execute, sql, params, many, context):
        asked.append(sql)
        raise OperationalError("the server closed the connection")

    with connection.execute_wrapper(fail):
        for _ in range(15):
            with pytest.raises(LimiterUnavailable) as refused:
                limits.take("key:1", per_minute=60, per_hour=1000, at=NOW)

    assert refused.value.retry_after_s
    assert len(asked) == held.limits.failure_threshold == 10
    assert held.circuit.state is BreakerState.OPEN
