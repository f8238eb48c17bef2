"""Plain JSON doors of the advice floor: facts for everybody, advice for keys, and a recommendation's life."""

from typing import Any
from uuid import UUID

from asgiref.sync import async_to_sync
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from models_registry.api.authentication import unit_of
from models_registry.api.permissions import KeyScope
from models_registry.domain.scopes import Scope
from recommendations.api import short_way
from recommendations.api.asking import asked, node_key
from recommendations.api.bodies import advice_body, recommendation_body, rule_advice_body
from recommendations.api.serializers import AdviceQuery, MoveIn, RuleAdviceQuery, SearchQuery
from recommendations.api.shapes import AdviceOut
from recommendations.domain.advice import Engine
from recommendations.domain.briefing import network_state, node_info
from recommendations.domain.enrichment import as_wire
from recommendations.domain.errors import NetworkNotFound
from recommendations.queries import default_network, recommendation_of, search_nodes
from recommendations.queries import network_state as measured_state
from recommendations.queries.enrichment import sourced_facts
from recommendations.services import decide
from recommendations.services.collect import advise_now
from recommendations.services.snapshot import node_facts


class NetworkView(APIView):
    """The measured state of a network (public)."""

    scope = Scope.ADVICE
    permission_classes = [AllowAny, KeyScope]

    @extend_schema(responses=dict, parameters=[OpenApiParameter("network", str)])
    def get(self, request: Request) -> Response:
        state = measured_state(request.query_params.get("network"), at=timezone.now())
        if state is None:
            raise NetworkNotFound("No graph is imported yet: run manage.py import_graph FILE, or demo_network.")
        return Response(network_state(state))


class SearchView(APIView):
    """Nodes whose alias or key matches (public)."""

    scope = Scope.ADVICE
    permission_classes = [AllowAny, KeyScope]

    @extend_schema(responses=dict, parameters=[SearchQuery])
    def get(self, request: Request) -> Response:
        form = SearchQuery(data=request.query_params)
        form.is_valid(raise_exception=True)
        words = form.validated_data
        network = default_network(words.get("network"))
        found = search_nodes(words["search"], network=network, limit=words["limit"])
        return Response({"network": network.slug, "nodes": [hit.as_dict() for hit in found]})


class NodeView(APIView):
    """One node's public facts; its private ones for a key whose user owns them. `fields` names each one's source."""

    scope = Scope.ADVICE
    permission_classes = [AllowAny, KeyScope]

    @extend_schema(responses=dict, parameters=[OpenApiParameter("network", str)])
    def get(self, request: Request, pubkey: str) -> Response:
        network = request.query_params.get("network")
        facts = node_facts(node_key(pubkey), network=network, user=request.user, at=timezone.now())
        return Response({**node_info(facts), "fields": as_wire(sourced_facts(facts))})


class RuleAdviceView(APIView):
    """Advice by rules alone. Works without any model."""

    scope = Scope.ADVICE

    @extend_schema(responses=dict, parameters=[RuleAdviceQuery])
    def get(self, request: Request, pubkey: str) -> Response:
        call = asked(request, pubkey, engine=Engine.RULES, serializer=RuleAdviceQuery)
        advice = async_to_sync(advise_now)(call.request, at=timezone.now())
        return Response(
            rule_advice_body(advice, category=call.words.get("category"), priority=call.words.get("priority"))
        )


class AdviceView(APIView):
    """Advice by rules and a local model; without a model the rules answer and `degraded` is true."""

    scope = Scope.ADVICE
    generates = True

    @extend_schema(responses=AdviceOut, parameters=[AdviceQuery])
    def get(self, request: Request, pubkey: str) -> Response:
        call = asked(request, pubkey, engine=Engine.V2)
        now = timezone.now()
        advice = async_to_sync(advise_now)(call.request, at=now)
        if advice.completed["cached"]:
            short_way.note(request, call.request, at=now)
        return Response(advice_body(advice, at=now))


class RecommendationView(APIView):
    """One tracked recommendation."""

    scope = Scope.ADVICE

    @extend_schema(responses=dict)
    def get(self, request: Request, key: UUID) -> Response:
        return Response(recommendation_body(recommendation_of(key, user=request.user)))


class StateView(APIView):
    """Mark a recommendation seen, applied (with a note) or dismissed (with a reason); `undo` takes it back."""

    scope = Scope.ADVICE

    @extend_schema(request=MoveIn, responses=dict)
    def post(self, request: Request, key: UUID) -> Response:
        form = MoveIn(data=request.data)
        form.is_valid(raise_exception=True)
        words = form.validated_data
        who: dict[str, Any] = {"user": request.user, "actor": unit_of(request), "at": timezone.now()}
        match words["state"]:
            case "applied":
                row = decide.apply(key, note=words["note"], **who)
            case "rejected":
                row = decide.reject(key, reason=words["reason"], **who)
            case "viewed":
                row = decide.view(key, **who)
            case _:
                row = decide.undo(key, **who)
        return Response(recommendation_body(row))
