"""The pages of the house itself: home, status, and what is shown when something fails."""

from collections.abc import Iterable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from drf_spectacular.utils import extend_schema
from rest_framework.authentication import SessionAuthentication
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.permissions import IsAuthenticated
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from lnrag_site import health, metrics, queries
from lnrag_site.errors import error_response
from lnrag_site.logging import REQUEST_ID
from models_registry.api.authentication import BearerKeyAuthentication
from models_registry.api.permissions import KeyScope
from models_registry.domain.scopes import Scope
from models_registry.services.health import ensure_fresh
from recommendations.queries.connections import connected_nodes
from recommendations.queries.enrichment import service_states
from recommendations.queries.onchain import onchain_state

PROGRAM_PATHS = ("/api/", "/v1/", "/gateway/")


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show the network's state, the search, and where to start."""
    context = {
        "network": queries.network_state(),
        "demo": queries.demo_node(),
        "popular": queries.popular_nodes(at=timezone.now()),
        "model": queries.model_state(),
        "own_nodes": connected_nodes(request.user, at=timezone.now()),
    }
    return render(request, "lnrag_site/home.html", context)


@never_cache
@require_safe
def status(request: HttpRequest) -> HttpResponse:
    """Show what works right now, and what does not."""
    now = timezone.now()
    ensure_fresh(at=now)
    context = {
        "health": health.assess(health.read_vitals(at=now)),
        "faults": health.find_faults(),
        "network": queries.network_state(),
        "networks": queries.networks(),
        "model": queries.model_state(),
        "hosts": queries.hosts(),
        "services": service_states(),
        "onchain": onchain_state(now),
        "library": queries.library_counts(),
        "rollouts": queries.rollouts(),
        "queue": queries.queue_counts(),
        "jobs": queries.latest_jobs(),
        "checked_at": now,
    }
    return render(request, "lnrag_site/status.html", context)


class AnyAccept(DefaultContentNegotiation):
    """Prometheus asks for formats by names of its own; there is one answer whatever is asked."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        only = next(iter(renderers))
        return only, str(only.media_type)


class MetricsView(APIView):
    """Every metric, for a signed-in person or a program with a key."""

    authentication_classes = [BearerKeyAuthentication, SessionAuthentication]
    permission_classes = [IsAuthenticated, KeyScope]
    scope = Scope.STATS
    renderer_classes = [JSONRenderer]  # of refusals
    content_negotiation_class = AnyAccept

    @extend_schema(exclude=True)
    def get(self, request: Request) -> HttpResponse:
        return HttpResponse(metrics.scrape(), content_type="text/plain; version=0.0.4; charset=utf-8")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 404 to people and to programs, each in their language."""
    if request.path.startswith(PROGRAM_PATHS):
        return error_response("not_found", "There is nothing at this address.")
    return render(request, "404.html", status=404)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 403 to people and to programs."""
    if request.path.startswith(PROGRAM_PATHS):
        return error_response("forbidden", "This is not yours to see or change.")
    return render(request, "403.html", status=403)


def broken(request: HttpRequest) -> HttpResponse:
    """Answer 500 with the id under which the failure is in the logs. The page needs no database."""
    if request.path.startswith(PROGRAM_PATHS):
        return error_response("internal", f"Something failed on our side. Its id in the logs is {REQUEST_ID.get()}.")
    return render(None, "500.html", {"error_id": REQUEST_ID.get()}, status=500)
