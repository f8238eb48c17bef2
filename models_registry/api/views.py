"""Tell programs about models and strategies."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from models_registry import queries
from models_registry.api.serializers import OllamaStatsOut
from models_registry.domain.scopes import Scope


class OllamaStats(APIView):
    """What was generated so far, and what is configured (V2-11)."""

    scope = Scope.STATS

    @extend_schema(operation_id="ollama_stats", responses=OllamaStatsOut)
    def get(self, request: Request) -> Response:
        strategies = queries.enabled_strategies()
        stats = {
            "optimizer_stats": queries.generation_stats(),
            "strategies_available": len(strategies),
            "models_configured": queries.configured_models(strategies),
            "timestamp": timezone.now(),
        }
        return Response(OllamaStatsOut(stats).data)
