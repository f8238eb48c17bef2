"""Tables of the feedback floor: ratings, measured impact, what categories are worth, and how it all is measured."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone

from feedback.domain.verdicts import Verdict
from recommendations.domain.advice import Category, State
from recommendations.models import NodeConnection, Recommendation

VERDICTS = [(one.value, one.value) for one in Verdict]


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


class ImpactReportQuerySet(models.QuerySet["ImpactReport"]):
    """Filters of impact reports."""

    def standing(self) -> "ImpactReportQuerySet":
        """Leave out what was measured of a mark that was taken back since, whether or not it was made again."""
        return self.filter(recommendation__state=State.APPLIED, measured_at__gte=models.F("recommendation__applied_at"))


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
    verdict = models.CharField(max_length=16, choices=VERDICTS, default=Verdict.UNKNOWN)
    judgment = models.JSONField(
        default=dict, help_text="Effect as ln of a ratio with its 90 % interval, dispersion, controls, events needed."
    )
    direct = models.JSONField(default=list, help_text="What can be seen without statistics: policy as advised, ….")
    gain_sat = models.JSONField(default=dict, help_text="Change of fees earned, sat in 30 days: middle, low, high.")
    explanation = models.TextField()
    measured_at = models.DateTimeField(default=timezone.now)

    objects = ImpactReportQuerySet.as_manager()

    class Meta:
        ordering = ("-measured_at",)
        constraints = [models.UniqueConstraint(fields=("recommendation", "days_after"), name="one_report_per_horizon")]

    def __str__(self) -> str:
        return f"{self.recommendation_id} after {self.days_after} d: {self.status}"


class CategoryEffect(models.Model):
    """What all measured advice of one category came to. Recomputed by each measuring job."""

    category = models.CharField(max_length=16, choices=[(one.value, one.value) for one in Category])
    days_after = models.PositiveSmallIntegerField()
    count = models.PositiveIntegerField(help_text="Controlled outcomes.")
    successes = models.PositiveIntegerField(help_text="Of these, with a net effect above 0.")
    verdict = models.CharField(max_length=16, choices=VERDICTS)
    effect = models.FloatField(null=True, help_text="Pooled ln of the ratio.")
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    mean_effectiveness = models.FloatField(null=True)
    expected_effectiveness = models.FloatField(null=True, help_text="Shrunk to the mean of all categories.")
    measured_at = models.DateTimeField()

    class Meta:
        ordering = ("days_after", "category")
        constraints = [models.UniqueConstraint(fields=("category", "days_after"), name="one_effect_per_category")]

    def __str__(self) -> str:
        return f"{self.category} after {self.days_after} d: {self.verdict}"


class Calibration(models.Model):
    """How often verdicts would have been given on windows of a node's history in which nothing was changed."""

    connection = models.ForeignKey(NodeConnection, on_delete=models.CASCADE, related_name="+")
    days_after = models.PositiveSmallIntegerField()
    windows = models.PositiveIntegerField()
    flagged = models.PositiveIntegerField()
    plain_flagged = models.PositiveIntegerField(help_text="By a Poisson test without controls, to compare.")
    dispersion = models.FloatField(null=True)
    measured_at = models.DateTimeField()

    class Meta:
        ordering = ("-measured_at",)

    def __str__(self) -> str:
        return f"{self.flagged} of {self.windows} windows"

    @property
    def share(self) -> float | None:
        """Return the false-alarm rate, None without a window."""
        return self.flagged / self.windows if self.windows else None


class FeedbackPolicy(models.Model):
    """How feedback is measured and what may come of it. One row; a change acts on the next job."""

    is_enabled = models.BooleanField(default=True, help_text="Measure applied advice by itself.")
    measure_after_days = models.PositiveSmallIntegerField(default=7, validators=[MinValueValidator(1)])
    follow_up_days = models.PositiveSmallIntegerField(default=28, validators=[MinValueValidator(1)])
    detects_applied = models.BooleanField(default=True, help_text="Mark advice as applied when the node shows it.")
    may_activate_weights = models.BooleanField(
        default=False, help_text="Let proposed weights act at once. Otherwise an administrator activates them."
    )
    seed = models.JSONField(default=dict, editable=False)

    class Meta:
        verbose_name_plural = "feedback policy"
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="one_feedback_policy")]

    def __str__(self) -> str:
        return "Feedback policy"
