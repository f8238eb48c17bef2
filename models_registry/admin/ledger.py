"""What was generated, to read only."""

from django.contrib import admin

from models_registry.admin.read_only import ReadOnlyLedger
from models_registry.models import Generation


@admin.register(Generation)
class GenerationAdmin(ReadOnlyLedger):
    list_display = ("created_at", "purpose", "query_type", "model", "outcome", "error_code", "latency_ms")
    list_filter = ("outcome", "purpose", "query_type", "model")
    date_hierarchy = "created_at"
