"""The documents of the library for programs: list, read, remove (SE-01)."""

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from models_registry.domain.scopes import Scope
from rag.api.bodies import DocumentOut, DocumentsOut, ListIn
from rag.api.parsing import may_share
from rag.queries.library import changeable_document, document_page, library_page
from rag.queries.sources import source_of
from rag.services import intake as intakes


class DocumentsView(APIView):
    scope = Scope.RAG

    @extend_schema(parameters=[ListIn], responses=DocumentsOut, tags=["rag"], operation_id="rag_documents")
    def get(self, request: Request) -> Response:
        """List the documents that the key may read, by title and without their texts."""
        form = ListIn(data=request.query_params)
        form.is_valid(raise_exception=True)
        asked = form.validated_data
        source = source_of(request.user, slug=asked["source"]) if "source" in asked else None
        if "source" in asked and source is None:
            raise Http404
        page = library_page(
            request.user,
            search=asked.get("q", ""),
            source=source,
            lang=asked.get("lang", ""),
            number=asked["page"],
            size=asked["page_size"],
        )
        told = {"count": page.paginator.count, "page": page.number, "pages": page.paginator.num_pages}
        return Response(DocumentsOut({**told, "documents": page.object_list}).data)


class DocumentView(APIView):
    @property
    def scope(self) -> Scope:
        """Reading and removing are different rights."""
        return Scope.LIBRARY if self.request.method == "DELETE" else Scope.RAG

    @extend_schema(responses=DocumentOut, tags=["rag"], operation_id="rag_document")
    def get(self, request: Request, key: int) -> Response:
        """Return one document with its text."""
        found = document_page(request.user, document_id=key)
        if found is None:
            raise Http404
        return Response(DocumentOut(found).data)

    @extend_schema(responses={204: None}, tags=["rag"], operation_id="rag_document_delete")
    def delete(self, request: Request, key: int) -> Response:
        """Remove a document of a source that the key may fill."""
        found = changeable_document(request.user, document_id=key, may_share=may_share(request))
        if found is None:
            raise Http404
        intakes.remove_document(found, at=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)
