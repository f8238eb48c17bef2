"""Vectors, answers from given passages, and the upkeep of index and cache (SE-01)."""

from django.core.exceptions import PermissionDenied
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from models_registry.api.authentication import tier_of, unit_of
from models_registry.domain.scopes import Scope
from rag.api.bodies import EmbedIn, EmbedOut, GenerateIn, GenerateOut, ReindexIn, SpaceOut, SpacesOut
from rag.api.parsing import CappedJsonParser, may_share
from rag.domain.passages import Retrieval
from rag.models import IndexVersion
from rag.queries.policy import library_policy
from rag.services import spaces
from rag.services.answer_from import Wish, answer_from, given_passages
from rag.services.cache import purge
from rag.services.retrieve import retrieve
from rag.services.vectors import vectors_in_use


class EmbedView(APIView):
    scope = Scope.EMBEDDINGS
    parser_classes = (CappedJsonParser,)

    @extend_schema(request=EmbedIn, responses=EmbedOut, tags=["rag"], operation_id="rag_embed")
    def post(self, request: Request) -> Response:
        """Return unit-length vectors of texts in the space that is searched."""
        form = EmbedIn(data=request.data)
        form.is_valid(raise_exception=True)
        asked = form.validated_data
        made = vectors_in_use(asked["texts"], are_questions=asked["kind"] == "question")
        told = {"model": made.space.model, "index_version": made.space.slug, "dimension": made.space.dimension}
        return Response(EmbedOut({**told, "vectors": made.vectors.tolist()}).data)


class GenerateView(APIView):
    scope = Scope.RAG
    generates = True
    parser_classes = (CappedJsonParser,)

    @extend_schema(request=GenerateIn, responses=GenerateOut, tags=["rag"], operation_id="rag_generate")
    def post(self, request: Request) -> Response:
        """Have a model answer from the given passages; 503 with `Retry-After` while none can be asked."""
        form = GenerateIn(data=request.data)
        form.is_valid(raise_exception=True)
        asked = form.validated_data
        wish = Wish(
            _passages(request, form),
            unit=unit_of(request),
            user_tier=tier_of(request),
            model=asked.get("model"),
            temperature=asked.get("temperature"),
            max_tokens=asked.get("max_tokens"),
        )
        said = answer_from(wish)
        return Response(GenerateOut(said.as_data()).data)


class ReindexView(APIView):
    scope = Scope.LIBRARY

    @extend_schema(responses=SpacesOut, tags=["rag"], operation_id="rag_spaces")
    def get(self, request: Request) -> Response:
        """List the embedding spaces, and how far those are that are being built."""
        return Response(SpacesOut({"spaces": IndexVersion.objects.all()}).data)

    @extend_schema(request=ReindexIn, responses={202: SpaceOut}, tags=["rag"], operation_id="rag_reindex")
    def post(self, request: Request) -> Response:
        """Build a space beside the one in use, or bring that one up to date. Search answers meanwhile. Staff only."""
        _require_staff(request)
        form = ReindexIn(data=request.data)
        form.is_valid(raise_exception=True)
        asked, now = form.validated_data, timezone.now()
        active = IndexVersion.objects.filter(is_active=True).first()
        row = active if active and "model" not in asked else None
        row = row or spaces.plan_space(asked.get("model", ""), at=now, activates_when_ready=asked["activate"])
        spaces.build(row, at=now, afresh=asked["afresh"])
        row.refresh_from_db()
        return Response(SpaceOut(row).data, status=status.HTTP_202_ACCEPTED)


class CacheView(APIView):
    scope = Scope.LIBRARY

    @extend_schema(responses={204: None}, tags=["rag"], operation_id="rag_cache_delete")
    def delete(self, request: Request) -> Response:
        """Forget every kept answer and retrieval. Staff only."""
        _require_staff(request)
        purge()
        return Response(status=status.HTTP_204_NO_CONTENT)


def _require_staff(request: Request) -> None:
    if not may_share(request):
        raise PermissionDenied


def _passages(request: Request, form: GenerateIn) -> Retrieval:
    asked = form.validated_data
    if "passages" in asked:
        texts = [(given["title"], given["text"]) for given in asked["passages"]]
        return given_passages(asked["query"], texts, lang=asked.get("lang"))
    return retrieve(
        asked["query"], k=asked.get("n_results"), lang=asked.get("lang"), user=request.user, policy=library_policy()
    )
