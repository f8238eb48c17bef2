"""JSON doors of the feedback floor."""

from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from feedback.api.serializers import RatingIn
from feedback.queries import impact_reports
from feedback.services.rate import rate
from models_registry.api.authentication import unit_of
from models_registry.domain.scopes import Scope


class RatingView(APIView):
    """A thumb up or down on a recommendation or an answer; `none` takes it back."""

    scope = Scope.ADVICE

    @extend_schema(request=RatingIn, responses=dict)
    def post(self, request: Request) -> Response:
        form = RatingIn(data=request.data)
        form.is_valid(raise_exception=True)
        words = form.validated_data
        row = rate(
            words["target"],
            str(words["target_id"]),
            thumb=words["thumb"],
            reason=words["reason"],
            unit=unit_of(request),
            user=request.user,
            at=timezone.now(),
        )
        return Response(
            {"target": words["target"], "target_id": str(words["target_id"]), "thumb": row.thumb if row else None}
        )


class ImpactView(APIView):
    """What was measured of one applied recommendation; empty before its seven days are over."""

    scope = Scope.ADVICE

    @extend_schema(responses=dict)
    def get(self, request: Request, key: UUID) -> Response:
        return Response({"reports": [report.as_dict() for report in impact_reports(key, user=request.user)]})
