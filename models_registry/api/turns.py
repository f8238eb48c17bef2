"""Stop a streamed turn by its id. Its stream then ends by itself, with the error `generation_canceled`."""

from uuid import UUID

from django.http import Http404
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from models_registry.api.authentication import unit_of
from models_registry.api.permissions import EVERY_KEY
from models_registry.services import turns
from models_registry.services.turns import Stopped

STATUSES = {Stopped.HERE: 204, Stopped.ELSEWHERE: 202}
RESPONSES = {
    204: OpenApiResponse(description="Stopped."),
    202: OpenApiResponse(description="The process that holds the turn was told."),
    404: OpenApiResponse(description="No turn of yours has this id, or it is over."),
}


class TurnView(APIView):
    scope = EVERY_KEY

    @extend_schema(operation_id="streaming_turn_stop", responses=RESPONSES, tags=["streaming"])
    def delete(self, request: Request, key: UUID) -> Response:
        """Stop a turn of yours; its id is in its first event and in the header X-Turn-Id. Staff may stop any."""
        stopped = turns.stop(key, unit=unit_of(request), is_staff=getattr(request.user, "is_staff", False))
        if stopped is Stopped.UNKNOWN:
            raise Http404
        return Response(status=STATUSES[stopped])
