"""Tell programs which models there are, which one a question would be given, and how that went so far (GW-05)."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from models_registry import queries
from models_registry.api.authentication import unit_of
from models_registry.domain.chat import GenerationPlan
from models_registry.domain.hearing import hear
from models_registry.domain.scopes import Scope
from models_registry.models import ApiKey
from models_registry.queries.shelf import ShelvedModel, shelved_models
from models_registry.services.health import ensure_fresh
from models_registry.services.plan import AUTO, plan_chat

LONGEST_PROMPT = 200_000  # characters; only its words are listened to


class ModelOut(serializers.Serializer[ShelvedModel]):
    name = serializers.CharField()
    host = serializers.CharField()
    host_kind = serializers.CharField()
    is_host_healthy = serializers.BooleanField(allow_null=True)
    specialties = serializers.ListField(child=serializers.CharField())
    capabilities = serializers.ListField(child=serializers.CharField())
    speaks = serializers.BooleanField()
    digest = serializers.CharField()
    size_bytes = serializers.IntegerField(allow_null=True)
    context_length = serializers.IntegerField(allow_null=True)
    calls = serializers.IntegerField()
    latency_ms = serializers.IntegerField(allow_null=True)
    tokens_per_s = serializers.FloatField(allow_null=True)
    load_s = serializers.FloatField(allow_null=True)
    quality = serializers.FloatField(allow_null=True)
    is_resident = serializers.SerializerMethodField()
    resident_until = serializers.DateTimeField(allow_null=True)
    vram_share = serializers.FloatField(allow_null=True)
    seen_at = serializers.DateTimeField(allow_null=True)

    def get_is_resident(self, model: ShelvedModel) -> bool | None:
        return model.is_resident(at=self.context["at"])


class ModelsOut(serializers.Serializer[object]):
    models = ModelOut(many=True)
    timestamp = serializers.DateTimeField()


class RouteIn(serializers.Serializer[object]):
    prompt = serializers.CharField(max_length=LONGEST_PROMPT)
    model = serializers.CharField(max_length=160, default=AUTO)
    max_tokens = serializers.IntegerField(min_value=1, required=False)
    deadline_s = serializers.FloatField(min_value=0.0, required=False)


class CandidateOut(serializers.Serializer[object]):
    model = serializers.CharField()
    host = serializers.CharField()
    rank = serializers.IntegerField(allow_null=True)
    reason = serializers.CharField()
    tier = serializers.CharField()
    latency_ms = serializers.FloatField(allow_null=True)
    quality = serializers.FloatField(allow_null=True)
    cost_usd = serializers.CharField()


class RouteOut(serializers.Serializer[object]):
    selected_model = serializers.CharField(allow_null=True)
    selected_host = serializers.CharField(allow_null=True)
    reason = serializers.CharField()
    query_type = serializers.CharField()
    strategy = serializers.CharField()
    features = serializers.DictField()
    candidates = CandidateOut(many=True)


class ModelsView(APIView):
    scope = Scope.GATEWAY

    @extend_schema(operation_id="gateway_models", responses=ModelsOut, tags=["gateway"])
    def get(self, request: Request) -> Response:
        """List each installed model on each host: what it is good at, how fast it was, whether it is in memory."""
        at = timezone.now()
        ensure_fresh(at=at)
        return Response(ModelsOut({"models": shelved_models(), "timestamp": at}, context={"at": at}).data)


class RouteView(APIView):
    scope = Scope.GATEWAY

    @extend_schema(request=RouteIn, operation_id="gateway_route", responses=RouteOut, tags=["gateway"])
    def post(self, request: Request) -> Response:
        """Tell which model would answer, and why each other one would not. Nothing is generated."""
        form = RouteIn(data=request.data)
        form.is_valid(raise_exception=True)
        at = timezone.now()
        ensure_fresh(at=at)
        asked = dict(form.validated_data)
        tier = request.auth.tier if isinstance(request.auth, ApiKey) else None
        model, heard = asked.pop("model"), hear(asked.pop("prompt"))
        plan = plan_chat(model, heard=heard, unit=unit_of(request), user_tier=tier, at=at, **asked)
        return Response(RouteOut(routed(plan)).data)


class StatsView(APIView):
    scope = Scope.GATEWAY

    @extend_schema(operation_id="gateway_stats", tags=["gateway"])
    def get(self, request: Request) -> Response:
        """Return what was routed so far: counts, cost and fallbacks."""
        return Response(queries.routing_stats())


def routed(plan: GenerationPlan) -> dict[str, Any]:
    """Return a plan as the answer tells it."""
    decision: Mapping[str, Any] = plan.decision
    candidates: Sequence[Mapping[str, Any]] = decision.get("candidates", ())
    chosen = next((row for row in candidates if row["is_chosen"]), None)
    return {
        "selected_model": chosen["model"] if chosen else None,
        "selected_host": chosen["host"] if chosen else None,
        "reason": chosen["reason"] if chosen else "No model can be asked now; see why each one cannot.",
        "query_type": plan.query_type,
        "strategy": plan.strategy,
        "features": decision.get("features", {}),
        "candidates": candidates,
    }
