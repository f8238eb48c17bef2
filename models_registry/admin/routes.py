"""Where each purpose may be answered, and one step back."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from models_registry.models import ProviderKind, Route
from models_registry.services import routes


class RouteForm(forms.ModelForm):  # type: ignore[type-arg]  # Django's class takes no argument at run time
    """One purpose: the kinds of hosts that may answer it, and a model to ask first."""

    kinds = forms.MultipleChoiceField(
        choices=[(kind.value, kind.label.partition(" (")[0]) for kind in ProviderKind],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="OpenAI and Anthropic hosts may lie outside this house: what is asked then leaves it.",
    )

    class Meta:
        model = Route
        fields = ("purpose", "kinds", "model")


@admin.register(Route)
class RouteAdmin(ModelAdmin):  # type: ignore[misc]  # unfold ships no types
    form = RouteForm
    list_display = ("purpose", "allowed", "model", "before", "changed_at")
    readonly_fields = ("before", "epoch", "changed_at")
    fields = ("purpose", "kinds", "model", "before", "epoch", "changed_at")
    actions = ("roll_back",)

    def get_readonly_fields(self, request: HttpRequest, obj: Route | None = None) -> tuple[str, ...]:
        return ("purpose", *self.readonly_fields) if obj else self.readonly_fields

    def save_model(self, request: HttpRequest, obj: Route, form: Any, change: bool) -> None:
        """A change goes through the service, which remembers what it replaced."""
        if change:
            routes.change(obj.pk, kinds=obj.kinds, model=obj.model)
            return
        super().save_model(request, obj, form, change)

    @admin.display(description="Kinds of hosts")
    def allowed(self, row: Route) -> str:
        return ", ".join(row.kinds) or "none"

    @admin.display(description="Before the latest change")
    def before(self, row: Route) -> str:
        if not row.previous:
            return "-"
        kinds, model = row.previous.get("kinds", []), row.previous.get("model", "")
        return ", ".join(map(str, kinds)) + (f"; first {model}" if model else "")

    @admin.action(description="Roll back one step")
    def roll_back(self, request: HttpRequest, queryset: QuerySet[Route]) -> None:
        for row in queryset:
            if routes.roll_back(row.pk):
                self.message_user(request, f"{row}: as before the latest change. It acts on the next request.")
            else:
                self.message_user(request, f"{row}: there is nothing to go back to.", messages.WARNING)
