"""Tell programs how the services fare that lnrag leans on (CB-09)."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from models_registry.domain.breaker import BreakerState
from models_registry.domain.breaker_stats import Health, worst
from models_registry.domain.scopes import Scope
from models_registry.queries.breakers import breaker_stats


class BreakerHealthOut(serializers.Serializer[object]):
    name = serializers.CharField()
    service = serializers.CharField()
    state = serializers.ChoiceField([(state.value, state.name) for state in BreakerState])
    health = serializers.ChoiceField([health.value for health in Health])
    success_rate = serializers.FloatField(allow_null=True)


class BreakersHealthOut(serializers.Serializer[object]):
    health = serializers.ChoiceField([health.value for health in Health])
    breakers = BreakerHealthOut(many=True)
    checked_at = serializers.DateTimeField()


class ChangeOut(serializers.Serializer[object]):
    at = serializers.DateTimeField()
    from_state = serializers.CharField()
    to_state = serializers.CharField()
    reason = serializers.CharField()


class BreakerStatsOut(BreakerHealthOut):
    is_forced = serializers.BooleanField()
    failure_rate = serializers.FloatField(allow_null=True)
    total_calls = serializers.IntegerField()
    total_successes = serializers.IntegerField()
    total_failures = serializers.IntegerField()
    total_rejected = serializers.IntegerField()
    mean_ms = serializers.FloatField(allow_null=True)
    opened_at = serializers.DateTimeField(allow_null=True)
    latest_success_at = serializers.DateTimeField(allow_null=True)
    latest_failure_at = serializers.DateTimeField(allow_null=True)
    latest_failure = serializers.CharField(allow_blank=True)
    changes = ChangeOut(many=True)


class BreakersStatsOut(serializers.Serializer[object]):
    breakers = BreakerStatsOut(many=True)
    timestamp = serializers.DateTimeField()


class BreakersHealth(APIView):
    scope = Scope.STATS

    @extend_schema(operation_id="circuit_breakers_health", responses=BreakersHealthOut, tags=["circuit-breakers"])
    def get(self, request: Request) -> Response:
        """Tell of each service whether it is healthy, degraded or left alone, and the worst of all."""
        now = timezone.now()
        found = breaker_stats(at=now)
        body = {"health": worst([one.health for one in found]), "breakers": found, "checked_at": now}
        return Response(BreakersHealthOut(body).data)


class BreakersMetrics(APIView):
    scope = Scope.STATS

    @extend_schema(operation_id="circuit_breakers_metrics", responses=BreakersStatsOut, tags=["circuit-breakers"])
    def get(self, request: Request) -> Response:
        """Return every breaker with its counts and its latest hundred changes of state."""
        now = timezone.now()
        return Response(BreakersStatsOut({"breakers": breaker_stats(at=now, with_changes=True), "timestamp": now}).data)
