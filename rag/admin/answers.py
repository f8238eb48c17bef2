"""Answers and the questions that are answered in advance."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from models_registry.admin import ReadOnlyLedger
from rag.models import Answer, CommonQuestion
from rag.services import cache


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


@admin.register(CommonQuestion)
class CommonQuestionAdmin(ModelAdmin):  # type: ignore[misc]  # unfold ships no types
    """Answered in advance by the timetable, for whoever may read nothing but public documents."""

    list_display = ("text", "lang", "is_enabled")
    list_filter = ("lang", "is_enabled")
    list_editable = ("is_enabled",)
    search_fields = ("text",)
    actions = ("forget_kept",)

    @admin.action(description="Forget every kept answer and passage")
    def forget_kept(self, request: HttpRequest, chosen: QuerySet[CommonQuestion]) -> None:
        """Empty the cache of answers, whichever rows are chosen."""
        forgotten = cache.purge()
        messages.success(request, f"Forgotten: {forgotten} answers, and every passage found.")
