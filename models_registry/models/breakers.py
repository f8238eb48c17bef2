"""Circuit breakers: shared by web and worker, seen and reset in the admin."""

from datetime import datetime

from django.db import models
from django.utils import timezone

from models_registry.domain.breaker import BreakerState, Circuit, Limits, state_now
from models_registry.domain.breaker_stats import Health, Minute, Tally, health_of, success_rate, with_tally

CHANGES_KEPT = 100  # per breaker
COUNTED = (
    "total_calls",
    "total_successes",
    "total_failures",
    "total_rejected",
    "total_ms",
    "latest_success_at",
    "latest_failure_at",
    "latest_failure",
    "minutes",
)


class Breaker(models.Model):
    """Keeps a failing service from being asked. One row per service, and one per model on a host."""

    name = models.CharField(max_length=240, unique=True)
    service = models.CharField(max_length=40, help_text="What it guards: the row whose limits a new one copies.")
    failure_threshold = models.PositiveSmallIntegerField(default=5)
    recovery_s = models.FloatField(default=60.0)
    success_threshold = models.PositiveSmallIntegerField(default=2)
    state = models.CharField(
        max_length=10, choices=[(s.value, s.value) for s in BreakerState], default=BreakerState.CLOSED.value
    )
    is_forced = models.BooleanField(default=False, help_text="Opened by hand: it stays open until it is reset.")
    failures = models.PositiveIntegerField(default=0, editable=False, help_text="In a row, while closed.")
    successes = models.PositiveIntegerField(default=0, editable=False, help_text="Of trials, while half-open.")
    trials = models.JSONField(default=list, editable=False, help_text="When each trial under way was let through.")
    opened_at = models.DateTimeField(null=True, editable=False)
    total_calls = models.BigIntegerField(default=0, editable=False, help_text="Those turned away included.")
    total_successes = models.BigIntegerField(default=0, editable=False)
    total_failures = models.BigIntegerField(default=0, editable=False)
    total_rejected = models.BigIntegerField(default=0, editable=False)
    total_ms = models.BigIntegerField(default=0, editable=False)
    latest_success_at = models.DateTimeField(null=True, editable=False)
    latest_failure_at = models.DateTimeField(null=True, editable=False)
    latest_failure = models.CharField(max_length=200, blank=True, editable=False)
    minutes = models.JSONField(
        default=list, editable=False, help_text="Of the last hour: [minute, successes, failures] each."
    )
    seed = models.JSONField(default=dict, editable=False)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    @property
    def limits(self) -> Limits:
        return Limits(self.failure_threshold, self.recovery_s, self.success_threshold)

    @property
    def circuit(self) -> Circuit:
        return Circuit(
            state=BreakerState(self.state),
            is_forced=self.is_forced,
            failures=self.failures,
            successes=self.successes,
            trials=tuple(datetime.fromisoformat(begun) for begun in self.trials),
            opened_at=self.opened_at,
        )

    def state_now(self, *, at: datetime) -> BreakerState:
        """Return how callers should take it: open and due counts as half-open."""
        return state_now(self.circuit, limits=self.limits, at=at)

    def success_rate(self, *, at: datetime) -> float | None:
        """Return the share of calls of the last hour that went well; None without calls."""
        return success_rate([Minute(*minute) for minute in self.minutes], at=at)

    def health(self, *, at: datetime) -> Health:
        """Return how well the service is."""
        return health_of(BreakerState(self.state), self.success_rate(at=at))

    def turn(self, circuit: Circuit, *, at: datetime, reason: str) -> None:
        """Store a new circuit, and a change of state with its reason. The caller holds the row's lock."""
        if circuit == self.circuit:
            return
        before, self.state = self.state, circuit.state.value
        self.is_forced, self.opened_at = circuit.is_forced, circuit.opened_at
        self.failures, self.successes = circuit.failures, circuit.successes
        self.trials = [begun.isoformat() for begun in circuit.trials]
        self.save(update_fields=("state", "is_forced", "failures", "successes", "trials", "opened_at"))
        if before != self.state:
            self.note_change(before, self.state, at=at, reason=reason)

    def note_change(self, before: str, after: str, *, at: datetime, reason: str) -> None:
        """Keep one change of state, and of all changes the latest hundred."""
        self.changes.create(at=at, from_state=before, to_state=after, reason=reason[:200])
        self.changes.exclude(pk__in=self.changes.values("pk")[:CHANGES_KEPT]).delete()

    def count(self, tally: Tally, *, at: datetime, failure: str = "") -> None:
        """Add calls to the totals and to the last hour. The caller holds the row's lock."""
        self.total_calls += tally.calls
        self.total_successes += tally.successes
        self.total_failures += tally.failures
        self.total_rejected += tally.rejected
        self.total_ms += tally.total_ms
        self.latest_success_at = at if tally.successes else self.latest_success_at
        self.latest_failure_at = at if tally.failures else self.latest_failure_at
        self.latest_failure = failure[:200] if tally.failures else self.latest_failure
        minutes = with_tally([Minute(*minute) for minute in self.minutes], tally, at=at)
        self.minutes = [[one.number, one.successes, one.failures] for one in minutes]
        self.save(update_fields=COUNTED)


class BreakerChange(models.Model):
    """One change of state, with its reason. The latest hundred per breaker are kept."""

    breaker = models.ForeignKey(Breaker, on_delete=models.CASCADE, related_name="changes")
    at = models.DateTimeField(default=timezone.now)
    from_state = models.CharField(max_length=10)
    to_state = models.CharField(max_length=10)
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ("-at", "-pk")

    def __str__(self) -> str:
        return f"{self.from_state} > {self.to_state}"
