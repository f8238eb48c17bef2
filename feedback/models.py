"""Tables of the feedback floor: ratings and measured impact."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone

from recommendations.models import Recommendation


class Rating(models.Model):
    """A thumb on a recommendation or an answer. A second vote of the same unit replaces the first."""

    class Target(models.TextChoices):
        RECOMMENDATION = "recommendation"
        ANSWER = "answer"

    target = models.CharField(max_length=16, choices=Target.choices)
    target_id = models.CharField(max_length=40)
    unit = models.CharField(max_length=80, help_text="Who voted: user or API key.")
    thumb = models.SmallIntegerField(validators=[MinValueValidator(-1), MaxValueValidator(1)])
    reason = models.CharField(max_length=300, blank=True)
    rated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-rated_at",)
        constraints = [
            models.UniqueConstraint(fields=("target", "target_id", "unit"), name="one_rating_per_unit_and_target")
        ]

    def __str__(self) -> str:
        return f"{self.target} {self.thumb:+d}"


class ImpactReport(models.Model):
    """What was measured of one applied recommendation, `days_after` days later."""

    class Status(models.TextChoices):
        MEASURED = "measured"
        INCONCLUSIVE = "inconclusive"
        UNKNOWN = "unknown"

    recommendation = models.ForeignKey(Recommendation, on_delete=models.CASCADE, related_name="+")
    days_after = models.PositiveSmallIntegerField(default=7)
    status = models.CharField(max_length=14, choices=Status.choices)
    effectiveness_score = models.FloatField(null=True)
    effects = models.JSONField(default=dict, help_text="Per metric: before, after, control and effect; None: unknown.")
    explanation = models.TextField()
    measured_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-measured_at",)
        constraints = [models.UniqueConstraint(fields=("recommendation", "days_after"), name="one_report_per_horizon")]

    def __str__(self) -> str:
        return f"{self.recommendation_id} after {self.days_after} d: {self.status}"
