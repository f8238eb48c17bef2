"""Ledgers of the feedback floor: readable, never editable."""

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from feedback.models import ImpactReport, Rating


class Ledger(ModelAdmin):  # type: ignore[misc]  # unfold ships no types
    """Rows that record what happened; nobody edits the past."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object | None = None) -> bool:
        return False


@admin.register(Rating)
class RatingAdmin(Ledger):
    list_display = ("target", "target_id", "thumb", "reason", "rated_at")
    list_filter = ("target", "thumb")
    search_fields = ("target_id", "reason")


@admin.register(ImpactReport)
class ImpactReportAdmin(Ledger):
    list_display = ("recommendation", "days_after", "status", "effectiveness_score", "measured_at")
    list_filter = ("status", "days_after")
    list_select_related = ("recommendation",)
