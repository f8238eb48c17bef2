"""Bearer keys of programs, and how often each was used lately."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils import timezone


class ApiKey(models.Model):
    """A bearer key for programs. Only its hash is kept; the key is shown once."""

    class Tier(models.TextChoices):
        FREE = "free"
        STANDARD = "standard"
        PREMIUM = "premium"
        ENTERPRISE = "enterprise"

    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=12, unique=True, editable=False)
    key_sha256 = models.CharField(max_length=64, unique=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        help_text="Whose private data the key may read.",
    )
    tier = models.CharField(max_length=12, choices=Tier.choices, default=Tier.STANDARD)
    scopes = models.JSONField(
        default=list,
        blank=True,
        help_text="Of advice, rag, library (fill it), gateway, embeddings, stats. None named: all.",
    )
    requests_per_minute = models.PositiveIntegerField(null=True, blank=True, help_text="Empty: as the tier says.")
    requests_per_hour = models.PositiveIntegerField(null=True, blank=True, help_text="Empty: as the tier says.")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    latest_used_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ("-created_at",)
        verbose_name = "API key"

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    def is_usable(self, *, at: datetime) -> bool:
        """Return whether the key opens anything now: active, not expired. A locked-out user's key is never found."""
        is_expired = self.expires_at is not None and self.expires_at <= at
        return self.is_active and not is_expired


class RequestWindow(models.Model):
    """How many requests one user, key or address made lately. Counted in the database, whoever serves."""

    unit = models.CharField(max_length=80)
    seconds = models.PositiveIntegerField(help_text="Length of the window: 60 or 3600.")
    started_at = models.DateTimeField()
    count = models.PositiveIntegerField(default=0, help_text="Allowed since started_at.")
    previous = models.PositiveIntegerField(default=0, help_text="Allowed in the window before.")
    is_allowed = models.BooleanField(default=True, help_text="Whether the latest request was.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=("unit", "seconds"), name="one_window_per_unit_and_length")]

    def __str__(self) -> str:
        return f"{self.count} in {self.seconds} s"
