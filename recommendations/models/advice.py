"""Thresholds and weights of the rules, runs of advice, and the life of each recommendation."""

import uuid

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q
from django.utils import timezone

from recommendations.domain.advice import Category, Engine, Priority, State
from recommendations.models.graph import GraphSnapshot, Node
from recommendations.models.private import NodeConnection


class NodeView(models.Model):
    """How often a node was looked at on one day: what warming calls popular."""

    node = models.ForeignKey(Node, on_delete=models.CASCADE, related_name="+")
    day = models.DateField()
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("node", "day"), name="one_view_row_per_day")]

    def __str__(self) -> str:
        return f"{self.node_id} {self.day}"


class Threshold(models.Model):
    """One number of one rule, editable; it acts on the next request."""

    rule = models.CharField(max_length=40)
    name = models.CharField(max_length=40)
    value = models.FloatField()
    unit = models.CharField(max_length=20, blank=True)
    help_text = models.CharField(max_length=200, blank=True)
    seed = models.JSONField(default=dict, editable=False)

    class Meta:
        ordering = ("rule", "name")
        constraints = [models.UniqueConstraint(fields=("rule", "name"), name="one_threshold_per_name")]

    def __str__(self) -> str:
        return f"{self.rule}.{self.name}"


class WeightRevision(models.Model):
    """The six scoring weights. Append-only; exactly one is active."""

    revenue_impact = models.FloatField(default=0.30)
    ease_of_implementation = models.FloatField(default=0.20)
    risk_level = models.FloatField(default=0.15)
    time_to_value = models.FloatField(default=0.15)
    data_confidence = models.FloatField(default=0.10)
    network_conditions = models.FloatField(default=0.10)
    note = models.CharField(max_length=200, blank=True)
    is_active = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ("-created_at",)
        constraints = [
            models.UniqueConstraint(fields=("is_active",), condition=Q(is_active=True), name="one_active_weights")
        ]

    def __str__(self) -> str:
        return f"weights {self.pk}"


class TrackRecord(models.Model):
    """How measured advice of one category did beside all measured advice. Written by who measures, read by scoring."""

    category = models.CharField(max_length=16, unique=True, choices=[(c.value, c.value) for c in Category])
    factor = models.FloatField(help_text="What is expected of such advice is multiplied by it; 1: as all advice does.")
    outcomes = models.PositiveIntegerField(help_text="Controlled outcomes it rests on.")
    measured_at = models.DateTimeField()

    class Meta:
        ordering = ("category",)
        constraints = [
            models.CheckConstraint(condition=Q(factor__gte=0, factor__lte=2), name="record_factor_within_bounds")
        ]

    def __str__(self) -> str:
        return f"{self.category}: {self.factor:.2f}"


class RecommendationRun(models.Model):
    """One turn of advice for one node: which engine, what it said, how good it was. Written once, at the end."""

    class Outcome(models.TextChoices):
        COMPLETED = "completed"
        FAILED = "failed"
        ABANDONED = "abandoned"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    node = models.ForeignKey(Node, on_delete=models.CASCADE, related_name="runs")
    snapshot = models.ForeignKey(GraphSnapshot, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    engine = models.CharField(max_length=8, choices=[(e.value, e.value) for e in Engine])
    analysis_type = models.CharField(max_length=24)
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    error_code = models.CharField(max_length=40, blank=True)
    is_degraded = models.BooleanField(default=False)
    model = models.CharField(max_length=160, blank=True)
    generation_id = models.UUIDField(null=True)
    rollout = models.JSONField(default=dict)
    weights = models.ForeignKey(WeightRevision, on_delete=models.SET_NULL, null=True, related_name="+")
    quality_score = models.FloatField(null=True)
    quality_components = models.JSONField(default=dict)
    response = models.JSONField(default=dict)
    started_at = models.DateTimeField(default=timezone.now)
    processing_ms = models.PositiveIntegerField(null=True)

    class Meta:
        ordering = ("-started_at",)
        indexes = [models.Index(fields=("node", "-started_at"), name="run_by_node")]

    def __str__(self) -> str:
        return f"{self.engine} for {self.node_id}: {self.outcome}"


class RecommendationQuerySet(models.QuerySet["Recommendation"]):
    """Recommendations, kept to those somebody may see."""

    def visible_to(self, user: AbstractBaseUser | AnonymousUser | None) -> "RecommendationQuerySet":
        """Keep what `user` may see: of public facts, of the demo, or of their own node. Without login: nothing."""
        if user is None or not user.is_authenticated:
            return self.none()
        everyones = Q(connection=None) | Q(connection__kind=NodeConnection.Kind.DEMO, connection__owner=None)
        return self.filter(everyones if user.pk is None else everyones | Q(connection__owner_id=user.pk))

    def asked_for(self) -> "RecommendationQuerySet":
        """Leave out what was made for a whole network, and nobody asked for."""
        return self.exclude(connection=None, run=None)

    def concerning(self, user: AbstractBaseUser | AnonymousUser | None) -> "RecommendationQuerySet":
        """Keep what `user` may see and what concerns them: advice made in bulk does only for nodes they follow."""
        visible = self.visible_to(user)
        if user is None or user.pk is None:
            return visible.asked_for()
        asked = RecommendationRun.objects.filter(user_id=user.pk).values("node")
        connected = NodeConnection.objects.filter(owner_id=user.pk).values("node")
        was_asked_for = Q(run__isnull=False) | Q(connection__isnull=False)
        return visible.filter(was_asked_for | Q(node__in=asked) | Q(node__in=connected))


class Recommendation(models.Model):
    """One tracked piece of advice. The same advice in the same ISO week is the same row (FB-02).

    The id is derived from node, connection and tracking id (`recommendations.domain.tracking.row_id`), so that a stream
    can name a row before it is written.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    tracking_id = models.CharField(max_length=32)
    node = models.ForeignKey(Node, on_delete=models.CASCADE, related_name="recommendations")
    # Goes with its connection: without it, advice from private data would count as advice from public facts.
    connection = models.ForeignKey(NodeConnection, on_delete=models.CASCADE, null=True, related_name="+")
    run = models.ForeignKey(RecommendationRun, on_delete=models.SET_NULL, null=True, related_name="recommendations")
    rule = models.CharField(max_length=40)
    category = models.CharField(max_length=16, choices=[(c.value, c.value) for c in Category])
    priority = models.CharField(max_length=10, choices=[(p.value, p.value) for p in Priority])
    score = models.FloatField()
    confidence = models.FloatField(null=True)
    target = models.CharField(max_length=80)
    title = models.CharField(max_length=300)
    payload = models.JSONField(help_text="What the operator was shown.")
    state = models.CharField(max_length=10, choices=[(s.value, s.value) for s in State], default=State.GENERATED)
    generated_at = models.DateTimeField(default=timezone.now)
    viewed_at = models.DateTimeField(null=True)
    applied_at = models.DateTimeField(null=True)
    rejected_at = models.DateTimeField(null=True)
    expired_at = models.DateTimeField(null=True)
    actor = models.CharField(max_length=80, blank=True)
    note = models.TextField(blank=True)
    reject_reason = models.CharField(max_length=200, blank=True)

    objects = RecommendationQuerySet.as_manager()

    class Meta:
        ordering = ("-generated_at",)
        constraints = [
            models.UniqueConstraint(
                fields=("node", "connection", "tracking_id"), nulls_distinct=False, name="one_row_per_advice_and_week"
            )
        ]
        indexes = [models.Index(fields=("state", "applied_at"), name="recommendation_by_state")]

    def __str__(self) -> str:
        return self.title
