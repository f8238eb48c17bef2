"""Thresholds and weights of the rules, runs of advice, and the life of each recommendation."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from recommendations import models
from recommendations.admin.tables import Ledger, Listed
from recommendations.services import thresholds, weights

WEIGHT_NAMES = tuple(weights.SHIPPED)


class ThresholdForm(forms.ModelForm[models.Threshold]):
    """No rule knows what to make of a number below zero."""

    def clean_value(self) -> float:
        value = float(self.cleaned_data["value"])
        if value < 0:
            raise forms.ValidationError("Not below 0.")
        return value


@admin.register(models.Threshold)
class ThresholdAdmin(Listed):
    """Every number of every rule. A change acts on the next request; rows come from the rules."""

    form = ThresholdForm
    list_display = ("rule", "name", "value", "unit", "shipped", "help_text")
    list_display_links = ("name",)
    list_editable = ("value",)
    list_filter = ("rule",)
    list_per_page = 200
    search_fields = ("rule", "name", "help_text")
    fields = ("rule", "name", "value", "unit", "help_text", "shipped")
    readonly_fields = ("rule", "name", "unit", "help_text", "shipped")
    actions = ("reset_to_default",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> type[ThresholdForm]:
        return ThresholdForm

    @admin.display(description="Shipped")
    def shipped(self, row: models.Threshold) -> str:
        value = row.seed.get("value")
        return "unknown" if value is None else f"{value:g}"

    @admin.action(description="Reset to the shipped value", permissions=("change",))
    def reset_to_default(self, request: HttpRequest, queryset: QuerySet[models.Threshold]) -> None:
        self.message_user(request, f"{thresholds.reset(queryset)} thresholds changed back.")


class WeightRevisionForm(forms.ModelForm[models.WeightRevision]):
    """A score divides by the sum of the weights, and a weight below zero would reward what it measures against."""

    def clean(self) -> dict[str, Any]:
        words: dict[str, Any] = super().clean() or {}
        given = [words[name] for name in WEIGHT_NAMES if words.get(name) is not None]
        if any(value < 0 for value in given):
            raise forms.ValidationError("No weight may be below 0.")
        if len(given) == len(WEIGHT_NAMES) and sum(given) <= 0:
            raise forms.ValidationError("At least one weight must be above 0.")
        return words


@admin.register(models.WeightRevision)
class WeightRevisionAdmin(Listed):
    """Append-only: add a revision, then activate it. It acts on the next request."""

    form = WeightRevisionForm
    list_display = ("created_at", "is_active", *WEIGHT_NAMES, "note")
    fields = (*WEIGHT_NAMES, "note")
    actions = ("activate",)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    @admin.action(description="Activate", permissions=("add",))
    def activate(self, request: HttpRequest, queryset: QuerySet[models.WeightRevision]) -> None:
        if len(queryset) != 1:
            self.message_user(request, "Choose exactly one revision.", messages.WARNING)
            return
        weights.activate(queryset[0])
        self.message_user(request, f"{queryset[0]} decide the order of advice from now on.")


@admin.register(models.TrackRecord)
class TrackRecordAdmin(Ledger):
    """What measured outcomes say of each category; they move what is expected of its advice."""

    list_display = ("category", "factor", "outcomes", "measured_at")


@admin.register(models.RecommendationRun)
class RecommendationRunAdmin(Ledger):
    list_display = (
        *("started_at", "node", "engine", "analysis_type", "outcome", "is_degraded", "model"),
        *("quality_score", "processing_ms", "user"),
    )
    list_filter = ("engine", "outcome", "is_degraded", "analysis_type")
    list_select_related = ("node", "user")
    search_fields = ("node__pubkey__startswith", "node__alias")
    date_hierarchy = "started_at"


@admin.register(models.Recommendation)
class RecommendationAdmin(Ledger):
    list_display = ("tracking_id", "title", "node", "rule", "priority", "score", "state", "generated_at", "actor")
    list_filter = ("state", "priority", "category", "rule")
    list_select_related = ("node",)
    search_fields = ("tracking_id", "node__pubkey__startswith", "node__alias", "title")
    date_hierarchy = "generated_at"
