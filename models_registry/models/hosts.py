"""Hosts that speak, the models they hold, and what a catalog declares of a model before it was measured."""

import re
from datetime import datetime
from decimal import Decimal
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone

from models_registry.domain.chat import Admission, Batches, Endpoint, ModelTier, Timeouts
from models_registry.domain.host_words import is_full_tag, is_lifetime, is_moving

SECRET_NAME = re.compile(r"(OPENAI_API_KEY|ANTHROPIC_API_KEY|LNRAG_SECRET_[A-Z0-9_]{1,40})")


def validate_secret_name(value: str) -> None:
    """Accept only names made for keys: an address in a row must not be able to draw any other variable out."""
    if not SECRET_NAME.fullmatch(value):
        raise ValidationError("Name OPENAI_API_KEY, ANTHROPIC_API_KEY or a variable that starts with LNRAG_SECRET_.")


def validate_lifetime(value: str) -> None:
    """Accept durations with a unit: Ollama refuses every request that comes with anything else."""
    if not is_lifetime(value):
        raise ValidationError("Enter a duration such as 30m or 1h; -1m keeps models for ever, 0 lets them go at once.")


def validate_full_tag(value: str) -> None:
    """Accept only a name with a fixed tag: `:latest`, or no tag, means another model every month (SE-08)."""
    if is_moving(value):
        raise ValidationError(f"{value} is no fixed model: name its tag, such as llama3:8b-instruct.")
    if not is_full_tag(value):
        raise ValidationError("Enter a full name with its tag, such as llama3:8b-instruct.")


def validate_base_url(value: str) -> None:
    """Accept http(s) addresses, one-word container names included. A password in an address would end up in logs."""
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or " " in value:
        raise ValidationError("Enter an address such as http://localhost:11434.")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValidationError("An address must hold no user name, password or query.")


class ProviderKind(models.TextChoices):
    OLLAMA = "ollama", "Ollama"
    OPENAI = "openai", "OpenAI-compatible (llama.cpp server, vLLM, LM Studio, OpenAI)"
    ANTHROPIC = "anthropic", "Anthropic"
    ECHO = "echo", "Echo (repeats what it was given; development and tests)"


class Provider(models.Model):
    """A host that can speak. Its address and limits act on the next request."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=16, choices=ProviderKind.choices, default=ProviderKind.OLLAMA)
    base_url = models.CharField(
        max_length=200, blank=True, validators=[validate_base_url], help_text="For Ollama: http://localhost:11434"
    )
    secret_name = models.CharField(
        max_length=60,
        blank=True,
        validators=[validate_secret_name],
        help_text="The environment variable that holds the key, such as OPENAI_API_KEY. The key is never stored.",
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
    slots = models.PositiveSmallIntegerField(
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(1000)],
        help_text="Generations at once per model: OLLAMA_NUM_PARALLEL of the host.",
    )
    max_loaded = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Models the host holds at once (OLLAMA_MAX_LOADED_MODELS). Empty: unknown."
    )
    queue_limit = models.PositiveIntegerField(default=256, help_text="Requests that may wait for one model.")
    max_wait_s = models.FloatField(default=120.0, help_text="Longest wait in our queue, loads not counted.")
    collation_wait_s = models.FloatField(
        default=20.0, help_text="How long requests for another model may wait before it is loaded in their favor."
    )
    memory_gb = models.FloatField(
        null=True, blank=True, help_text="Memory for models. Empty: this machine's own for a local host, else unknown."
    )
    embed_batch_size = models.PositiveSmallIntegerField(
        default=32,
        validators=[MinValueValidator(1), MaxValueValidator(256)],
        help_text="Texts in one embedding call. One bad text has the whole call repeated text by text.",
    )
    embed_batches_at_once = models.PositiveSmallIntegerField(
        default=4, validators=[MinValueValidator(1), MaxValueValidator(64)], help_text="Embedding calls at once."
    )
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

    def clean(self) -> None:
        """Refuse a lifetime that the host would refuse with every request, and a speaking host without an address."""
        if self.kind == ProviderKind.OLLAMA:
            try:
                validate_lifetime(self.keep_alive)
            except ValidationError as exc:
                raise ValidationError({"keep_alive": exc.messages}) from exc
        if self.kind != ProviderKind.ECHO and not self.base_url:
            raise ValidationError({"base_url": "A host of this kind needs an address."})

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
            secret_name=self.secret_name,
            admission=Admission(
                slots=self.slots,
                queue_limit=self.queue_limit,
                max_wait_s=self.max_wait_s,
                collation_wait_s=self.collation_wait_s,
                max_loaded=self.max_loaded,
            ),
            batches=Batches(texts=self.embed_batch_size, at_once=self.embed_batches_at_once),
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
    specialties = models.JSONField(default=list, blank=True, help_text="Guessed from the name; edit freely.")
    observed_calls = models.PositiveIntegerField(default=0, editable=False)
    observed_latency_ms = models.PositiveIntegerField(null=True, editable=False, help_text="Median of finished calls.")
    observed_quality = models.DecimalField(max_digits=3, decimal_places=1, null=True, editable=False)
    observed_tokens_per_s = models.FloatField(null=True, editable=False)
    observed_load_s = models.FloatField(null=True, editable=False, help_text="Median time of a cold load.")
    observed_chars_per_token = models.FloatField(null=True, editable=False)
    digest_since = models.DateTimeField(null=True, editable=False, help_text="When this digest was first seen.")
    resident_until = models.DateTimeField(null=True, editable=False)
    vram_share = models.FloatField(null=True, editable=False, help_text="Part of it in GPU memory, 0 to 1.")
    seen_at = models.DateTimeField(null=True, blank=True)
    seed = models.JSONField(default=dict, editable=False)

    class Meta:
        ordering = ("provider", "tag")
        constraints = [models.UniqueConstraint(fields=("provider", "tag"), name="one_row_per_model_and_host")]

    def __str__(self) -> str:
        return self.tag


class CatalogEntry(models.Model):
    """What is declared of a model or family, whoever holds it, until enough calls were measured."""

    name = models.CharField(max_length=160, unique=True, help_text="A full tag, or a family without a tag.")
    kind = models.CharField(max_length=16, choices=ProviderKind.choices, default=ProviderKind.OLLAMA)
    tier = models.CharField(
        max_length=10, choices=[(tier.value, tier.value) for tier in ModelTier], default=ModelTier.LOCAL.value
    )
    declared_latency_ms = models.PositiveIntegerField(null=True, blank=True)
    declared_quality = models.DecimalField(
        max_digits=3,
        decimal_places=1,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(10))],
        help_text="Of 10.",
    )
    input_usd_per_mtok = models.DecimalField(max_digits=9, decimal_places=4, default=Decimal(0))
    output_usd_per_mtok = models.DecimalField(max_digits=9, decimal_places=4, default=Decimal(0))
    download_gb = models.FloatField(null=True, blank=True)
    memory_gb = models.FloatField(null=True, blank=True)
    is_enabled = models.BooleanField(default=True)
    seed = models.JSONField(default=dict, editable=False)

    class Meta:
        ordering = ("kind", "name")
        verbose_name_plural = "catalog entries"

    def __str__(self) -> str:
        return self.name


class Pull(models.Model):
    """One download of a model by a host, as a job that shows how far it is."""

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        CANCELED = "canceled"

    UNDER_WAY = (State.QUEUED, State.RUNNING)

    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="pulls")
    model = models.CharField(max_length=160)
    state = models.CharField(max_length=8, choices=State.choices, default=State.QUEUED)
    status = models.CharField(max_length=200, blank=True)
    completed_bytes = models.BigIntegerField(null=True)
    total_bytes = models.BigIntegerField(null=True)
    requested_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-requested_at",)
        constraints = [
            models.UniqueConstraint(
                fields=("provider", "model"),
                condition=models.Q(state__in=("queued", "running")),
                name="one_pull_of_a_model_under_way",
            )
        ]

    def __str__(self) -> str:
        return f"{self.model}: {self.state}"

    @property
    def is_under_way(self) -> bool:
        return self.state in self.UNDER_WAY

    @property
    def percent(self) -> int | None:
        """Return how much has arrived, 0 to 100; None while the host has not said how much there is."""
        if self.state == self.State.DONE:
            return 100
        return round(100 * (self.completed_bytes or 0) / self.total_bytes) if self.total_bytes else None
