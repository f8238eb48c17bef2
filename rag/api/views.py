"""The library for programs: retrieve, ask, stream, and how it fares."""

from collections.abc import AsyncGenerator
from typing import Any

from asgiref.sync import async_to_sync
from django.http import HttpResponseBase
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from models_registry.api.authentication import tier_of, unit_of
from models_registry.domain.scopes import Scope
from models_registry.services.turns import Ticket
from rag.api.framing import STREAM_RENDERERS, framed
from rag.api.serializers import (
    AnswerOut,
    EventsOut,
    HealthOut,
    QueryIn,
    RetrievalOut,
    RetrieveIn,
    StatsOut,
    StreamQueryIn,
)
from rag.domain.conversing import Conversing, conversing
from rag.domain.events import Event
from rag.queries.library import library_stats
from rag.queries.policy import library_policy
from rag.queries.sources import readable_keys
from rag.services.answer import answer
from rag.services.conversations import require_any
from rag.services.retrieve import retrieve
from rag.streaming import outcome_of


class QueryView(APIView):
    scope = Scope.RAG
    generates = True

    @extend_schema(request=QueryIn, responses=AnswerOut, tags=["rag"], operation_id="rag_query")
    def post(self, request: Request) -> Response:
        """Answer a question from the library, with citations. Works without a model: then it quotes (`degraded`)."""
        form = QueryIn(data=request.data)
        form.is_valid(raise_exception=True)
        asker = {"unit": unit_of(request), "user": request.user, "user_tier": tier_of(request)}
        asked = {**asker, "at": timezone.now(), "conversation": _conversation(form, request), **form.knobs()}

        def turn(include_ai: bool) -> AsyncGenerator[Event, None]:
            return answer(form.validated_data["query"], include_ai=include_ai, **asked)

        result = async_to_sync(outcome_of)(turn)
        return Response(AnswerOut({"summary": "", "recommendations": [], **result}).data)


class RetrieveView(APIView):
    scope = Scope.RAG

    @extend_schema(request=RetrieveIn, responses=RetrievalOut, tags=["rag"], operation_id="rag_retrieve")
    def post(self, request: Request) -> Response:
        """Return the passages for a question, without an answer. Works while no model can be asked."""
        form = RetrieveIn(data=request.data)
        form.is_valid(raise_exception=True)
        asked = form.validated_data
        found = retrieve(
            asked["query"],
            k=asked.get("n_results"),
            lang=asked.get("lang"),
            user=request.user,
            policy=library_policy(),
            sources=readable_keys(request.user, slugs=asked["sources"]) if "sources" in asked else None,
            languages=asked.get("languages"),
        )
        return Response(RetrievalOut(found, context={"explain": asked["explain"]}).data)


class StatsView(APIView):
    scope = Scope.RAG

    @extend_schema(responses=StatsOut, tags=["rag"], operation_id="rag_stats")
    def get(self, request: Request) -> Response:
        """Return the library's numbers, counted from rows."""
        return Response(StatsOut(library_stats(request.user)).data)


class HealthView(APIView):
    scope = Scope.RAG

    @extend_schema(responses=HealthOut, tags=["rag"], operation_id="rag_health")
    def get(self, request: Request) -> Response:
        """Tell whether the library can be searched by words and by meaning."""
        stats = library_stats(request.user)
        is_ready = stats.index_version is not None and stats.passages > 0
        return Response(HealthOut({"status": "ok" if is_ready else "empty", **_counts(stats)}).data)


class StreamQueryView(APIView):
    scope = Scope.RAG
    generates = True
    renderer_classes = STREAM_RENDERERS

    @extend_schema(request=StreamQueryIn, responses=EventsOut, tags=["streaming"], operation_id="streaming_rag_query")
    def post(self, request: Request) -> HttpResponseBase:
        """Stream the answer to a question as NDJSON, server-sent events or JSON, as `Accept` says."""
        form = StreamQueryIn(data=request.data)
        form.is_valid(raise_exception=True)
        ticket = Ticket()
        events = answer(
            form.validated_data["query"],
            unit=unit_of(request),
            user=request.user,
            user_tier=tier_of(request),
            at=timezone.now(),
            ticket=ticket,
            conversation=_conversation(form, request),
            **form.knobs(),
        )
        return framed(events, request, ticket=ticket)


class StreamHealthView(APIView):
    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(responses=HealthOut, tags=["streaming"], operation_id="streaming_health", auth=[])
    def get(self, request: Request) -> Response:
        """Tell whether streams are served. Open: it says nothing of the documents but their number."""
        return Response(HealthOut({"status": "ok", **_counts(library_stats())}).data)


def _counts(stats: Any) -> dict[str, Any]:
    return {
        "passages": stats.passages,
        "embedded_passages": stats.embedded_passages,
        "index_version": stats.index_version,
    }


def _conversation(form: QueryIn, request: Request) -> Conversing | None:
    """Return the conversation that a question belongs to.

    :raises ConversationUnknown: when it is not the asker's.
    """
    named = conversing(form.validated_data.get("conversation_id"))
    if named and named.key:
        require_any(named.key, user=request.user, unit=unit_of(request))
    return named
