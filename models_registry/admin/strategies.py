"""How questions are answered, and by which model."""

from django.contrib import admin
from unfold.admin import ModelAdmin

from models_registry.forms import StrategyForm
from models_registry.models import Strategy


@admin.register(Strategy)
class StrategyAdmin(ModelAdmin):  # type: ignore[misc]  # unfold ships no types
    form = StrategyForm
    list_display = ("query_type", "is_enabled", "first_models", "temperature", "num_ctx", "max_tokens")

    @admin.display(description="Models, first three")
    def first_models(self, row: Strategy) -> str:
        return ", ".join(str(name) for name in row.models_in_order[:3])
