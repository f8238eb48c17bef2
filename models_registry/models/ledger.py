"""What was generated: one row per turn, evidence that nobody edits."""

import uuid

from django.db import models
from django.utils import timezone

from models_registry.domain.chat import Outcome


class Generation(models.Model):
    """One finished or failed attempt to have a model speak. Written once; a prompt only as its hash."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    purpose = models.CharField(max_length=40)
    query_type = models.CharField(max_length=24)
    model = models.CharField(max_length=160, blank=True)
    provider = models.CharField(max_length=50, blank=True)
    plan = models.JSONField(default=dict)
    outcome = models.CharField(max_length=10, choices=[(outcome.value, outcome.value) for outcome in Outcome])
    error_code = models.CharField(max_length=40, blank=True)
    prompt_sha256 = models.CharField(max_length=64, blank=True)
    prompt_tokens = models.PositiveIntegerField(null=True)
    generated_tokens = models.PositiveIntegerField(null=True)
    latency_ms = models.PositiveIntegerField(null=True)
    first_token_ms = models.PositiveIntegerField(null=True)
    truncation_suspected = models.BooleanField(default=False)
    quality_score = models.FloatField(null=True)
    digest = models.CharField(max_length=80, blank=True)
    decision = models.JSONField(default=dict, help_text="Features, candidates, scores, and why each other one lost.")
    attempts = models.JSONField(default=list, help_text="Each model asked, in order, and how it went.")
    selected_model = models.CharField(max_length=160, blank=True, help_text="What routing chose before any fallback.")
    model_tier = models.CharField(max_length=10, blank=True)
    user_tier = models.CharField(max_length=12, blank=True)
    complexity = models.FloatField(null=True)
    cost_usd = models.DecimalField(max_digits=10, decimal_places=6, null=True)
    queue_ms = models.PositiveIntegerField(null=True)
    load_ms = models.PositiveIntegerField(null=True)
    prompt_chars = models.PositiveIntegerField(null=True)
    rating = models.SmallIntegerField(null=True, help_text="+1 or -1, as a person judged the answer.")

    class Meta:
        ordering = ("-created_at",)
        indexes = [
            models.Index(
                "provider",
                "model",
                models.F("created_at").desc(),
                condition=models.Q(outcome=Outcome.COMPLETED.value),
                name="finished_by_host_and_model",
            )
        ]

    def __str__(self) -> str:
        return f"{self.purpose} by {self.model or 'no model'}: {self.outcome}"
