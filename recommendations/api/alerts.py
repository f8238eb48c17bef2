"""Alerts for programs: the caller's own, open ones first, and a mark that they were read."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from models_registry.domain.scopes import Scope
from recommendations.queries.alerts import AlertLine, alert_counts, alerts_page
from recommendations.services.choose_alerts import mark_read


class AlertsQuery(serializers.Serializer[None]):
    open = serializers.BooleanField(default=True, help_text="false: those that are over too")
    page = serializers.IntegerField(min_value=1, max_value=100_000, default=1)
    page_size = serializers.IntegerField(min_value=1, max_value=100, default=30)


class ReadIn(serializers.Serializer[None]):
    id = serializers.IntegerField(min_value=1, required=False, help_text="Left out: all of them")


class AlertsView(APIView):
    """Alerts of the caller's own nodes: open ones by gravity, then the latest that are over."""

    scope = Scope.ADVICE

    @extend_schema(responses=dict, parameters=[AlertsQuery])
    def get(self, request: Request) -> Response:
        form = AlertsQuery(data=request.query_params)
        form.is_valid(raise_exception=True)
        words = form.validated_data
        page = alerts_page(request.user, only_open=words["open"], number=words["page"], size=words["page_size"])
        counts = alert_counts(request.user)
        return Response(
            {
                "alerts": [_body(line) for line in page.object_list],
                "page": page.number,
                "pages": page.paginator.num_pages,
                "open_count": counts.open,
                "unread_count": counts.unread,
                "total_count": counts.every,
            }
        )


class AlertsReadView(APIView):
    """Mark one alert, or all of them, as read."""

    scope = Scope.ADVICE

    @extend_schema(request=ReadIn, responses=dict)
    def post(self, request: Request) -> Response:
        form = ReadIn(data=request.data)
        form.is_valid(raise_exception=True)
        return Response({"read": mark_read(request.user, key=form.validated_data.get("id"), at=timezone.now())})


def _body(line: AlertLine) -> dict[str, Any]:
    return {
        "id": line.id,
        "kind": line.kind,
        "severity": line.severity.value,
        "title": line.title,
        "text": line.text,
        "node": {"pubkey": line.pubkey, "alias": line.alias},
        "channel": line.channel,
        "evidence": list(line.evidence),
        "began_at": line.began_at.isoformat(),
        "seen_at": line.seen_at.isoformat(),
        "over_at": line.over_at.isoformat() if line.over_at else None,
        "is_read": line.is_read,
        "sent_at": line.sent_at.isoformat() if line.sent_at else None,
        "trouble": line.trouble,
    }
