"""Streaming doors of the advice floor: the same events as the websocket's, framed by `Accept`."""

from django.http import HttpResponseBase
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from models_registry.domain.scopes import Scope
from models_registry.services.turns import Ticket
from rag.api.framing import STREAM_RENDERERS, framed
from rag.api.serializers import EventsOut
from recommendations.api.asking import asked
from recommendations.api.serializers import AdviceQuery
from recommendations.services.analyze import analyze
from recommendations.services.recommend import advise


class AdviceStream(APIView):
    scope = Scope.ADVICE
    generates = True
    renderer_classes = STREAM_RENDERERS

    @extend_schema(
        parameters=[AdviceQuery], responses=EventsOut, tags=["streaming"], operation_id="streaming_recommendations"
    )
    def get(self, request: Request, pubkey: str) -> HttpResponseBase:
        """Stream a node's recommendations as they are made; the rollout decides which engine speaks."""
        call, ticket = asked(request, pubkey, engine=None), Ticket()
        return framed(advise(call.request, at=timezone.now(), ticket=ticket), request, ticket=ticket)


class AnalysisStream(APIView):
    scope = Scope.ADVICE
    generates = True
    renderer_classes = STREAM_RENDERERS

    @extend_schema(parameters=[AdviceQuery], responses=EventsOut, tags=["streaming"], operation_id="streaming_analysis")
    def get(self, request: Request, pubkey: str) -> HttpResponseBase:
        """Stream a description of a node as it is written."""
        call, ticket = asked(request, pubkey, engine=None), Ticket()
        return framed(analyze(call.request, at=timezone.now(), ticket=ticket), request, ticket=ticket)
