"""Fill the library: documents as records, files, how far an intake is, what could not be taken in (SE-01)."""

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from models_registry.api.authentication import unit_of
from models_registry.domain.scopes import Scope
from rag.api.bodies import DeadLettersOut, IndexFileIn, IngestIn, IngestionOut, ListIn, PlaceIn, RetryIn, RetryOut
from rag.api.parsing import CappedJsonParser, may_share
from rag.domain.audience import Audience
from rag.domain.documents import RawDocument
from rag.domain.errors import SourceUnreadable
from rag.domain.language import detect_language
from rag.models import Source
from rag.queries.sources import changeable_sources, intake_of, letters_of, letters_page
from rag.services import intake as intakes
from rag.services.handed_in import HandedIn, capped, too_large_words
from rag.services.records import take_records
from rag.services.sources import open_source


class IngestView(APIView):
    scope = Scope.LIBRARY
    parser_classes = (CappedJsonParser,)

    @extend_schema(request=IngestIn, responses=IngestionOut, tags=["rag"], operation_id="rag_ingest")
    def post(self, request: Request) -> Response:
        """Add documents to a source, or bring them up to date; returns when they can be found. Others stay."""
        form = IngestIn(data=request.data)
        form.is_valid(raise_exception=True)
        source, now = _place(request, form), timezone.now()
        documents = [_document(given, origin=source.name) for given in form.validated_data["documents"]]
        done = take_records(source, documents, user=request.user, unit=unit_of(request), at=now)
        return Response(IngestionOut(done).data)


class IndexFileView(APIView):
    scope = Scope.LIBRARY
    parser_classes = (MultiPartParser,)

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        self.cap = capped(request)
        return super().initialize_request(request, *args, **kwargs)

    @extend_schema(
        request={"multipart/form-data": IndexFileIn},
        responses={202: IngestionOut},
        tags=["rag"],
        operation_id="rag_index_file",
    )
    def post(self, request: Request) -> Response:
        """Take in one file: txt, md, json, html, pdf, or a zip or tar of these. A job reads it, as `Location` tells."""
        form = IndexFileIn(data=request.data)  # reads the body, and so fills `cap`
        if self.cap.too_large:
            raise ValidationError({"file": too_large_words(self.cap.too_large)})
        form.is_valid(raise_exception=True)
        intake = intakes.receive(
            HandedIn([form.validated_data["file"]]),
            source=_place(request, form),
            user=request.user,
            unit=unit_of(request),
            at=timezone.now(),
        )
        headers = {"Location": f"/api/v1/rag/ingestions/{intake.pk}"}
        return Response(IngestionOut(intake).data, status=status.HTTP_202_ACCEPTED, headers=headers)


class IngestionView(APIView):
    scope = Scope.LIBRARY

    @extend_schema(responses=IngestionOut, tags=["rag"], operation_id="rag_ingestion")
    def get(self, request: Request, key: UUID) -> Response:
        """Tell how far an intake is, and what came of it."""
        found = intake_of(request.user, key=key, unit=unit_of(request), may_share=may_share(request))
        if found is None:
            raise Http404
        return Response(IngestionOut(found).data)


class DeadLettersView(APIView):
    scope = Scope.LIBRARY

    @extend_schema(parameters=[ListIn], responses=DeadLettersOut, tags=["rag"], operation_id="rag_dead_letters")
    def get(self, request: Request) -> Response:
        """List what could not be taken in of the sources the key may fill, latest first."""
        form = ListIn(data=request.query_params)
        form.is_valid(raise_exception=True)
        asked = form.validated_data
        page = letters_page(request.user, may_share=may_share(request), number=asked["page"], size=asked["page_size"])
        told = {"count": page.paginator.count, "page": page.number, "pages": page.paginator.num_pages}
        return Response(DeadLettersOut({**told, "dead_letters": page.object_list}).data)


class RetryView(APIView):
    scope = Scope.LIBRARY

    @extend_schema(request=RetryIn, responses={202: RetryOut}, tags=["rag"], operation_id="rag_dead_letters_retry")
    def post(self, request: Request) -> Response:
        """Try dead letters again in the background."""
        form = RetryIn(data=request.data)
        form.is_valid(raise_exception=True)
        letters = letters_of(request.user, may_share=may_share(request)).filter(pk__in=form.validated_data["ids"])
        keys = tuple(letters.values_list("pk", flat=True))
        if not keys:
            raise Http404
        begun = intakes.retry(keys, at=timezone.now(), user=request.user, unit=unit_of(request))
        return Response(RetryOut({"retried": len(keys), "ingestions": begun}).data, status=status.HTTP_202_ACCEPTED)


def _place(request: Request, form: PlaceIn) -> Source:
    """Return the source that is named by slug, or by name and readers.

    :raises Http404: when the key may fill no source of this slug.
    :raises ValidationError: when the name cannot be used, or may not be shared by this key.
    """
    asked, shares = form.validated_data, may_share(request)
    if slug := asked.get("source"):
        sources = changeable_sources(request.user, may_share=shares, kind=Source.Kind.UPLOAD)
        found = sources.filter(slug=slug).first()
        if found is None:
            raise Http404
        return found
    audience = Audience(asked["audience"])
    try:
        return open_source(asked.get("source_name", ""), user=request.user, audience=audience, may_share=shares)
    except SourceUnreadable as exc:
        raise ValidationError({"source_name": str(exc)}) from exc
    except PermissionDenied as exc:
        raise ValidationError({"audience": _who_may(audience)}) from exc


def _who_may(audience: Audience) -> str:
    if audience is Audience.OWNER:
        return "This key belongs to no user, so it has no documents of its own: choose signed_in or everybody."
    return "Only staff, or a key of nobody with the scope library, may share documents: choose owner."


def _document(given: dict[str, Any], *, origin: str) -> RawDocument:
    content = given["content"]
    return RawDocument(
        uid=given["uid"],
        title=given["title"],
        content=content,
        lang=given.get("lang") or detect_language(content),
        origin=origin,
        url=given.get("url", ""),
        tags=tuple(given.get("tags", ())),
        dated_at=given.get("dated_at"),
        node_pubkey=given.get("node_pubkey", "").lower(),
        channel_id=given.get("channel_id", ""),
        media_type="application/json",
        metrics=given.get("metrics", {}),
    )
