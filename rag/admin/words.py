"""Words that also mean other words, and the prompts."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from rag.models import GlossaryEntry, PromptRevision
from rag.services.prompts import activate


@admin.register(GlossaryEntry)
class GlossaryEntryAdmin(ModelAdmin):  # type: ignore[misc]  # unfold ships no types
    list_display = ("term", "lang", "expansion", "is_enabled")
    list_filter = ("lang", "is_enabled")
    list_editable = ("is_enabled",)
    search_fields = ("term", "expansion")


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
