"""Advice for a whole snapshot at once: one row for each run, with what it came to."""

import uuid

from django.db import models
from django.utils import timezone

from recommendations.models.graph import GraphSnapshot


class BulkRun(models.Model):
    """Rule-based advice for every node of one snapshot."""

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    snapshot = models.ForeignKey(GraphSnapshot, on_delete=models.CASCADE, related_name="bulk_runs")
    state = models.CharField(max_length=8, choices=State.choices, default=State.QUEUED)
    message = models.CharField(max_length=300, blank=True)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    items = models.PositiveIntegerField(default=0)
    seconds = models.FloatField(null=True)
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    alive_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-started_at",)

    def __str__(self) -> str:
        return f"{self.snapshot_id}: {self.state}"
