"""Questions and what came of them."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from pgvector.django import VectorField


class Conversation(models.Model):
    """Questions that follow on from each other, of one asker, about one node or none."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="+")
    unit = models.CharField(max_length=80, blank=True)
    node_pubkey = models.CharField(max_length=66, blank=True)
    title = models.CharField(max_length=120)
    created_at = models.DateTimeField(default=timezone.now)
    latest_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-latest_at",)
        indexes = [models.Index(fields=("unit", "-latest_at"), name="conversation_by_unit")]

    def __str__(self) -> str:
        return self.title


class Answer(models.Model):
    """One question and what came of it: the history, written once per turn whatever the tap."""

    class Outcome(models.TextChoices):
        COMPLETED = "completed"
        FAILED = "failed"
        ABANDONED = "abandoned"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    asked_at = models.DateTimeField(default=timezone.now, db_index=True)
    conversation = models.ForeignKey("Conversation", on_delete=models.SET_NULL, null=True, related_name="turns")
    question = models.TextField()
    standalone = models.TextField(blank=True, help_text="A question that follows on, as it was searched.")
    lang = models.CharField(max_length=8, default="en")
    query_type = models.CharField(max_length=24, default="detailed")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="+")
    unit = models.CharField(max_length=80, blank=True)
    node_pubkey = models.CharField(max_length=66, blank=True)
    text = models.TextField(blank=True)
    citations = models.JSONField(default=list)
    checks = models.JSONField(default=list, help_text="Numbers and quotes of the text that no passage holds.")
    passages = models.JSONField(default=list, help_text="What was found, with rank and score of each leg.")
    confidence = models.FloatField(null=True)
    is_cached = models.BooleanField(default=False)
    is_degraded = models.BooleanField(default=False)
    is_abstention = models.BooleanField(default=False)
    model = models.CharField(max_length=160, blank=True)
    index_version = models.CharField(max_length=120, blank=True)
    generation_id = models.UUIDField(null=True)
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    error_code = models.CharField(max_length=40, blank=True)
    processing_ms = models.PositiveIntegerField(null=True)
    trace = models.JSONField(default=list)

    class Meta:
        ordering = ("-asked_at",)

    def __str__(self) -> str:
        return self.question[:80]


class KeptAnswer(models.Model):
    """An answer that a question of the same meaning may share, within one scope: user, node, space, prompt, knobs."""

    key = models.CharField(max_length=80, unique=True, help_text="Under which the answer stands in the cache.")
    scope_sha256 = models.CharField(max_length=64, db_index=True, help_text="Of all it depends on but the question.")
    question = models.TextField()
    embedding = VectorField()
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.question[:80]
