"""Shares of units on a new engine."""

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from models_registry.admin.read_only import ReadOnlyLedger
from models_registry.models import Exposure, Rollout


@admin.register(Rollout)
class RolloutAdmin(ModelAdmin):  # type: ignore[misc]  # unfold ships no types
    list_display = ("name", "slug", "is_enabled", "share_percent", "changed_at")
    readonly_fields = ("changed_at",)

    def get_readonly_fields(self, request: HttpRequest, obj: Rollout | None = None) -> tuple[str, ...]:
        return ("slug", *self.readonly_fields) if obj else self.readonly_fields  # the slug is the salt


@admin.register(Exposure)
class ExposureAdmin(ReadOnlyLedger):
    list_display = ("rollout", "unit", "variant", "bucket", "share_percent", "first_at", "latest_at")
    list_filter = ("rollout", "variant")
    list_select_related = ("rollout",)
