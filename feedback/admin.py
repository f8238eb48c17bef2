"""Ledgers of the feedback floor: readable, never editable."""

from django.contrib import admin

from feedback.models import ImpactReport, Rating
from models_registry.admin import ReadOnlyLedger


@admin.register(Rating)
class RatingAdmin(ReadOnlyLedger):
    list_display = ("target", "target_id", "thumb", "reason", "rated_at")
    list_filter = ("target", "thumb")
    search_fields = ("target_id", "reason")


@admin.register(ImpactReport)
class ImpactReportAdmin(ReadOnlyLedger):
    list_display = ("recommendation", "days_after", "status", "effectiveness_score", "measured_at")
    list_filter = ("status", "days_after")
    list_select_related = ("recommendation",)
