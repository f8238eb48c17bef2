"""The body of an advice answer as the OpenAPI schema shows it (FEATURES V2-04), and as the tests hold it."""

from typing import Any

from rest_framework import serializers

from recommendations.domain.advice import Category, Priority, Reversibility, RiskLevel, State

PRIORITIES = [level.value for level in Priority]


class ExpectedImpactOut(serializers.Serializer[Any]):
    metric = serializers.CharField()
    low = serializers.FloatField()
    high = serializers.FloatField()
    unit = serializers.CharField(allow_blank=True)
    horizon_days = serializers.IntegerField()


class ValidationOut(serializers.Serializer[Any]):
    """What to look at to see whether it worked; low and high null where nothing can be expected in numbers."""

    metric = serializers.CharField(allow_blank=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    unit = serializers.CharField(allow_blank=True)
    within_days = serializers.IntegerField()


class EvidenceOut(serializers.Serializer[Any]):
    id = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # DRF's own attribute of this name is a property
    value = serializers.JSONField(allow_null=True)
    unit = serializers.CharField(allow_blank=True)
    source = serializers.CharField()  # type: ignore[assignment]  # as above
    as_of = serializers.DateTimeField(allow_null=True)
    channel = serializers.CharField(allow_null=True)


class RecommendationOut(serializers.Serializer[Any]):
    """One recommendation. Unknown is null, never 0."""

    id = serializers.UUIDField()
    tracking_id = serializers.CharField()
    title = serializers.CharField()
    explanation = serializers.CharField()
    reasoning = serializers.CharField()
    category = serializers.ChoiceField(choices=[one.value for one in Category])
    priority = serializers.ChoiceField(choices=PRIORITIES)
    score = serializers.FloatField(min_value=0, max_value=100)
    confidence = serializers.FloatField(min_value=0, max_value=1, allow_null=True)
    impact_factors = serializers.DictField(child=serializers.FloatField(allow_null=True))
    action = serializers.CharField()
    target = serializers.CharField()
    command = serializers.CharField(allow_null=True)
    commands = serializers.DictField(allow_null=True)
    evidence = EvidenceOut(many=True)
    citations = serializers.ListField(child=serializers.DictField())
    expected_impact = ExpectedImpactOut(allow_null=True)
    validation = ValidationOut()
    deadline_hours = serializers.IntegerField(allow_null=True)
    estimated_cost = serializers.IntegerField(allow_null=True)
    estimated_time_hours = serializers.FloatField()
    estimated_revenue_increase = serializers.IntegerField(allow_null=True)
    risk_level = serializers.ChoiceField(choices=[one.value for one in RiskLevel])
    reversibility = serializers.ChoiceField(choices=[one.value for one in Reversibility])
    state = serializers.ChoiceField(choices=[one.value for one in State])
    spoken_by = serializers.CharField(allow_null=True)
    metadata = serializers.DictField()


class ByPriorityOut(serializers.Serializer[Any]):
    critical = serializers.IntegerField()
    high = serializers.IntegerField()
    medium = serializers.IntegerField()
    low = serializers.IntegerField()
    info = serializers.IntegerField()


class AdviceOut(serializers.Serializer[Any]):
    """A v2 answer. `analysis` has the parts of the analysis type that was asked for."""

    pubkey = serializers.CharField()
    recommendations = RecommendationOut(many=True)
    analysis = serializers.DictField()
    summary = serializers.CharField()
    total_count = serializers.IntegerField()
    by_priority = ByPriorityOut()
    generated_at = serializers.DateTimeField()
    model_used = serializers.CharField(allow_null=True)
    quality_score = serializers.FloatField(min_value=0, max_value=1, allow_null=True)
    version = serializers.ChoiceField(choices=["v2"])
    degraded = serializers.BooleanField()
    note = serializers.CharField(allow_blank=True)
    sources = serializers.ListField(child=serializers.DictField())
    network = serializers.DictField()
    node_info = serializers.DictField()
    insufficient = serializers.ListField(child=serializers.DictField())
    metadata = serializers.DictField()
