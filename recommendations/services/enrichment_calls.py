"""Ask an optional service one thing: paced over all processes, behind its breaker, counted, and remembered."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NoReturn, TypeVar

import httpx
from django.db import connection
from django.utils import timezone

from models_registry.services.borrow import borrowing
from models_registry.services.guard import with_circuit_breaker
from recommendations.domain.enrichment import BREAKERS, Service, ServiceAt, ServiceFails
from recommendations.domain.errors import SealBroken
from recommendations.domain.source_errors import SourceError, SourceRefused, SourceUnreachable
from recommendations.models import Enrichment
from recommendations.services.sealing import unseal

T = TypeVar("T")
GAPS_S = {  # between two requests of all our processes
    Service.MEMPOOL: 0.7,  # it answers 429 above about 1.5 a second
    Service.SPARKSEER: 1.0,
    Service.LNBITS: 0.5,
}
LONGEST_WAIT = timedelta(seconds=30)  # for a slot; a job that waits longer holds up the others
SLOT = """
UPDATE recommendations_enrichment
SET free_at = greatest(coalesce(free_at, %(at)s), %(at)s) + make_interval(secs => %(gap_s)s)
WHERE slug = %(slug)s AND (free_at IS NULL OR free_at <= %(latest)s)
RETURNING free_at - make_interval(secs => %(gap_s)s)
"""
Sleep = Callable[[float], Awaitable[None]]


def service_at(slug: Service, *, is_off_too: bool = False) -> ServiceAt | None:
    """Return where a service is, with its key, or None while it is switched off.

    :raises SourceRefused: when its key was sealed by another one: it has to be entered again.
    """
    row = Enrichment.objects.filter(slug=slug).first()
    if row is None or not (row.is_enabled or is_off_too):
        return None
    try:
        return ServiceAt(slug, row.name, row.address.rstrip("/"), unseal(row.credential))
    except SealBroken as exc:
        failure = SourceRefused(f"The key of {row.name} cannot be read any more. Enter it again in the admin.")
        _note_failure(slug, failure, at=timezone.now())
        raise failure from exc


@dataclass(frozen=True, slots=True)
class OutsideLine:
    """The way to one service: where it is, the HTTP client of this job, and how to wait for a turn."""

    service: ServiceAt
    web: httpx.AsyncClient
    sleep: Sleep

    async def ask(self, call: Callable[..., Awaitable[T]], *given: str) -> T:
        """Return what a bound method of a client returns, when it is its turn.

        :raises SourceError: as the client does; SourceUnreachable also while the service is left alone.
        """
        await self.sleep(await borrowing(_wait_s, self.service, at=timezone.now()))
        try:
            answer = await _guarded(self.service, call)(*given)
        except SourceError as exc:
            await borrowing(_note_failure, self.service.slug, exc, at=timezone.now())
            raise
        await borrowing(_note_answer, self.service.slug, at=timezone.now())
        return answer


@asynccontextmanager
async def line_to(
    slug: Service, *, is_off_too: bool = False, sleep: Sleep = asyncio.sleep
) -> AsyncIterator[OutsideLine | None]:
    """Yield the way to a service, or None while it is switched off: then nobody connects to it.

    :raises SourceRefused: when its key was sealed by another one: it has to be entered again.
    """
    service = await borrowing(service_at, slug, is_off_too=is_off_too)
    if service is None:
        yield None
        return
    async with httpx.AsyncClient(trust_env=False) as web:  # no proxy of the environment sees a key
        yield OutsideLine(service, web, sleep)


def _note_failure(slug: Service, failure: SourceError, *, at: datetime) -> None:
    """Remember why a service did not tell, and for how long it asks to be left alone."""
    changed: dict[str, Any] = {"tried_at": at, "message": str(failure)[:300]}
    if isinstance(failure, SourceUnreachable) and failure.retry_after_s is not None:
        changed["free_at"] = at + timedelta(seconds=failure.retry_after_s)
    Enrichment.objects.filter(slug=slug).update(**changed)


def _note_answer(slug: Service, *, at: datetime) -> None:
    Enrichment.objects.filter(slug=slug).update(tried_at=at, answered_at=at, message="")


def _wait_s(service: ServiceAt, *, at: datetime) -> float:
    """Take the next slot and return how long it is until then.

    :raises SourceUnreachable: when that is too long, as after the service asked for patience.
    """
    with connection.cursor() as cursor:
        latest, gap_s = at + LONGEST_WAIT, GAPS_S[service.slug]
        cursor.execute(SLOT, {"slug": service.slug, "at": at, "gap_s": gap_s, "latest": latest})
        row: tuple[datetime] | None = cursor.fetchone()
    if row is None:
        raise SourceUnreachable(f"{service.name} asked for patience, or is asked too much. It is tried again later.")
    return max(0.0, (row[0] - at).total_seconds())


def _guarded(service: ServiceAt, ask: Callable[..., Awaitable[T]]) -> Callable[..., Awaitable[T]]:
    def left_alone(*_given: str) -> NoReturn:
        raise SourceUnreachable(f"{service.name} failed too often lately and is left alone for a while.")

    guard = with_circuit_breaker(BREAKERS[service.slug], failures=(ServiceFails,), fallback=left_alone)
    return guard(ask)
