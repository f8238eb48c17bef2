"""Tables of the models floor: hosts, models, strategies, rollouts, API keys and the ledger of generations."""

import uuid
from datetime import datetime
from decimal import Decimal
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone

from models_registry.domain.chat import Endpoint, Outcome, Timeouts
from models_registry.domain.query_types import QueryType


def validate_base_url(value: str) -> None:
    """Accept http(s) addresses, one-word container names included. A password in an address would end up in logs."""
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or " " in value:
        raise ValidationError("Enter an address such as http://localhost:11434.")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValidationError("An address must hold no user name, password or query.")


class ProviderKind(models.TextChoices):
    OLLAMA = "ollama", "Ollama"
    ECHO = "echo", "Echo (repeats what it was given; development and tests)"


class Provider(models.Model):
    """A host that can speak. Its address and limits act on the next request."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=16, choices=ProviderKind.choices, default=ProviderKind.OLLAMA)
    base_url = models.CharField(
        max_length=200, blank=True, validators=[validate_base_url], help_text="For Ollama: http://localhost:11434"
    )
    is_enabled = models.BooleanField(default=True)
    priority = models.PositiveSmallIntegerField(default=10, help_text="Lower is asked first.")
    keep_alive = models.CharField(max_length=12, default="30m", help_text="How long the host keeps a model loaded.")
    connect_timeout_s = models.FloatField(default=5.0)
    default_timeout_s = models.FloatField(default=60.0)
    first_token_timeout_s = models.FloatField(default=90.0)
    idle_timeout_s = models.FloatField(default=30.0, help_text="Longest silence between two pieces.")
    total_timeout_s = models.FloatField(default=180.0)
    load_timeout_s = models.FloatField(default=300.0, help_text="Longest wait for a cold load.")
    max_attempts = models.PositiveSmallIntegerField(default=3)
    retry_wait_s = models.FloatField(default=1.0)
    is_healthy = models.BooleanField(null=True, editable=False)
    health_note = models.CharField(max_length=200, blank=True, editable=False)
    version = models.CharField(max_length=40, blank=True, editable=False)
    checked_at = models.DateTimeField(null=True, editable=False)
    seed = models.JSONField(default=dict, editable=False, help_text="The values this row was loaded from.")

    class Meta:
        ordering = ("priority", "slug")
        verbose_name = "host"

    def __str__(self) -> str:
        return self.name

    def note_health(self, is_healthy: bool | None, *, note: str, version: str, at: datetime) -> None:
        """Store what a look at the host showed. None: it is too busy to answer; a host that spoke before still counts.

        Written as an update, so that a check never undoes an edit made meanwhile.
        """
        is_healthy = (self.is_healthy or False) if is_healthy is None else is_healthy
        self.is_healthy, self.health_note, self.version, self.checked_at = is_healthy, note, version or self.version, at
        self.save(update_fields=("is_healthy", "health_note", "version", "checked_at"))

    def endpoint(self) -> Endpoint:
        """Return this row as the frozen value that clients are keyed by."""
        return Endpoint(
            slug=self.slug,
            kind=self.kind,
            base_url=self.base_url.rstrip("/"),
            keep_alive=self.keep_alive,
            timeouts=Timeouts(
                connect_s=self.connect_timeout_s,
                default_s=self.default_timeout_s,
                first_token_s=self.first_token_timeout_s,
                idle_s=self.idle_timeout_s,
                total_s=self.total_timeout_s,
                load_s=self.load_timeout_s,
                attempts=self.max_attempts,
                retry_wait_s=self.retry_wait_s,
            ),
        )


class LanguageModel(models.Model):
    """A model known by its full tag on one host, with the digest seen at discovery."""

    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="language_models")
    tag = models.CharField(max_length=160)
    digest = models.CharField(max_length=80, blank=True)
    size_bytes = models.BigIntegerField(null=True, blank=True)
    parameter_size = models.CharField(max_length=20, blank=True)
    quantization = models.CharField(max_length=20, blank=True)
    capabilities = models.JSONField(default=list, blank=True)
    context_length = models.PositiveIntegerField(null=True, blank=True)
    is_installed = models.BooleanField(default=False)
    is_enabled = models.BooleanField(default=True)
    declared_latency_ms = models.PositiveIntegerField(null=True, blank=True)
    declared_quality = models.DecimalField(max_digits=3, decimal_places=1, null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True)
    seed = models.JSONField(default=dict, editable=False)

    class Meta:
        ordering = ("provider", "tag")
        constraints = [models.UniqueConstraint(fields=("provider", "tag"), name="one_row_per_model_and_host")]

    def __str__(self) -> str:
        return self.tag


class Strategy(models.Model):
    """How one kind of question is answered: which models, in order, with which knobs."""

    query_type = models.CharField(max_length=24, unique=True, choices=[(t.value, t.label) for t in QueryType])
    models_in_order = models.JSONField(
        default=list, help_text="Model tags or families; the first installed one answers."
    )
    temperature = models.FloatField(default=0.2, validators=[MinValueValidator(0), MaxValueValidator(2)])
    top_p = models.FloatField(default=0.9, validators=[MinValueValidator(0), MaxValueValidator(1)])
    top_k = models.PositiveSmallIntegerField(default=40)
    repeat_penalty = models.FloatField(default=1.1)
    num_ctx = models.PositiveIntegerField(default=8192, help_text="Sent per model as the largest of its strategies.")
    max_tokens = models.PositiveIntegerField(default=1536)
    is_enabled = models.BooleanField(default=True)
    seed = models.JSONField(default=dict, editable=False)

    class Meta:
        ordering = ("query_type",)
        verbose_name_plural = "strategies"

    def __str__(self) -> str:
        return self.get_query_type_display()

    def clean(self) -> None:
        """Refuse what cannot name a model: an empty entry, or a tag that means another model every month (SE-08)."""
        for name in self.models_in_order:
            if not isinstance(name, str) or not name.strip():
                raise ValidationError({"models_in_order": "Each entry is the name of a model."})
            if name.strip().lower().endswith(":latest"):
                family = name.strip()[: -len(":latest")]
                raise ValidationError({"models_in_order": f"{name} is no fixed model: name the family {family}."})


class Rollout(models.Model):
    """The share of units that get the new engine. Sticky: raising the share never moves a unit out."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=80)
    is_enabled = models.BooleanField(default=True)
    share_percent = models.DecimalField(
        max_digits=5,
        decimal_places=2,
        default=Decimal(100),
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(100))],
        help_text="Percent of the nodes that get the new engine, from now on. Raising it never moves one out.",
    )
    note = models.TextField(blank=True)
    changed_at = models.DateTimeField(auto_now=True)
    seed = models.JSONField(default=dict, editable=False)

    class Meta:
        ordering = ("slug",)

    def __str__(self) -> str:
        return self.name


class Exposure(models.Model):
    """A unit met a rollout: which variant it got, at which share, first and latest time."""

    rollout = models.ForeignKey(Rollout, on_delete=models.CASCADE, related_name="exposures")
    unit = models.CharField(max_length=80)
    variant = models.CharField(max_length=20)
    bucket = models.PositiveSmallIntegerField()
    share_percent = models.DecimalField(max_digits=5, decimal_places=2)
    first_at = models.DateTimeField(default=timezone.now)
    latest_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("rollout", "unit"), name="one_exposure_per_unit")]
        ordering = ("-latest_at",)

    def __str__(self) -> str:
        return f"{self.rollout_id}:{self.variant}"


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

    class Meta:
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"{self.purpose} by {self.model or 'no model'}: {self.outcome}"


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
        """Return whether the key opens anything now: active, not expired, its user not locked out."""
        is_expired = self.expires_at is not None and self.expires_at <= at
        return self.is_active and not is_expired and (self.user is None or self.user.is_active)
