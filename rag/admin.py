"""Sources, documents, glossary and prompts for the administrator; passages, spaces and answers to read only."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from models_registry.admin import ReadOnlyLedger
from rag.models import Answer, Chunk, Document, GlossaryEntry, IndexVersion, LibraryPolicy, PromptRevision, Source
from rag.services.prompts import activate


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


@admin.register(GlossaryEntry)
class GlossaryEntryAdmin(ModelAdmin):  # type: ignore[misc]  # unfold ships no types
    list_display = ("term", "lang", "expansion", "is_enabled")
    list_filter = ("lang", "is_enabled")
    list_editable = ("is_enabled",)
    search_fields = ("term", "expansion")


@admin.register(LibraryPolicy)
class LibraryPolicyAdmin(ModelAdmin):  # type: ignore[misc]  # unfold ships no types
    """One row: it can be changed, and made where none was loaded."""

    list_display = ("__str__", "top_k", "confidence_threshold", "answer_ttl_s")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(super().has_add_permission(request)) and not LibraryPolicy.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(PromptRevision)
class PromptRevisionAdmin(ModelAdmin):  # type: ignore[misc]  # unfold ships no types
    """Append-only: other words are another revision, so that every answer can name the words it came from."""

    list_display = ("purpose", "lang", "is_active", "note", "created_at")
    list_filter = ("purpose", "lang", "is_active")
    fields = ("purpose", "lang", "text", "note", "is_active", "created_at")
    actions = ("activate_revision",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        always = ("is_active", "created_at")
        return always if obj is None else ("purpose", "lang", "text", *always)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.action(description="Activate")
    def activate_revision(self, request: HttpRequest, queryset: QuerySet[PromptRevision]) -> None:
        chosen = list(queryset)
        if len({(row.purpose, row.lang) for row in chosen}) < len(chosen):
            self.message_user(request, "Choose one revision per purpose and language.", messages.ERROR)
            return
        for row in chosen:
            activate(row)
        self.message_user(request, f"Active from the next request: {', '.join(map(str, chosen))}.")


@admin.register(Answer)
class AnswerAdmin(ReadOnlyLedger):
    list_display = (
        "question",
        "asked_at",
        "outcome",
        "query_type",
        "model",
        "confidence",
        "is_cached",
        "processing_ms",
    )
    list_filter = ("outcome", "query_type", "lang", "is_cached", "is_degraded", "is_abstention")
    search_fields = ("question",)
    date_hierarchy = "asked_at"


@admin.register(IndexVersion)
class IndexVersionAdmin(ReadOnlyLedger):
    list_display = ("slug", "model", "dimension", "version", "is_active", "vectors", "created_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[IndexVersion]:
        rows: QuerySet[IndexVersion] = super().get_queryset(request)
        return rows.annotate(vector_count=Count("embeddings"))

    @admin.display(description="Vectors", ordering="vector_count")
    def vectors(self, row: Any) -> int:
        return int(row.vector_count)
