"""The feedback floor for the administrator: how it measures, and ledgers that nobody edits."""

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from feedback.models import Calibration, CategoryEffect, FeedbackPolicy, ImpactReport, Rating
from models_registry.admin import ReadOnlyLedger


@admin.register(Rating)
class RatingAdmin(ReadOnlyLedger):
    list_display = ("target", "target_id", "thumb", "reason", "rated_at")
    list_filter = ("target", "thumb")
    search_fields = ("target_id", "reason")


@admin.register(ImpactReport)
class ImpactReportAdmin(ReadOnlyLedger):
    list_display = ("recommendation", "days_after", "status", "verdict", "effectiveness_score", "measured_at")
    list_filter = ("verdict", "status", "days_after")
    list_select_related = ("recommendation",)


@admin.register(CategoryEffect)
class CategoryEffectAdmin(ReadOnlyLedger):
    list_display = ("category", "days_after", "count", "verdict", "effect", "low", "high", "expected_effectiveness")
    list_filter = ("days_after", "verdict")


@admin.register(Calibration)
class CalibrationAdmin(ReadOnlyLedger):
    list_display = ("connection", "days_after", "windows", "flagged", "plain_flagged", "dispersion", "measured_at")
    list_select_related = ("connection",)


@admin.register(FeedbackPolicy)
class FeedbackPolicyAdmin(ModelAdmin):  # type: ignore[misc]  # unfold ships no types
    """One row; a change acts on the next job."""

    list_display = (
        *("__str__", "is_enabled", "measure_after_days", "follow_up_days", "detects_applied"),
        "may_activate_weights",
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
