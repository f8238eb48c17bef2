"""Documents on their way in: intakes, the bytes that wait, and what could not be taken in."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from rag.models.sources import Source


class Ingestion(models.Model):
    """One intake of documents, as somebody asked for it or the timetable did: what came of it, and how far it is."""

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="ingestions")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    unit = models.CharField(max_length=80, blank=True, help_text="Who asked, as elsewhere: a user or a key.")
    state = models.CharField(max_length=8, choices=State.choices, default=State.QUEUED)
    step = models.CharField(max_length=40, blank=True)
    done = models.PositiveIntegerField(default=0, help_text="Of the step.")
    total = models.PositiveIntegerField(default=0, help_text="Of the step.")
    message = models.CharField(max_length=300, blank=True)
    report = models.JSONField(default=dict, help_text="Documents created, updated, unchanged, deleted, failed.")
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    alive_at = models.DateTimeField(null=True, help_text="When its worker last gave a sign of life.")
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"{self.source_id}: {self.state}"


class Parcel(models.Model):
    """The bytes of an uploaded file until they are documents; those of a dead letter wait for the next try."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="parcels")
    ingestion = models.ForeignKey(Ingestion, on_delete=models.SET_NULL, null=True, related_name="parcels")
    name = models.CharField(max_length=200, help_text="Of the file; its documents' uid begins with it.")
    media_type = models.CharField(max_length=80, blank=True)
    content = models.BinaryField()
    received_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("received_at",)

    def __str__(self) -> str:
        return self.name


class DeadLetter(models.Model):
    """A file, address or record that could not be taken in (IX-17): tried again twice, then left to a person."""

    class State(models.TextChoices):
        WAITING = "waiting", "Tried again"
        DEAD = "dead", "Given up"

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="dead_letters")
    uid = models.CharField(max_length=200)
    parcel = models.ForeignKey(Parcel, on_delete=models.SET_NULL, null=True, related_name="+")
    code = models.CharField(max_length=40, help_text="What kind of fault it is.")
    message = models.CharField(max_length=300, help_text="What is wrong, and what to do.")
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    tries = models.PositiveSmallIntegerField(default=1)
    first_at = models.DateTimeField(default=timezone.now)
    latest_at = models.DateTimeField(default=timezone.now)
    next_at = models.DateTimeField(null=True, help_text="When it is tried again; empty once it is given up.")

    class Meta:
        ordering = ("-latest_at",)
        constraints = [models.UniqueConstraint(fields=("source", "uid"), name="one_dead_letter_per_source_uid")]

    def __str__(self) -> str:
        return f"{self.uid}: {self.message}"
