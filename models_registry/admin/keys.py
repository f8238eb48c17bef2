"""The keys of programs. A key is shown once."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from models_registry.forms import ApiKeyForm
from models_registry.models import ApiKey
from models_registry.services import keys


@admin.register(ApiKey)
class ApiKeyAdmin(ModelAdmin):  # type: ignore[misc]  # unfold ships no types
    form = ApiKeyForm
    list_display = ("name", "prefix", "user", "tier", "opens", "is_active", "expires_at", "latest_used_at")
    list_filter = ("is_active", "tier")
    list_select_related = ("user",)
    readonly_fields = ("prefix", "created_at", "latest_used_at")
    fields = (*ApiKeyForm.Meta.fields, *readonly_fields)
    autocomplete_fields = ("user",)
    actions = ("revoke",)

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        """A new key is made by the service and shown in a message: the only time anybody sees it."""
        if change:
            super().save_model(request, obj, form, change)
            return
        new = keys.create(
            obj.name,
            user=obj.user,
            tier=obj.tier,
            expires_at=obj.expires_at,
            scopes=obj.scopes,
            requests_per_minute=obj.requests_per_minute,
            requests_per_hour=obj.requests_per_hour,
        )
        obj.pk, obj.prefix, obj.key_sha256 = new.row.pk, new.row.prefix, new.row.key_sha256
        self.message_user(request, f"Copy the key now, it cannot be shown again: {new.text}", messages.WARNING)

    @admin.display(description="Opens")
    def opens(self, row: ApiKey) -> str:
        return ", ".join(row.scopes) or "everything"

    @admin.action(description="Revoke: the key opens nothing from now on")
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        self.message_user(request, f"{keys.revoke(queryset)} keys revoked.")
