"""Circuit breakers: shared by web and worker, seen and reset in the admin."""

from django.db import models
from django.utils import timezone

from models_registry.domain.breaker import BreakerState


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
    total_calls = models.BigIntegerField(default=0, editable=False)
    total_successes = models.BigIntegerField(default=0, editable=False)
    total_failures = models.BigIntegerField(default=0, editable=False)
    total_rejected = models.BigIntegerField(default=0, editable=False)
    total_ms = models.BigIntegerField(default=0, editable=False)
    latest_success_at = models.DateTimeField(null=True, editable=False)
    latest_failure_at = models.DateTimeField(null=True, editable=False)
    latest_failure = models.CharField(max_length=200, blank=True, editable=False)
    seed = models.JSONField(default=dict, editable=False)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


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
