"""What models do right now and did lately, from the ledger and the rows of hosts. A prompt is never among it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Aggregate, Count, F, FloatField, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce, NullIf

from models_registry.domain.breaker import BreakerState
from models_registry.models import Breaker, Generation, LanguageModel, Provider

PAGE_SIZE = 25
BATCH = 500  # rows of the ledger that an export reads at once
ASKED = Coalesce(NullIf("model", Value("")), F("selected_model"))  # who answered, else who was chosen to
LEDGER_FIELDS = tuple(field.attname for field in Generation._meta.concrete_fields)


@dataclass(frozen=True, slots=True)
class UsageFilter:
    """Which generations are meant. Empty texts and None mean all."""

    model: str = ""
    outcome: str = ""
    purpose: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """One generation: who was chosen and why, why others lost, how it went. None where nobody measured."""

    id: str
    at: datetime
    purpose: str
    query_type: str
    model: str
    host: str
    chosen: tuple[tuple[str, str], ...]
    losers: tuple[tuple[str, str], ...]
    attempts: tuple[tuple[str, str], ...]
    outcome: str
    error_code: str
    queue_ms: int | None
    load_ms: int | None
    first_token_ms: int | None
    latency_ms: int | None
    prompt_tokens: int | None
    generated_tokens: int | None
    cost_usd: Decimal | None


@dataclass(frozen=True, slots=True)
class ModelUse:
    """What one model did, or was chosen for in vain. Times in milliseconds: the median and the 95th percentile."""

    model: str
    count: int
    completed: int
    failed: int
    abandoned: int
    first_token_ms: float | None
    latency_ms: float | None
    slow_ms: float | None
    generated_tokens: int | None
    cost_usd: Decimal | None


@dataclass(frozen=True, slots=True)
class Residency:
    """One installed model of a host, and until when it stays in memory. `vram_share` is 0 to 1."""

    tag: str
    resident_until: datetime | None
    vram_share: float | None
    tokens_per_s: float | None


@dataclass(frozen=True, slots=True)
class HostState:
    """A host that is switched on."""

    slug: str
    name: str
    is_healthy: bool | None
    note: str
    slots: int
    models: tuple[Residency, ...]


@dataclass(frozen=True, slots=True)
class Offered:
    """What can be filtered by: the values that occur."""

    models: tuple[str, ...]
    purposes: tuple[str, ...]


class Percentile(Aggregate):
    """The value below which this share of the rows lies; rows without a value do not count."""

    function = "PERCENTILE_CONT"
    template = "%(function)s(%(share)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()

    def __init__(self, field: str, *, share: float) -> None:
        super().__init__(field, share=share)


def ledger(wanted: UsageFilter) -> QuerySet[Generation]:
    """Return the rows that are meant, the newest first."""
    named = {
        "outcome": wanted.outcome,
        "purpose": wanted.purpose,
        "created_at__gte": wanted.since,
        "created_at__lte": wanted.until,
    }
    rows = Generation.objects.filter(**{name: value for name, value in named.items() if value})
    if wanted.model:
        rows = rows.filter(Q(model=wanted.model) | Q(model="", selected_model=wanted.model))
    return rows.order_by("-created_at", "-pk")


def choices_page(wanted: UsageFilter, *, number: int) -> "Page[Generation]":
    """Return one page of the ledger; a page that does not exist falls back to the nearest."""
    return Paginator(ledger(wanted), PAGE_SIZE).get_page(number)


def choice(row: Generation) -> Choice:
    """Return a row of the ledger as a page tells it."""
    return Choice(
        id=str(row.pk),
        at=row.created_at,
        purpose=row.purpose,
        query_type=row.query_type,
        model=row.model,
        host=row.provider,
        chosen=_told(row.decision, is_chosen=True),
        losers=_told(row.decision, is_chosen=False),
        attempts=tuple((f"{one['model']} on {one['endpoint']}", str(one["error_code"])) for one in row.attempts),
        outcome=row.outcome,
        error_code=row.error_code,
        queue_ms=row.queue_ms,
        load_ms=row.load_ms,
        first_token_ms=row.first_token_ms,
        latency_ms=row.latency_ms,
        prompt_tokens=row.prompt_tokens,
        generated_tokens=row.generated_tokens,
        cost_usd=row.cost_usd,
    )


def model_uses(wanted: UsageFilter) -> tuple[ModelUse, ...]:
    """Return what each model did, the busiest first, in one statement."""
    grouped = ledger(wanted).annotate(asked=ASKED).exclude(asked="").order_by().values("asked")
    counted = grouped.annotate(
        count=Count("pk"),
        **{outcome: Count("pk", filter=Q(outcome=outcome)) for outcome in ("completed", "failed", "abandoned")},
        first_token_p50=Percentile("first_token_ms", share=0.5),
        latency_p50=Percentile("latency_ms", share=0.5),
        latency_p95=Percentile("latency_ms", share=0.95),
        tokens=Sum("generated_tokens"),
        cost=Sum("cost_usd"),
    )
    return tuple(_use(row) for row in counted.order_by("-count", "asked"))


def hosts() -> tuple[HostState, ...]:
    """Return the hosts that are switched on with their installed models, in two statements."""
    rows = Provider.objects.filter(is_enabled=True)
    held: dict[int, list[Residency]] = {}
    for model in LanguageModel.objects.filter(is_installed=True, is_enabled=True, provider__in=rows):
        seen = Residency(model.tag, model.resident_until, model.vram_share, model.observed_tokens_per_s)
        held.setdefault(model.provider_id, []).append(seen)
    return tuple(
        HostState(row.slug, row.name, row.is_healthy, row.health_note, row.slots, tuple(held.get(row.pk, ())))
        for row in rows
    )


def unusual_breakers() -> QuerySet[Breaker]:
    """Return the breakers that keep somebody from being asked, or are on trial."""
    return Breaker.objects.exclude(state=BreakerState.CLOSED.value)


def offered(wanted: UsageFilter) -> Offered:
    """Return what occurs in the period, to filter by."""
    period = ledger(UsageFilter(since=wanted.since)).order_by()
    models = period.annotate(asked=ASKED).exclude(asked="").values_list("asked", flat=True).distinct()
    return Offered(tuple(sorted(models)), tuple(sorted(period.values_list("purpose", flat=True).distinct())))


def ledger_batch(wanted: UsageFilter, *, after: Sequence[Any] | None = None) -> list[tuple[Any, ...]]:
    """Return the next rows in the order of `LEDGER_FIELDS`: at most `BATCH`, those after the row given."""
    rows = ledger(wanted)
    if after is not None:
        last = dict(zip(LEDGER_FIELDS, after, strict=True))
        at, key = last["created_at"], last["id"]
        rows = rows.filter(Q(created_at__lt=at) | Q(created_at=at, pk__lt=key))
    return list(rows.values_list(*LEDGER_FIELDS)[:BATCH])


def _use(row: Mapping[str, Any]) -> ModelUse:
    return ModelUse(
        model=row["asked"],
        count=row["count"],
        completed=row["completed"],
        failed=row["failed"],
        abandoned=row["abandoned"],
        first_token_ms=row["first_token_p50"],
        latency_ms=row["latency_p50"],
        slow_ms=row["latency_p95"],
        generated_tokens=row["tokens"],
        cost_usd=row["cost"],
    )


def _told(decision: Mapping[str, Any], *, is_chosen: bool) -> tuple[tuple[str, str], ...]:
    """Return the candidate that was chosen, or each other one, with why."""
    named = (one for one in decision.get("candidates") or () if bool(one.get("is_chosen")) is is_chosen)
    return tuple((f"{one.get('model')} on {one.get('host')}", str(one.get("reason", ""))) for one in named)
