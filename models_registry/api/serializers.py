"""The shapes of this floor's API answers."""

from rest_framework import serializers


class GroupStatsOut(serializers.Serializer[object]):
    name = serializers.CharField()
    count = serializers.IntegerField()
    mean_quality = serializers.FloatField(allow_null=True)
    prompt_tokens = serializers.IntegerField()
    generated_tokens = serializers.IntegerField()
    mean_latency_ms = serializers.FloatField(allow_null=True)
    cost_usd = serializers.FloatField(allow_null=True)


class OptimizerStatsOut(serializers.Serializer[object]):
    total = serializers.IntegerField()
    completed = serializers.IntegerField()
    fallbacks = serializers.IntegerField(help_text="Answered by another model than the one chosen.")
    mean_quality = serializers.FloatField(allow_null=True)
    mean_complexity = serializers.FloatField(allow_null=True)
    prompt_tokens = serializers.IntegerField()
    generated_tokens = serializers.IntegerField()
    cost_usd = serializers.FloatField(allow_null=True)
    mean_cost_usd = serializers.FloatField(allow_null=True)
    unpriced = serializers.IntegerField(help_text="Turns whose cost is not known; the sums leave them out.")
    by_type = GroupStatsOut(many=True)
    by_model = GroupStatsOut(many=True)
    by_tier = GroupStatsOut(many=True)


class ConfiguredModelOut(serializers.Serializer[object]):
    name = serializers.CharField()
    is_installed = serializers.BooleanField()
    strategies = serializers.ListField(child=serializers.CharField())


class OllamaStatsOut(serializers.Serializer[object]):
    optimizer_stats = OptimizerStatsOut()
    strategies_available = serializers.IntegerField()
    models_configured = ConfiguredModelOut(many=True)
    timestamp = serializers.DateTimeField()
