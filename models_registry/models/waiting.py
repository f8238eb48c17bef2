"""Who runs and who waits, over all processes. A dead process leaves nothing behind: its advisory lock tells."""

import uuid

from django.db import models
from django.utils import timezone


class ProcessLease(models.Model):
    """A process that admits requests. It lives as long as its session holds the advisory lock `lock_key`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    lock_key = models.IntegerField(unique=True)
    pid = models.PositiveIntegerField()
    started_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"process {self.pid}"


class Waiter(models.Model):
    """A request that waits for a model, written only when it really has to wait."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    process = models.ForeignKey(ProcessLease, on_delete=models.CASCADE, related_name="waiters")
    model = models.CharField(max_length=160, db_index=True)
    unit = models.CharField(max_length=80)
    purpose = models.CharField(max_length=40)
    arrived_at = models.DateTimeField()
    expected_tokens = models.PositiveIntegerField(default=0)
    turn = models.BigIntegerField(default=0, help_text="Its unit's tokens that come before it: the order of service.")

    class Meta:
        ordering = ("arrived_at", "id")

    def __str__(self) -> str:
        return f"{self.purpose} waits for {self.model}"


class RunningTurn(models.Model):
    """A streamed turn that may be stopped from anywhere, by whoever started it."""

    id = models.UUIDField(primary_key=True, editable=False)
    process = models.ForeignKey(ProcessLease, on_delete=models.CASCADE, related_name="turns", null=True)
    unit = models.CharField(max_length=80)
    purpose = models.CharField(max_length=40)
    started_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.purpose} of {self.started_at:%H:%M:%S}"
