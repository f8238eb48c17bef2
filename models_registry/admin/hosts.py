"""Hosts and the models they hold."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.admin import ModelAdmin

from models_registry.models import LanguageModel, Provider
from models_registry.services import health, warm


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
