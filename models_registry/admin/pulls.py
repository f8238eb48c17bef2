"""Downloads of models: ask for one, watch it, cancel it."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat, pluralize
from django.utils import timezone
from django.utils.html import format_html
from unfold.admin import ModelAdmin

from models_registry.models import Provider, ProviderKind, Pull, validate_full_tag
from models_registry.services import pull


class PullForm(forms.ModelForm):  # type: ignore[type-arg]  # Django's class takes no argument at run time
    """Which host is to download which model."""

    model = forms.CharField(
        label="Model",
        max_length=160,
        validators=[validate_full_tag],
        help_text="A full tag, such as llama3:8b-instruct. A name without one means another model every month.",
    )

    class Meta:
        model = Pull
        fields = ("provider", "model")

    def validate_unique(self) -> None:
        """Say nothing: who asks for what is under way gets that one."""


@admin.register(Pull)
class PullAdmin(ModelAdmin):  # type: ignore[misc]  # unfold ships no types
    form = PullForm
    list_display = ("model", "provider", "progress", "state", "status", "requested_at", "finished_at")
    list_filter = ("state", "provider")
    list_select_related = ("provider",)
    list_per_page = 50
    actions = ("cancel", "pull_again")

    class Media:
        js = ("js/admin_progress.js",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: Pull | None = None) -> tuple[str, ...]:
        if obj is None:
            return ("provider", "model")
        return ("provider", "model", "progress", "state", "status", "requested_at", "updated_at", "finished_at")

    def get_readonly_fields(self, request: HttpRequest, obj: Pull | None = None) -> tuple[str, ...]:
        return self.get_fields(request, obj) if obj else ()

    def formfield_for_foreignkey(self, field: Any, request: HttpRequest, **given: Any) -> Any:
        """Offer the hosts that can download."""
        given["queryset"] = Provider.objects.filter(kind=ProviderKind.OLLAMA, is_enabled=True)
        return super().formfield_for_foreignkey(field, request, **given)

    def save_model(self, request: HttpRequest, obj: Pull, form: Any, change: bool) -> None:
        """Ask the service: it joins a download of the same model that is under way."""
        row = pull.request(obj.provider, model=obj.model, at=timezone.now())
        obj.pk, obj.state, obj.status = row.pk, row.state, row.status

    @admin.display(description="Progress")
    def progress(self, row: Pull) -> str:
        percent, total = row.percent, row.total_bytes
        words = "-" if percent is None else f"{percent}\N{NO-BREAK SPACE}%"
        if total and row.is_under_way:
            words = f"{words} of {filesizeformat(total)}"
        bar = "" if percent is None else format_html('<progress max="100" value="{}"></progress> ', percent)
        live = "live" if row.is_under_way else "still"
        return format_html('<span data-progress="pull-{}" data-{}>{}{}</span>', row.pk, live, bar, words)

    @admin.action(description="Cancel: what has arrived stays on the host")
    def cancel(self, request: HttpRequest, queryset: QuerySet[Pull]) -> None:
        count = pull.cancel(list(queryset.values_list("pk", flat=True)), at=timezone.now())
        self.message_user(request, f"{count} download{pluralize(count)} canceled.")

    @admin.action(description="Pull again: go on where it ended")
    def pull_again(self, request: HttpRequest, queryset: QuerySet[Pull]) -> None:
        rows = queryset.exclude(state__in=Pull.UNDER_WAY).select_related("provider")
        wanted = {(row.provider_id, row.model): row for row in rows}.values()
        for row in wanted:
            pull.request(row.provider, model=row.model, at=timezone.now())
        self.message_user(request, f"{len(wanted)} download{pluralize(wanted)} queued.")
