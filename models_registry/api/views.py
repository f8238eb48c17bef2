"""Tell programs about models and strategies; refuse what is not built yet."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from models_registry import queries
from models_registry.api.serializers import OllamaStatsOut


class OllamaStats(APIView):
    """What was generated so far, and what is configured (V2-11)."""

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


class NotInThisRelease(APIException):
    status_code = 501
    default_detail = "The gateway is not part of this release."
    default_code = "not_in_this_release"


@extend_schema(exclude=True)
class ClosedGateway(APIView):
    """Stands where the gateway will be: without a key nothing is said, with one that there is nothing yet."""

    def refuse(self, request: Request, **_path: str) -> Response:
        """Refuse every verb alike.

        :raises NotInThisRelease: always.
        """
        raise NotInThisRelease

    get = post = put = patch = delete = refuse
