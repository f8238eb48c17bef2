"""Answers, to read only."""

from django.contrib import admin

from models_registry.admin import ReadOnlyLedger
from rag.models import Answer


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
