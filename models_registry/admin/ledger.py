"""What was generated, to read only."""

from django.contrib import admin

from models_registry.admin.read_only import ReadOnlyLedger
from models_registry.models import Generation


@admin.register(Generation)
class GenerationAdmin(ReadOnlyLedger):
    list_display = (
        *("created_at", "purpose", "query_type", "selected_model", "model", "model_tier", "outcome", "error_code"),
        *("latency_ms", "prompt_tokens", "generated_tokens", "cost_usd", "complexity"),
    )
    list_filter = ("outcome", "purpose", "query_type", "model_tier", "model")
    date_hierarchy = "created_at"
