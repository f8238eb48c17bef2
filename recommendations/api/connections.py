"""Connected nodes for programs: the caller's own, with state and age; never a credential, certificate or address."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from models_registry.domain.scopes import Scope
from recommendations.queries.connections import ConnectedNode, connected_nodes


class ConnectionsView(APIView):
    """The caller's own nodes: how old their private data are, and why they could not be read."""

    scope = Scope.ADVICE

    @extend_schema(responses=dict)
    def get(self, request: Request) -> Response:
        now = timezone.now()
        return Response({"connections": [_body(node, at=now) for node in connected_nodes(request.user, at=now)]})


def _body(node: ConnectedNode, *, at: datetime) -> dict[str, Any]:
    age_s = None if node.measured_at is None else round((at - node.measured_at).total_seconds())
    return {
        "id": node.key,
        "node": {"pubkey": node.pubkey, "alias": node.alias},
        "kind": node.kind,
        "state": node.state,
        "is_paused": node.is_paused,
        "is_stale": node.is_stale,
        "trouble": node.trouble or None,
        "progress_percent": node.progress_percent if node.is_under_way else None,
        "measured_at": _iso(node.measured_at),
        "age_s": age_s,
        "next_reading_at": _iso(node.next_at),
        "forwards_complete_from": _iso(node.forwards_from),
        "failures_complete_from": _iso(node.failures_from),
        "costs_complete_from": _iso(node.costs_from),
        "graph_as_of": _iso(node.graph_as_of),
        "uptime_ratio": node.uptime_ratio,
        "monitored_days": node.monitored_days,
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
