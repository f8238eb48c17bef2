"""Networks and what stands in them."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from recommendations import models
from recommendations.admin.tables import Ledger, Listed
from recommendations.domain.errors import NetworkNotFound
from recommendations.services import bulk
from recommendations.services.default_network import make_default
from recommendations.services.remove_network import remove_network


@admin.register(models.Network)
class NetworkAdmin(Listed):
    """Networks come with an import and go as a whole, with all that belongs to them."""

    list_display = ("name", "slug", "is_default", "is_synthetic")
    readonly_fields = ("slug", "is_default", "is_synthetic")
    actions = ("use_by_default", "advise_all_nodes")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @admin.action(description="Use by default in search and pages", permissions=("change",))
    def use_by_default(self, request: HttpRequest, queryset: QuerySet[models.Network]) -> None:
        if len(queryset) != 1:
            self.message_user(request, "Choose exactly one network.", messages.WARNING)
            return
        make_default(queryset[0])
        self.message_user(request, f"{queryset[0].name} is the default network now.")

    @admin.action(description="Advise all nodes (rules only)", permissions=("change",))
    def advise_all_nodes(self, request: HttpRequest, queryset: QuerySet[models.Network]) -> None:
        for network in queryset:
            self.message_user(request, _queued(network))

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[Any]]:
        """Sum up instead of listing a hundred thousand rows."""
        chosen = list(objs)
        nodes = models.Node.objects.filter(network__in=chosen).count()
        words = [f"{network.name}: its graph, history, private data and advice" for network in chosen]
        refused = set() if self.has_delete_permission(request) else {"network"}
        return words, {"networks": len(chosen), "nodes": nodes}, refused, []

    def delete_model(self, request: HttpRequest, obj: models.Network) -> None:
        remove_network(obj.slug)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[models.Network]) -> None:
        for network in queryset:
            remove_network(network.slug)


def _queued(network: models.Network) -> str:
    try:
        is_new = bulk.enqueue(network, at=timezone.now())
    except NetworkNotFound:
        return f"{network.name} has no graph yet: import one first."
    return f"{network.name}: {'queued' if is_new else 'already under way'}. See Bulk runs for how far it is."


@admin.register(models.GraphSnapshot)
class GraphSnapshotAdmin(Ledger):
    list_display = (
        *("as_of", "network", "node_count", "channel_count", "live_channel_count", "median_fee_ppm"),
        *("is_betweenness_done", "imported_at", "source_name"),
    )
    list_filter = ("network", "source_format")
    list_select_related = ("network",)
    date_hierarchy = "as_of"


@admin.register(models.GraphUpload)
class GraphUploadAdmin(Ledger):
    list_display = ("file_name", "state", "progress_percent", "message", "user", "created_at", "finished_at")
    list_filter = ("state",)
    list_select_related = ("user",)


@admin.register(models.Node)
class NodeAdmin(Ledger):
    list_display = ("shown_alias", "pubkey", "network", "announced_at", "until_snapshot")
    list_filter = ("network",)
    list_select_related = ("network", "until_snapshot")
    search_fields = ("pubkey__startswith", "alias")
    ordering = ("pubkey",)

    @admin.display(description="Alias", ordering="alias")
    def shown_alias(self, row: models.Node) -> SafeString:
        return format_html("<bdi>{}</bdi>", row.alias or "(none)")  # its direction must not turn the row around


@admin.register(models.Channel)
class ChannelAdmin(Ledger):
    list_display = ("scid", "node1", "node2", "capacity_sat", "network", "since_snapshot", "until_snapshot")
    list_filter = ("network",)
    list_select_related = ("node1", "node2", "network", "since_snapshot", "until_snapshot")
    search_fields = ("scid__startswith", "chan_point__startswith", "node1__pubkey__exact", "node2__pubkey__exact")
    ordering = ("-pk",)


@admin.register(models.Policy)
class PolicyAdmin(Ledger):
    list_display = (
        *("channel", "direction", "fee_ppm", "base_fee_msat", "time_lock_delta", "is_disabled", "updated_at"),
        *("since_snapshot", "until_snapshot"),
    )
    list_filter = ("is_disabled", "direction")
    list_select_related = ("channel", "since_snapshot", "until_snapshot")
    search_fields = ("channel__scid__startswith",)
    ordering = ("-pk",)


@admin.register(models.NodeMetrics)
class NodeMetricsAdmin(Ledger):
    list_display = (
        *("node", "snapshot", "live_channel_count", "live_capacity_sat", "capacity_percentile"),
        *("median_fee_ppm", "hhi", "betweenness_percentile"),
    )
    list_filter = ("snapshot",)
    list_select_related = ("node", "snapshot")
    search_fields = ("node__pubkey__startswith", "node__alias")
    ordering = ("-pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[models.NodeMetrics]:
        rows: QuerySet[models.NodeMetrics] = super().get_queryset(request)
        return rows.defer("market_ppm", "peer_ids")  # thousands of numbers for one row of the list


@admin.register(models.NodeView)
class NodeViewAdmin(Ledger):
    list_display = ("node", "day", "count")
    list_select_related = ("node",)
    search_fields = ("node__pubkey__startswith", "node__alias")
    ordering = ("-day", "-count")
