"""Hosts, models, strategies, rollouts and keys for the administrator; ledgers to read only."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.admin import ModelAdmin

from models_registry.forms import StrategyForm
from models_registry.models import ApiKey, Exposure, Generation, LanguageModel, Provider, Rollout, Strategy
from models_registry.services import health, keys, warm


class ReadOnlyLedger(ModelAdmin):  # type: ignore[misc]  # unfold ships no types
    """Rows that are evidence: nobody adds, changes or deletes them here."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Provider)
class ProviderAdmin(ModelAdmin):  # type: ignore[misc]  # unfold ships no types
    list_display = ("name", "kind", "base_url", "is_enabled", "priority", "is_healthy", "health_note", "checked_at")
    list_filter = ("kind", "is_enabled")
    prepopulated_fields = {"slug": ("name",)}
    readonly_fields = ("is_healthy", "health_note", "version", "checked_at")
    actions = ("check_now",)

    @admin.action(description="Check now: health and models")
    def check_now(self, request: HttpRequest, queryset: QuerySet[Provider]) -> None:
        for report in health.check(tuple(queryset), at=timezone.now()):
            told = f"answers, {len(report.models or ())} models" if report.is_healthy else report.note
            level = messages.SUCCESS if report.is_healthy else messages.WARNING
            self.message_user(request, f"{report.slug}: {told}", level)


@admin.register(LanguageModel)
class LanguageModelAdmin(ModelAdmin):  # type: ignore[misc]  # unfold ships no types
    list_display = ("tag", "provider", "is_installed", "is_enabled", "parameter_size", "context_length", "seen_at")
    list_filter = ("provider", "is_installed", "is_enabled")
    list_select_related = ("provider",)
    search_fields = ("tag",)
    readonly_fields = (
        "provider",
        "tag",
        "digest",
        "size_bytes",
        "parameter_size",
        "quantization",
        "capabilities",
        "context_length",
        "is_installed",
        "seen_at",
    )
    actions = ("load_into_memory",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # a model is installed on its host and then found

    @admin.action(description="Load into the host's memory (a job)")
    def load_into_memory(self, request: HttpRequest, queryset: QuerySet[LanguageModel]) -> None:
        count = warm.enqueue(queryset.filter(is_installed=True))
        self.message_user(request, f"{count} loading jobs queued.")


@admin.register(Strategy)
class StrategyAdmin(ModelAdmin):  # type: ignore[misc]  # unfold ships no types
    form = StrategyForm
    list_display = ("query_type", "is_enabled", "first_models", "temperature", "num_ctx", "max_tokens")

    @admin.display(description="Models, first three")
    def first_models(self, row: Strategy) -> str:
        return ", ".join(str(name) for name in row.models_in_order[:3])


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


@admin.register(Generation)
class GenerationAdmin(ReadOnlyLedger):
    list_display = ("created_at", "purpose", "query_type", "model", "outcome", "error_code", "latency_ms")
    list_filter = ("outcome", "purpose", "query_type", "model")
    date_hierarchy = "created_at"


@admin.register(ApiKey)
class ApiKeyAdmin(ModelAdmin):  # type: ignore[misc]  # unfold ships no types
    list_display = ("name", "prefix", "user", "tier", "is_active", "created_at", "expires_at", "latest_used_at")
    list_filter = ("is_active", "tier")
    list_select_related = ("user",)
    fields = ("name", "user", "tier", "is_active", "expires_at", "prefix", "created_at", "latest_used_at")
    readonly_fields = ("prefix", "created_at", "latest_used_at")
    autocomplete_fields = ("user",)
    actions = ("revoke",)

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        """A new key is made by the service and shown in a message: the only time anybody sees it."""
        if change:
            super().save_model(request, obj, form, change)
            return
        new = keys.create(obj.name, user=obj.user, tier=obj.tier, expires_at=obj.expires_at)
        obj.pk, obj.prefix, obj.key_sha256 = new.row.pk, new.row.prefix, new.row.key_sha256
        self.message_user(request, f"Copy the key now, it cannot be shown again: {new.text}", messages.WARNING)

    @admin.action(description="Revoke: the key opens nothing from now on")
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        self.message_user(request, f"{keys.revoke(queryset)} keys revoked.")
