"""What operators' own nodes told us."""

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from recommendations import models
from recommendations.admin.tables import Ledger, Listed
from recommendations.domain.readings import CostKind
from recommendations.services import connect, sync_node
from recommendations.services.disconnect import disconnect


@admin.register(models.NodeConnection)
class NodeConnectionAdmin(Listed):
    """Operators connect their nodes themselves; where a credential is sent is never changed here."""

    list_display = ("node", "kind", "owner", "state", "measured_at", "tried_at", "failures_in_row", "is_paused")
    list_filter = ("kind", "state", "is_paused")
    list_select_related = ("node", "owner")
    search_fields = ("node__pubkey__startswith", "node__alias", "owner__username")
    fields = (
        *("node", "owner", "kind", "implementation", "address", "version", "state", "message", "failures_in_row"),
        *("is_paused", "refresh_every_min", "graph_every_h", "graph_read_at"),
        *("measured_at", "tried_at", "listened_at", "forwards_from", "failures_from", "costs_from"),
        *("uptime_ratio", "monitored_days", "success_rate"),
    )
    editable = frozenset(("implementation", "is_paused", "refresh_every_min", "graph_every_h"))
    actions = ("sync_now", "pause", "resume")

    def get_readonly_fields(self, request: HttpRequest, obj: models.NodeConnection | None = None) -> tuple[str, ...]:
        return tuple(name for name in self.fields if name not in self.editable)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def delete_model(self, request: HttpRequest, obj: models.NodeConnection) -> None:
        disconnect(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[models.NodeConnection]) -> None:
        for row in queryset:
            disconnect(row)

    @admin.action(description="Sync now", permissions=("change",))
    def sync_now(self, request: HttpRequest, queryset: QuerySet[models.NodeConnection]) -> None:
        live = [row for row in queryset if row.is_live]
        for row in live:
            sync_node.ask_for(row, at=timezone.now())
        self.message_user(request, f"{len(live)} nodes wait to be read.")

    @admin.action(description="Pause", permissions=("change",))
    def pause(self, request: HttpRequest, queryset: QuerySet[models.NodeConnection]) -> None:
        self._pause(request, queryset, is_paused=True)

    @admin.action(description="Resume", permissions=("change",))
    def resume(self, request: HttpRequest, queryset: QuerySet[models.NodeConnection]) -> None:
        self._pause(request, queryset, is_paused=False)

    def _pause(self, request: HttpRequest, queryset: QuerySet[models.NodeConnection], *, is_paused: bool) -> None:
        live = [row for row in queryset if row.is_live]
        for row in live:
            connect.pause(row, is_paused=is_paused)
        self.message_user(request, f"{len(live)} nodes are {'paused' if is_paused else 'read again'}.")


@admin.register(models.PrivateChannel)
class PrivateChannelAdmin(Ledger):
    list_display = (
        *("scid", "of_node", "local_sat", "remote_sat", "is_active", "is_initiator"),
        *("peer_uptime_ratio", "measured_at"),
    )
    list_filter = ("is_active", "is_initiator")
    list_select_related = ("connection__node",)
    search_fields = ("scid__startswith", "peer_pubkey__startswith", "connection__node__alias")
    ordering = ("scid",)

    @admin.display(description="Node")
    def of_node(self, row: models.PrivateChannel) -> str:
        return str(row.connection.node)


@admin.register(models.Forward)
class ForwardAdmin(Ledger):
    list_display = ("at", "of_node", "incoming_scid", "outgoing_scid", "amount_out_msat", "fee_msat")
    list_select_related = ("connection__node",)
    search_fields = ("incoming_scid__startswith", "outgoing_scid__startswith")
    date_hierarchy = "at"
    ordering = ("-at",)

    @admin.display(description="Node")
    def of_node(self, row: models.Forward) -> str:
        return str(row.connection.node)


@admin.register(models.FailedForward)
class FailedForwardAdmin(Ledger):
    list_display = ("at", "connection", "incoming_scid", "outgoing_scid", "amount_msat", "failed_at", "reason")
    list_filter = ("failed_at",)
    list_select_related = ("connection",)
    search_fields = ("incoming_scid__startswith", "outgoing_scid__startswith")
    ordering = ("-at",)


@admin.register(models.ChannelCost)
class ChannelCostAdmin(Ledger):
    list_display = ("at", "connection", "kind", "scid", "cost_msat", "amount_msat")
    list_filter = ("kind",)
    list_select_related = ("connection",)
    search_fields = ("scid__startswith",)
    ordering = ("-at",)


@admin.register(models.ClosedChannel)
class ClosedChannelAdmin(Ledger):
    """A time that no closing's cost bears out was reckoned from the height of its block: ten minutes each."""

    list_display = ("scid", "connection", "capacity_sat", "settled_sat", "closed_by", "closed", "seen_at")
    list_filter = ("closed_by",)
    list_select_related = ("connection",)
    search_fields = ("scid__startswith", "peer_pubkey__startswith")
    ordering = ("-seen_at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[models.ClosedChannel]:
        booked = models.ChannelCost.objects.filter(
            connection=OuterRef("connection"), scid=OuterRef("scid"), kind=CostKind.CLOSE
        )
        rows: QuerySet[models.ClosedChannel] = super().get_queryset(request)
        return rows.annotate(is_booked=Exists(booked))

    @admin.display(description="closed at", ordering="closed_at")
    def closed(self, row: models.ClosedChannel) -> str | None:
        if row.closed_at is None:
            return None
        words = f"{row.closed_at:%Y-%m-%d %H:%M}"
        return words if getattr(row, "is_booked", False) else f"about {words} (estimated)"


@admin.register(models.UptimeDay)
class UptimeDayAdmin(Ledger):
    list_display = ("day", "connection", "scid", "online", "readings")
    list_select_related = ("connection",)
    search_fields = ("scid__startswith",)
    ordering = ("-day", "scid")
