"""Breakers: which services are left alone, since when and why; reset and open them by hand."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display

from models_registry.domain.breaker import BreakerState
from models_registry.domain.breaker_stats import Health
from models_registry.models import Breaker, BreakerChange
from models_registry.services import breakers

HELD = "The breaker of PostgreSQL is held in the memory of each process: only its limits can be changed here."
STATE_COLORS = {
    BreakerState.CLOSED.value: "success",
    BreakerState.HALF_OPEN.value: "warning",
    BreakerState.OPEN.value: "danger",
}
HEALTH_COLORS = {Health.HEALTHY.value: "success", Health.DEGRADED.value: "warning", Health.UNAVAILABLE.value: "danger"}


class ChangeInline(TabularInline):  # type: ignore[misc]  # unfold ships no types
    """The latest hundred changes of state."""

    model = BreakerChange
    fields = readonly_fields = ("at", "from_state", "to_state", "reason")
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Breaker)
class BreakerAdmin(ModelAdmin):  # type: ignore[misc]  # unfold ships no types
    list_display = ("name", "state_badge", "health_badge", "rate", "total_calls", "total_rejected", "latest_failure")
    list_filter = ("state", "service")
    search_fields = ("name",)
    inlines = (ChangeInline,)
    actions = ("reset", "force_open")
    readonly_fields = (
        "name",
        "service",
        "state",
        "is_forced",
        "opened_at",
        "rate",
        "total_calls",
        "total_successes",
        "total_failures",
        "total_rejected",
        "latest_success_at",
        "latest_failure_at",
        "latest_failure",
    )
    fields = ("failure_threshold", "recovery_s", "success_threshold", *readonly_fields)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # a breaker appears when its service is first asked

    def save_model(self, request: HttpRequest, obj: Breaker, form: Any, change: bool) -> None:
        """Write the limits only: the state may have moved while the form was open."""
        obj.save(update_fields=form.changed_data)

    @display(description="State", label=STATE_COLORS)  # type: ignore[untyped-decorator]  # unfold ships no types
    def state_badge(self, row: Breaker) -> str:
        return row.state

    @display(description="Service", label=HEALTH_COLORS)  # type: ignore[untyped-decorator]  # likewise
    def health_badge(self, row: Breaker) -> str:
        return row.health(at=timezone.now()).value

    @display(description="Answered, last hour")  # type: ignore[untyped-decorator]  # likewise
    def rate(self, row: Breaker) -> str:
        share = row.success_rate(at=timezone.now())
        return "no calls" if share is None else f"{share:.1%}"

    @admin.action(description="Reset: close it and begin its counts anew")
    def reset(self, request: HttpRequest, queryset: QuerySet[Breaker]) -> None:
        count = breakers.reset(queryset, by=request.user.get_username(), at=timezone.now())
        self._tell(request, f"{count} reset.", is_whole=count == queryset.count())

    @admin.action(description="Open: leave the service alone until it is reset")
    def force_open(self, request: HttpRequest, queryset: QuerySet[Breaker]) -> None:
        count = breakers.force_open(queryset, by=request.user.get_username(), at=timezone.now())
        self._tell(request, f"{count} opened.", is_whole=count == queryset.count())

    def _tell(self, request: HttpRequest, text: str, *, is_whole: bool) -> None:
        self.message_user(request, text if is_whole else f"{text} {HELD}")
