"""The share of units on a new engine, and which unit met it."""

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone


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
