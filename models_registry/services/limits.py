"""Count requests per key or address in PostgreSQL, and refuse what is too much: exact, whichever process serves.

One statement asks and counts. Who is refused is not counted, so hammering locks nobody out for longer.
"""

import hashlib
import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.db import InterfaceError, OperationalError, connection

from models_registry.domain.errors import BreakerOpen, LimiterUnavailable, QuotaExceeded
from models_registry.domain.quota import Quota, Window, wait_s
from models_registry.models import ApiKey, RequestWindow, Tier
from models_registry.services.default_breakers import POSTGRES, REQUESTS_PER_HOUR, REQUESTS_PER_MINUTE
from models_registry.services.guard import with_circuit_breaker

USUAL = Quota(REQUESTS_PER_MINUTE, REQUESTS_PER_HOUR)  # of a tier without a row
STRANGERS_TIER = ApiKey.Tier.FREE.value  # of calls without a key
STORE_FAULTS = (OperationalError, InterfaceError)
RETRY_S = 5.0  # while the store does not answer
FORGOTTEN_AFTER = timedelta(hours=2)  # no window older than two of its lengths weighs anything

# The stored window is turned on to the present, then asked, then counted. The hour is asked only if the minute agrees.
WINDOW = """
    INSERT INTO models_registry_requestwindow AS kept (unit, seconds, started_at, count, previous, is_allowed)
    SELECT %(unit)s::text, {seconds}, %(at)s::timestamptz, is_ok::int, 0, is_ok
    FROM (SELECT coalesce({limit}::int >= 1, true) AS is_ok) AS fresh {only_if}
    ON CONFLICT (unit, seconds) DO UPDATE SET (started_at, count, previous, is_allowed) = (
        SELECT began_at, counted + is_ok::int, before, is_ok
        FROM (
            SELECT *, coalesce(
                before * least(1, greatest(0, 1 - extract(epoch FROM %(at)s::timestamptz - began_at) / {seconds}))
                + counted + 1 <= {limit}::int, true) AS is_ok
            FROM (
                SELECT
                    CASE WHEN age < 1 THEN kept.started_at
                         WHEN age < 2 THEN kept.started_at + interval '{seconds} seconds'
                         ELSE %(at)s::timestamptz END AS began_at,
                    CASE WHEN age < 1 THEN kept.count ELSE 0 END AS counted,
                    CASE WHEN age < 1 THEN kept.previous WHEN age < 2 THEN kept.count ELSE 0 END AS before
                FROM (SELECT extract(epoch FROM %(at)s::timestamptz - kept.started_at) / {seconds} AS age) AS since
            ) AS turned
        ) AS asked
    )
    RETURNING seconds, started_at, count, previous, is_allowed
"""
MINUTE = WINDOW.format(seconds=60, limit="%(per_minute)s", only_if="{only_if}")
HOUR = WINDOW.format(seconds=3600, limit="%(per_hour)s", only_if="WHERE (SELECT minute.is_allowed FROM minute)")
QUOTA_OF = f"SELECT requests_per_minute, requests_per_hour FROM {Tier._meta.db_table} WHERE slug = {{tier}}"  # noqa: S608 - ours
QUOTA = QUOTA_OF.format(tier="%s")
# Everybody's next request waits for the row of this one, so its commit does not wait for the disk; a count that a power
# cut takes back harms nobody.
HASTE = "haste AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))"
COUNTED = "SELECT minute.* FROM minute CROSS JOIN haste UNION ALL TABLE hour"
WINDOWS = " ".join((f"{HASTE}, minute AS (", MINUTE, "), hour AS (", HOUR, ")"))  # {only_if}: what must be so
TAKE = f"WITH {WINDOWS.format(only_if='')} {COUNTED}"


def charge_key(key: ApiKey, *, at: datetime) -> None:
    """Count one request of a key: by its own limits, else by its tier's.

    :raises QuotaExceeded: when it asked too often; `retry_after_s` says when to come back.
    :raises LimiterUnavailable: when it cannot be counted.
    """
    quota = _quota(key.tier, per_minute=key.requests_per_minute, per_hour=key.requests_per_hour)
    take(unit_of(key), per_minute=quota.per_minute, per_hour=quota.per_hour, at=at)


def charge_address(address: str, *, at: datetime) -> None:
    """Count one request of an address that brought no key. The address itself is not stored.

    :raises QuotaExceeded: as for keys.
    :raises LimiterUnavailable: as for keys.
    """
    quota = _quota(STRANGERS_TIER)
    unit = f"address:{hashlib.sha256(address.encode()).hexdigest()[:24]}"
    take(unit, per_minute=quota.per_minute, per_hour=quota.per_hour, at=at)


def take(unit: str, *, per_minute: int | None, per_hour: int | None, at: datetime) -> None:
    """Count one request of a unit, if both limits allow it. None: no limit.

    :raises QuotaExceeded: when one does not; nothing is counted for the hour then.
    :raises LimiterUnavailable: when the database does not answer.
    """
    if per_minute is None and per_hour is None:
        return
    quota = Quota(per_minute, per_hour)
    with _store_needed():
        windows = _rows(unit, quota, at)
    refuse_excess(windows, quota, at=at)


def unit_of(key: ApiKey) -> str:
    """Return what the windows of a key are kept under."""
    return f"key:{key.pk}"


def own_or_usual(key: ApiKey, usual: Quota) -> Quota:
    """Return the limits of a key: its own, and where it has none, those of its tier."""
    return _filled(usual, per_minute=key.requests_per_minute, per_hour=key.requests_per_hour)


def values(unit: str, quota: Quota, *, at: datetime) -> dict[str, Any]:
    """Return what TAKE asks for."""
    return {"unit": unit, "per_minute": quota.per_minute, "per_hour": quota.per_hour, "at": at}


def refuse_excess(windows: Iterable[Sequence[Any]], quota: Quota, *, at: datetime) -> None:
    """Do nothing when the windows that TAKE returned allowed the request.

    :raises QuotaExceeded: when one did not.
    """
    limits = {60: quota.per_minute, 3600: quota.per_hour}
    for seconds, started_at, count, previous, is_allowed in windows:
        limit = limits[seconds]
        if not is_allowed and limit is not None:
            window = Window(seconds, (at - started_at).total_seconds(), count, previous)
            raise _refused(window, limit=limit)


def forget(*, at: datetime) -> int:
    """Delete the windows that weigh nothing any more and return how many."""
    return RequestWindow.objects.filter(started_at__lt=at - FORGOTTEN_AFTER).delete()[0]


@contextmanager
def _store_needed() -> Iterator[None]:
    try:
        yield
    except (*STORE_FAULTS, BreakerOpen) as exc:
        raise LimiterUnavailable("Requests cannot be counted now. Try again shortly.", retry_after_s=RETRY_S) from exc


@with_circuit_breaker(POSTGRES, failures=STORE_FAULTS)
def _rows(unit: str, quota: Quota, at: datetime) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(TAKE, values(unit, quota, at=at))
        return list(cursor.fetchall())


@with_circuit_breaker(POSTGRES, failures=STORE_FAULTS)
def _quota_of(tier: str) -> Quota | None:
    with connection.cursor() as cursor:
        cursor.execute(QUOTA, (tier,))
        row = cursor.fetchone()
    return Quota(*row) if row else None


def _refused(window: Window, *, limit: int) -> QuotaExceeded:
    span = "a minute" if window.seconds == 60 else "an hour"
    retry_after_s = max(1, math.ceil(wait_s(window, limit=limit)))
    message = f"That was too often: {limit} requests {span} are allowed. Try again in {retry_after_s} s."
    return QuotaExceeded(message, retry_after_s=retry_after_s)


def _quota(tier: str, *, per_minute: int | None = None, per_hour: int | None = None) -> Quota:
    if per_minute is not None and per_hour is not None:
        return Quota(per_minute, per_hour)
    with _store_needed():
        usual = _quota_of(tier) or USUAL
    return _filled(usual, per_minute=per_minute, per_hour=per_hour)


def _filled(usual: Quota, *, per_minute: int | None, per_hour: int | None) -> Quota:
    return Quota(
        per_minute=usual.per_minute if per_minute is None else per_minute,
        per_hour=usual.per_hour if per_hour is None else per_hour,
    )
