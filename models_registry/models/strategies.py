"""How each kind of question is answered, and by which rules a model is chosen for it."""

from decimal import Decimal

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from models_registry.domain.query_types import QueryType


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


class Route(models.Model):
    """Where one purpose may be answered: RAG and advice locally, plain chat also by a hosted model (WF-08)."""

    purpose = models.CharField(max_length=40, unique=True)
    kinds = models.JSONField(default=list, help_text="Kinds of hosts allowed: ollama, openai, anthropic, echo.")
    model = models.CharField(
        max_length=160, blank=True, help_text="Asked first where it is installed. Empty: the strategy decides."
    )
    previous = models.JSONField(default=dict, editable=False, help_text="What the latest change replaced.")
    epoch = models.PositiveIntegerField(default=0, editable=False, help_text="Part of every cache key.")
    changed_at = models.DateTimeField(auto_now=True)
    seed = models.JSONField(default=dict, editable=False)

    class Meta:
        ordering = ("purpose",)

    def __str__(self) -> str:
        return self.purpose


class RoutingRule(models.Model):
    """Words in a prompt that call for certain models, and how long and how fast the answer should be (GW-06)."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=80)
    words = models.JSONField(default=list, help_text="Whole words and phrases, French and English.")
    models_in_order = models.JSONField(default=list, help_text="Tags or families; the first installed one answers.")
    specialty = models.CharField(max_length=20, blank=True, help_text="Prefer models with this specialty.")
    max_tokens = models.PositiveIntegerField(null=True, blank=True)
    target_s = models.FloatField(null=True, blank=True, help_text="Wanted time to the whole answer.")
    priority = models.PositiveSmallIntegerField(default=10, help_text="Of rules that match equally well, lower wins.")
    is_enabled = models.BooleanField(default=True)
    seed = models.JSONField(default=dict, editable=False)

    class Meta:
        ordering = ("priority", "slug")

    def __str__(self) -> str:
        return self.name


class RoutingPolicy(models.Model):
    """How complexity, cost and experience choose a model. One is active; others can be tried on past decisions."""

    slug = models.SlugField(unique=True)
    is_active = models.BooleanField(default=False)
    is_routing = models.BooleanField(default=True, help_text="Off: the strategy's order alone decides.")
    low_complexity = models.FloatField(default=0.3, help_text="Below it the fastest local model answers.")
    high_complexity = models.FloatField(default=0.7, help_text="From it on the best model answers.")
    max_cost_usd = models.DecimalField(max_digits=8, decimal_places=4, default=Decimal("0.05"))
    default_tier = models.CharField(max_length=12, default="standard")
    observed_after = models.PositiveSmallIntegerField(
        default=20, help_text="Calls after which measured latency and quality replace declared values."
    )
    exploration_share = models.FloatField(
        default=0.0,
        validators=[MinValueValidator(0), MaxValueValidator(0.2)],
        help_text="Share of requests that try a less known model among those allowed. 0: never.",
    )
    is_learning = models.BooleanField(default=False, help_text="Rank by measured latency and ratings, in bounds.")
    is_detecting = models.BooleanField(
        default=True, help_text="Off: every question that names no kind is answered as a detailed one."
    )
    is_streaming = models.BooleanField(
        default=True, help_text="Off: the words of an answer are held back until all of them are there."
    )
    changed_at = models.DateTimeField(auto_now=True)
    seed = models.JSONField(default=dict, editable=False)

    class Meta:
        ordering = ("slug",)
        verbose_name_plural = "routing policies"
        constraints = [
            models.UniqueConstraint(
                fields=("is_active",), condition=models.Q(is_active=True), name="one_active_routing_policy"
            )
        ]

    def __str__(self) -> str:
        return self.slug


class Tier(models.Model):
    """What a class of users or keys may use: which models, and how often."""

    slug = models.SlugField(max_length=12, unique=True)
    model_tiers = models.JSONField(default=list, help_text="Of local, balanced, premium.")
    requests_per_minute = models.PositiveIntegerField(default=60, null=True, blank=True, help_text="Empty: no limit.")
    requests_per_hour = models.PositiveIntegerField(default=1000, null=True, blank=True, help_text="Empty: no limit.")
    max_concurrent = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Open at once. Empty: no limit.")
    seed = models.JSONField(default=dict, editable=False)

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return self.slug


class UserTier(models.Model):
    """The tier of one user; others have the policy's default."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    tier = models.ForeignKey(Tier, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"{self.user}: {self.tier}"
