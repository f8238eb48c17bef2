"""The breakers of models on hosts, as speaking needs them, and what the administrator does to any."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from django.db import Error
from django.utils import timezone

from models_registry import metrics
from models_registry.domain.breaker import Circuit, breaker_name, forced_open
from models_registry.domain.breaker_stats import Tally
from models_registry.domain.chat import Candidate
from models_registry.models import Breaker
from models_registry.services import breaker_calls, breaker_rows
from models_registry.services.borrow import borrowing
from models_registry.services.breaker_calls import Passage
from models_registry.services.default_breakers import POSTGRES, template_of

UNUSED_AFTER = timedelta(days=1)
CHAT = "chat"  # what was asked of the service, in the metrics
TOTALS = ("total_calls", "total_successes", "total_failures", "total_rejected", "total_ms")


async def claim_trial(candidate: Candidate, *, at: datetime | None = None) -> bool:
    """Return whether this candidate may be asked though its breaker is not closed; at most three at once may.

    Who may must tell how it went: `note_success`, `note_failure` or `note_hang_up`.
    """
    try:
        passage = await borrowing(breaker_calls.ask_for_trial, _passage(candidate), at=at or timezone.now())
    except Error:
        return False  # what cannot be written down would be no trial
    return passage is not None


async def note_success(candidate: Candidate, *, latency_ms: int | None, at: datetime | None = None) -> None:
    """Tell that the candidate answered to its end. Collected in memory, but for a trial."""
    now, passage, spent_ms = at or timezone.now(), _passage(candidate), latency_ms or 0
    metrics.note_external(template_of(candidate.endpoint.kind), CHAT, seconds=spent_ms / 1000)
    if breaker_calls.is_quick(passage):
        breaker_calls.went_well(passage, latency_ms=spent_ms, at=now)
    else:
        await borrowing(breaker_calls.went_well, passage, latency_ms=spent_ms, at=now)


async def note_failure(
    candidate: Candidate, failure: BaseException, *, latency_ms: int | None, at: datetime | None = None
) -> None:
    """Tell that the candidate failed. Whether that speaks against its host is decided here (CB-08)."""
    passage, spent_ms = _passage(candidate), latency_ms or 0
    code = breaker_calls.code_of(failure)
    metrics.note_external(template_of(candidate.endpoint.kind), CHAT, seconds=spent_ms / 1000, error_type=code)
    await borrowing(breaker_calls.failed_with, passage, failure, latency_ms=spent_ms, at=at or timezone.now())


async def note_hang_up(candidate: Candidate, *, at: datetime | None = None) -> None:
    """Tell that nobody waits for the candidate any more, which proves nothing; a trial gives its slot back."""
    passage = _passage(candidate)
    if passage.is_trial:
        await borrowing(breaker_calls.proved_nothing, passage, at=at or timezone.now())


def reset(rows: Iterable[Breaker], *, by: str, at: datetime) -> int:
    """Close these breakers and begin their counts anew; return how many there were."""
    return _by_hand(rows, lambda _before: Circuit(), reason=f"reset by {by}", at=at, is_fresh=True)


def force_open(rows: Iterable[Breaker], *, by: str, at: datetime) -> int:
    """Open these breakers until they are reset; return how many there were."""
    return _by_hand(rows, lambda before: forced_open(before, at=at), reason=f"opened by {by}", at=at)


def forget_unused(*, at: datetime) -> int:
    """Delete the breakers of models that nobody asked for a day, gone ones among them; return how many.

    One that is asked again begins anew. What somebody opened by hand stays.
    """
    unused = Breaker.objects.filter(name__contains="/", is_forced=False)
    for moment in ("latest_success_at", "latest_failure_at"):
        unused = unused.exclude(**{f"{moment}__gt": at - UNUSED_AFTER})
    return unused.delete()[1].get("models_registry.Breaker", 0)


def _by_hand(
    rows: Iterable[Breaker],
    turn: Callable[[Circuit], Circuit],
    *,
    reason: str,
    at: datetime,
    is_fresh: bool = False,
) -> int:
    names = [row.name for row in rows if row.name != POSTGRES]  # each process holds that one by itself
    for name in names:
        breaker_rows.move(name, lambda circuit, _limits: (turn(circuit), Tally()), at=at, reason=reason)
    if is_fresh:
        Breaker.objects.filter(name__in=names).update(**dict.fromkeys(TOTALS, 0), minutes=[])
    return len(names)


def _passage(candidate: Candidate) -> Passage:
    endpoint = candidate.endpoint
    name = breaker_name(endpoint.slug, candidate.model)
    return Passage(name, is_trial=candidate.is_on_trial, service=template_of(endpoint.kind))
