"""What operators were told, how they want to be told, and what the watch remembers. Addresses and keys stay sealed."""

from django.contrib import admin

from recommendations import models
from recommendations.admin.tables import Ledger


@admin.register(models.Alert)
class AlertAdmin(Ledger):
    list_display = (
        *("began_at", "title", "of_node", "kind", "severity", "over_at", "read_at"),
        *("sent_at", "sending_failures", "message"),
    )
    list_filter = ("kind", "severity", ("over_at", admin.EmptyFieldListFilter), ("sent_at", admin.EmptyFieldListFilter))
    list_select_related = ("connection__node",)
    search_fields = ("title", "target__startswith", "connection__node__alias", "connection__node__pubkey__startswith")
    date_hierarchy = "began_at"

    @admin.display(description="Node")
    def of_node(self, row: models.Alert) -> str:
        return str(row.connection.node)


@admin.register(models.AlertChoice)
class AlertChoiceAdmin(Ledger):
    list_display = (
        *("owner", "has_webhook", "email", "least_severity", "quiet_from", "quiet_until", "time_zone"),
        *("breaks_quiet", "trouble", "trouble_at"),
    )
    list_select_related = ("owner",)
    search_fields = ("owner__username",)
    ordering = ("owner__username",)
    fields = (
        *("owner", "has_webhook", "email", "least_severity", "quiet_from", "quiet_until", "time_zone"),
        *("breaks_quiet", "trouble", "trouble_at"),
    )

    @admin.display(description="Webhook", boolean=True)
    def has_webhook(self, row: models.AlertChoice) -> bool:
        return bool(row.webhook)


@admin.register(models.Watch)
class WatchAdmin(Ledger):
    list_display = ("of_node", "at", "peers_away")
    list_select_related = ("connection__node",)
    search_fields = ("connection__node__alias", "connection__node__pubkey__startswith")
    ordering = ("-at",)

    @admin.display(description="Node")
    def of_node(self, row: models.Watch) -> str:
        return str(row.connection.node)

    @admin.display(description="Peers away")
    def peers_away(self, row: models.Watch) -> int:
        return len(row.away_since)
