"""Sources, their documents and passages."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.template.defaultfilters import pluralize
from django.utils import timezone
from unfold.admin import ModelAdmin

from models_registry.admin import ReadOnlyLedger
from rag.domain.errors import RagError
from rag.models import Chunk, Document, Source
from rag.services import intake
from rag.services.sources import remove_source


@admin.register(Source)
class SourceAdmin(ModelAdmin):  # type: ignore[misc]  # unfold ships no types
    """Who may read a source is enforced in every search: empty owner and not public means everybody who signed in."""

    list_display = ("name", "kind", "is_enabled", "is_public", "owner", "documents", "chunk_count", "ingested_at")
    list_filter = ("kind", "is_enabled", "is_public")
    list_select_related = ("owner",)
    search_fields = ("name", "slug")
    prepopulated_fields = {"slug": ("name",)}
    autocomplete_fields = ("owner",)
    readonly_fields = ("chunk_count", "revision", "ingested_at", "checked_at")
    actions = ("read_again",)
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Source]:
        rows: QuerySet[Source] = super().get_queryset(request)
        documents = Document.objects.filter(source=OuterRef("pk")).order_by().values("source")
        return rows.annotate(document_count=Coalesce(Subquery(documents.annotate(n=Count("pk")).values("n")), 0))

    @admin.display(description="Documents", ordering="document_count")
    def documents(self, row: Any) -> int:
        return int(row.document_count)

    @admin.action(description="Read again now: folders and web addresses")
    def read_again(self, request: HttpRequest, queryset: QuerySet[Source]) -> None:
        count = 0
        for source in queryset:
            try:
                intake.read_again(source, at=timezone.now(), user=request.user)
                count += 1
            except RagError as exc:
                self.message_user(request, str(exc), messages.WARNING)
        if count:
            self.message_user(request, f"{count} source{pluralize(count)} queued. Their progress is under Ingestions.")

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[Any]]:
        """Sum up instead of listing every passage."""
        chosen = list(objs)
        words = [f"{source.name}: its documents, passages, vectors, and what waits to be taken in" for source in chosen]
        documents = Document.objects.filter(source__in=chosen).count()
        refused = set() if self.has_delete_permission(request) else {"source"}
        return words, {"sources": len(chosen), "documents": documents}, refused, []

    def delete_model(self, request: HttpRequest, obj: Source) -> None:
        remove_source(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Source]) -> None:
        for source in queryset:
            remove_source(source)


@admin.register(Document)
class DocumentAdmin(ReadOnlyLedger):
    """Documents come and go with their source: what was deleted here would return with the next ingestion."""

    list_display = ("title", "source", "lang", "passages", "flags", "dated_at", "ingested_at")
    list_filter = ("source", "lang")
    list_select_related = ("source",)
    search_fields = ("title", "uid")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Document]:
        rows: QuerySet[Document] = super().get_queryset(request)
        return rows.annotate(chunk_count=Count("chunks"))

    @admin.display(description="Passages", ordering="chunk_count")
    def passages(self, row: Any) -> int:
        return int(row.chunk_count)


@admin.register(Chunk)
class ChunkAdmin(ReadOnlyLedger):
    list_display = ("breadcrumb", "document", "ordinal", "word_count", "lexeme_count")
    list_select_related = ("document",)
    search_fields = ("breadcrumb",)
