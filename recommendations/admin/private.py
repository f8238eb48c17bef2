"""What operators' own nodes told us."""

from django.contrib import admin

from recommendations import models
from recommendations.admin.tables import Ledger, Listed


@admin.register(models.NodeConnection)
class NodeConnectionAdmin(Listed):
    list_display = ("node", "kind", "owner", "implementation", "measured_at", "uptime_ratio", "success_rate")
    list_filter = ("kind", "implementation")
    list_select_related = ("node", "owner")
    search_fields = ("node__pubkey__startswith", "node__alias", "owner__username")
    autocomplete_fields = ("node", "owner")


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
