"""What is done for many nodes at once, advice for a whole snapshot and warming: a row for each run, what it came to."""

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
    latest_node = models.BigIntegerField(default=0, editable=False, help_text="Where the next slice goes on.")
    items = models.PositiveIntegerField(default=0)
    seconds = models.FloatField(null=True)
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    alive_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-started_at",)

    def __str__(self) -> str:
        return f"{self.snapshot_id}: {self.state}"


class WarmRun(models.Model):
    """One warming of popular nodes and common questions. Without a model there are no nodes to warm."""

    started_at = models.DateTimeField(default=timezone.now)
    seconds = models.FloatField()
    nodes_warmed = models.PositiveIntegerField()
    nodes_already_warm = models.PositiveIntegerField()
    nodes_failed = models.PositiveIntegerField()
    questions_warmed = models.PositiveIntegerField()
    questions_already_warm = models.PositiveIntegerField()
    questions_failed = models.PositiveIntegerField()

    class Meta:
        ordering = ("-started_at",)

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d %H:%M}: {self.nodes_warmed} nodes, {self.questions_warmed} questions"
