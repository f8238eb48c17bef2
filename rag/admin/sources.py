"""Sources, their documents and passages."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from models_registry.admin import ReadOnlyLedger
from rag.models import Chunk, Document, Source


@admin.register(Source)
class SourceAdmin(ModelAdmin):  # type: ignore[misc]  # unfold ships no types
    list_display = ("name", "kind", "is_enabled", "is_public", "owner", "documents", "chunk_count", "ingested_at")
    list_filter = ("kind", "is_enabled", "is_public")
    list_select_related = ("owner",)
    prepopulated_fields = {"slug": ("name",)}
    readonly_fields = ("chunk_count", "revision", "ingested_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Source]:
        rows: QuerySet[Source] = super().get_queryset(request)
        return rows.annotate(document_count=Count("documents"))

    @admin.display(description="Documents", ordering="document_count")
    def documents(self, row: Any) -> int:
        return int(row.document_count)


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
