"""Shares of units on something new: what an administrator sets and moves, and the evidence, which nobody edits."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from unfold.admin import ModelAdmin, TabularInline
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminSelectWidget

from models_registry.admin.read_only import ReadOnlyLedger
from models_registry.domain.errors import RolloutMoveNotAllowed
from models_registry.domain.guardrail import GuardKind
from models_registry.domain.ramp import PRESETS, RampState
from models_registry.models import Exposure, Rollout, RolloutEvent, RolloutOutcome, ShadowRun, Tier, Variant
from models_registry.models.rollouts import usual_guards
from models_registry.queries.rollouts import unseen_alarms
from models_registry.services import ramp
from models_registry.services.ramp import Cause

OPEN_SHARE = frozenset({RampState.RUNNING.value, RampState.COMPLETED.value})


class RolloutForm(forms.ModelForm):  # type: ignore[type-arg]  # Django's class takes no argument at run time
    """One rollout; a preset fills its steps and gates."""

    preset = forms.ChoiceField(
        choices=[("", "as written below"), *((one.slug, one.name) for one in PRESETS.values())],
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text="Takes the place of the steps and gates below.",
    )
    guards = forms.MultipleChoiceField(
        choices=[(kind.value, kind.value.replace("_", " ")) for kind in GuardKind],
        required=False,
        initial=usual_guards,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="Latency means: slower than the old arm by more than a fifth. Leave it out where rules answer there.",
    )
    always_tiers = forms.MultipleChoiceField(required=False, widget=UnfoldAdminCheckboxSelectMultipleWidget)
    never_tiers = forms.MultipleChoiceField(required=False, widget=UnfoldAdminCheckboxSelectMultipleWidget)

    class Meta:
        model = Rollout
        fields = ("slug", "name", "purpose", "is_enabled", "share_percent", "steps", "gate_days", "gate_units")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        tiers = [(slug, slug) for slug in Tier.objects.values_list("slug", flat=True)]
        for name in ("always_tiers", "never_tiers"):
            if name in self.fields:
                self.fields[name].choices = tiers  # type: ignore[attr-defined]  # it is a choice field, made above

    def clean(self) -> dict[str, Any]:
        """Let the preset speak."""
        said: dict[str, Any] = super().clean() or {}
        preset = PRESETS.get(said.get("preset", ""))
        if preset:
            said |= {"steps": list(preset.steps), "gate_days": preset.gate_days, "gate_units": preset.gate_units}
        return said


class VariantInline(TabularInline):  # type: ignore[misc]  # unfold ships no types
    """The arms. They are fixed once units have met them, or nobody could tell what was compared."""

    model = Variant
    extra = 0

    def _is_open(self, obj: Rollout | None) -> bool:
        return obj is None or obj.state == RampState.DRAFT

    def has_add_permission(self, request: HttpRequest, obj: Rollout | None = None) -> bool:
        return self._is_open(obj) and super().has_add_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Rollout | None = None) -> bool:
        return self._is_open(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Rollout | None = None) -> bool:
        return self._is_open(obj) and super().has_delete_permission(request, obj)


@admin.register(Rollout)
class RolloutAdmin(ModelAdmin):  # type: ignore[misc]  # unfold ships no types
    form = RolloutForm
    inlines = (VariantInline,)
    list_display = ("name", "slug", "purpose", "state", "is_enabled", "share_percent", "page", "changed_at")
    readonly_fields = ("state", "run", "step_since", "shadow_since", "page", "changed_at")
    actions = ("start", "step", "hold", "resume", "roll_back", "see")
    fieldsets = (
        (None, {"fields": ("slug", "name", "purpose", "is_enabled", "state", "share_percent", "page")}),
        ("Growth", {"fields": ("preset", "steps", "gate_days", "gate_units", "is_automatic")}),
        ("Watched for", {"fields": ("guards",)}),
        ("Tiers", {"fields": ("always_tiers", "never_tiers")}),
        ("In the shadow", {"fields": ("shadow_days", "shadow_since")}),
        (None, {"fields": ("note", "run", "step_since", "changed_at")}),
    )
    add_fieldsets = (  # a new one is a draft: it has no share, no page and no history yet
        (None, {"fields": ("slug", "name", "purpose", "is_enabled")}),
        *fieldsets[1:-1],
        (None, {"fields": ("note",)}),
    )

    def get_fieldsets(self, request: HttpRequest, obj: Rollout | None = None) -> Any:
        return self.fieldsets if obj else self.add_fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: Rollout | None = None) -> tuple[str, ...]:
        if obj is None:
            return (*self.readonly_fields, "share_percent")
        fixed = ("slug", "purpose", *self.readonly_fields)  # the slug is the salt
        return fixed if obj.state in OPEN_SHARE else (*fixed, "share_percent")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Say first what happened by itself."""
        for event in unseen_alarms():
            messages.warning(request, f"{event.rollout}: {event.why}")
        page: HttpResponse = super().changelist_view(request, extra_context)
        return page

    def save_model(self, request: HttpRequest, obj: Rollout, form: Any, change: bool) -> None:
        """Keep what was edited; a new share goes through the service, which writes down who changed it."""
        if obj.shadow_days and obj.shadow_since is None:
            obj.shadow_since = timezone.now()
        if not change:
            obj.state, obj.share_percent = RampState.DRAFT.value, obj.steps[0]
            super().save_model(request, obj, form, change)
            return
        share = obj.share_percent
        kept = [field.name for field in obj._meta.concrete_fields if field.name in form.cleaned_data]
        obj.save(update_fields=[*(name for name in kept if name != "share_percent"), "shadow_since", "changed_at"])
        if "share_percent" in form.changed_data:
            ramp.set_share(obj.pk, share_percent=share, cause=_by(request, "Set by hand."))

    @admin.display(description="Evidence")
    def page(self, row: Rollout) -> str:
        if not row.pk:
            return "-"
        return format_html('<a href="{}">Open its page</a>', reverse("models_registry:rollout", args=[row.slug]))

    @admin.action(description="Start: give it to the first share")
    def start(self, request: HttpRequest, queryset: QuerySet[Rollout]) -> None:
        self._move(request, queryset, lambda row: ramp.start(row.pk, cause=_by(request, "Started.")))

    @admin.action(description="Open the next step, past its gates")
    def step(self, request: HttpRequest, queryset: QuerySet[Rollout]) -> None:
        cause = _by(request, "Opened by hand, past the gates.")
        self._move(request, queryset, lambda row: ramp.step(row.pk, cause=cause, is_override=True))

    @admin.action(description="Hold: leave the share as it is")
    def hold(self, request: HttpRequest, queryset: QuerySet[Rollout]) -> None:
        self._move(request, queryset, lambda row: ramp.hold(row.pk, cause=_by(request, "Held.")))

    @admin.action(description="Resume, with new evidence")
    def resume(self, request: HttpRequest, queryset: QuerySet[Rollout]) -> None:
        self._move(request, queryset, lambda row: ramp.resume(row.pk, cause=_by(request, "Resumed.")))

    @admin.action(description="Roll back: nobody gets it from now on")
    def roll_back(self, request: HttpRequest, queryset: QuerySet[Rollout]) -> None:
        self._move(request, queryset, lambda row: ramp.roll_back(row.pk, cause=_by(request, "Rolled back by hand.")))

    @admin.action(description="Mark its alarms as seen")
    def see(self, request: HttpRequest, queryset: QuerySet[Rollout]) -> None:
        for row in queryset:
            ramp.see(user_id=int(request.user.pk or 0), at=timezone.now(), rollout=row.slug)

    def _move(self, request: HttpRequest, queryset: QuerySet[Rollout], move: Callable[[Rollout], RolloutEvent]) -> None:
        for row in queryset:
            try:
                event = move(row)
                state = event.to_state.replace("_", " ")
                self.message_user(
                    request, f"{row}: {state}, {float(event.share_after):g} %. It acts on the next request."
                )
            except RolloutMoveNotAllowed as exc:
                self.message_user(request, f"{row}: {exc}", messages.WARNING)


def _by(request: HttpRequest, why: str) -> Cause:
    return Cause(request.user.get_username(), why, timezone.now())


@admin.register(Exposure)
class ExposureAdmin(ReadOnlyLedger):
    list_display = ("rollout", "unit", "variant", "bucket", "share_percent", "is_targeted", "first_at", "latest_at")
    list_filter = ("rollout", "variant")
    list_select_related = ("rollout",)


@admin.register(RolloutEvent)
class RolloutEventAdmin(ReadOnlyLedger):
    list_display = ("at", "rollout", "move", "from_state", "to_state", "share_before", "share_after", "who", "why")
    list_filter = ("rollout", "move", "is_alarm")
    list_select_related = ("rollout",)


@admin.register(RolloutOutcome)
class RolloutOutcomeAdmin(ReadOnlyLedger):
    list_display = ("at", "rollout", "run", "kind", "unit", "variant", "share_percent", "value", "position")
    list_filter = ("rollout", "kind", "variant")
    list_select_related = ("rollout",)


@admin.register(ShadowRun)
class ShadowRunAdmin(ReadOnlyLedger):
    list_display = ("asked_at", "rollout", "variant", "state", "reason", "ended_at")
    list_filter = ("rollout", "variant", "state")
    list_select_related = ("rollout",)
