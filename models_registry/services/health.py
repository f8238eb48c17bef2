"""Know which hosts answer, cheaply: a look that is recent enough is trusted, and one thread looks for all."""

import threading
from collections.abc import Sequence
from datetime import datetime, timedelta

from channels.db import database_sync_to_async
from django.db.models import Q
from django.utils import timezone

from models_registry.models import Provider
from models_registry.services.discover import HostReport, refresh

MAX_AGE_S = 30.0  # for a host that answered
UNHEALTHY_AGE_S = 3.0  # for one that did not: so long an Ollama that was started later may stay unnoticed
HURRIED_S = 1.0  # somebody is waiting for an answer
UNHURRIED_S = 5.0  # CL-10

_looking = threading.Lock()


def ensure_fresh(max_age_s: float = MAX_AGE_S, *, at: datetime | None = None) -> None:
    """Look at the enabled hosts that nobody has looked at lately; call it before planning, not on the event loop.

    Costs one query when all are fresh, nothing much when a host refuses, and about a second when one is
    silent; that is remembered for UNHEALTHY_AGE_S.
    """
    now = at or timezone.now()
    if not _stale(now, max_age_s):
        return
    with _looking:
        if stale := _stale(now, max_age_s):  # else another thread has looked meanwhile
            refresh(stale, at=now, patience_s=HURRIED_S)


async def aensure_fresh(max_age_s: float = MAX_AGE_S, *, at: datetime | None = None) -> None:
    """Do the same from the event loop."""
    await database_sync_to_async(ensure_fresh)(max_age_s, at=at)


def check(rows: Sequence[Provider], *, at: datetime) -> tuple[HostReport, ...]:
    """Look at these hosts now, store what they say, and return it."""
    return refresh(rows, at=at, patience_s=UNHURRIED_S)


def check_all(*, at: datetime) -> tuple[HostReport, ...]:
    """Look at every enabled host now, store what they say, and return it."""
    return check(tuple(Provider.objects.filter(is_enabled=True)), at=at)


def _stale(now: datetime, max_age_s: float) -> tuple[Provider, ...]:
    before, long_before = now - timedelta(seconds=min(max_age_s, UNHEALTHY_AGE_S)), now - timedelta(seconds=max_age_s)
    is_stale = Q(checked_at__isnull=True) | Q(checked_at__lt=long_before) | Q(is_healthy=False, checked_at__lt=before)
    return tuple(Provider.objects.filter(is_stale, is_enabled=True))
