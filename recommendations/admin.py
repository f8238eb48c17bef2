"""The advice floor for the administrator: numbers to set, a history of weights, and ledgers that nobody edits."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin

from models_registry.admin import ReadOnlyLedger
from recommendations import models
from recommendations.services import thresholds, weights
from recommendations.services.default_network import make_default
from recommendations.services.remove_network import remove_network

WEIGHT_NAMES = tuple(weights.SHIPPED)


class Listed(ModelAdmin):  # type: ignore[misc]  # unfold ships no types
    """A table that may be long: the whole of it is not counted again beside what was searched for."""

    show_full_result_count = False


class Ledger(Listed, ReadOnlyLedger):
    """Rows that record what was seen or done."""


@admin.register(models.Network)
class NetworkAdmin(Listed):
    """Networks come with an import and go as a whole, with all that belongs to them."""

    list_display = ("name", "slug", "is_default", "is_synthetic")
    readonly_fields = ("slug", "is_default", "is_synthetic")
    actions = ("use_by_default",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @admin.action(description="Use by default in search and pages", permissions=("change",))
    def use_by_default(self, request: HttpRequest, queryset: QuerySet[models.Network]) -> None:
        if len(queryset) != 1:
            self.message_user(request, "Choose exactly one network.", messages.WARNING)
            return
        make_default(queryset[0])
        self.message_user(request, f"{queryset[0].name} is the default network now.")

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


class ThresholdForm(forms.ModelForm[models.Threshold]):
    """No rule knows what to make of a number below zero."""

    def clean_value(self) -> float:
        value = float(self.cleaned_data["value"])
        if value < 0:
            raise forms.ValidationError("Not below 0.")
        return value


@admin.register(models.Threshold)
class ThresholdAdmin(Listed):
    """Every number of every rule. A change acts on the next request; rows come from the rules."""

    form = ThresholdForm
    list_display = ("rule", "name", "value", "unit", "shipped", "help_text")
    list_display_links = ("name",)
    list_editable = ("value",)
    list_filter = ("rule",)
    list_per_page = 200
    search_fields = ("rule", "name", "help_text")
    fields = ("rule", "name", "value", "unit", "help_text", "shipped")
    readonly_fields = ("rule", "name", "unit", "help_text", "shipped")
    actions = ("reset_to_default",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> type[ThresholdForm]:
        return ThresholdForm

    @admin.display(description="Shipped")
    def shipped(self, row: models.Threshold) -> str:
        value = row.seed.get("value")
        return "unknown" if value is None else f"{value:g}"

    @admin.action(description="Reset to the shipped value", permissions=("change",))
    def reset_to_default(self, request: HttpRequest, queryset: QuerySet[models.Threshold]) -> None:
        self.message_user(request, f"{thresholds.reset(queryset)} thresholds changed back.")


class WeightRevisionForm(forms.ModelForm[models.WeightRevision]):
    """A score divides by the sum of the weights, and a weight below zero would reward what it measures against."""

    def clean(self) -> dict[str, Any]:
        words: dict[str, Any] = super().clean() or {}
        given = [words[name] for name in WEIGHT_NAMES if words.get(name) is not None]
        if any(value < 0 for value in given):
            raise forms.ValidationError("No weight may be below 0.")
        if len(given) == len(WEIGHT_NAMES) and sum(given) <= 0:
            raise forms.ValidationError("At least one weight must be above 0.")
        return words


@admin.register(models.WeightRevision)
class WeightRevisionAdmin(Listed):
    """Append-only: add a revision, then activate it. It acts on the next request."""

    form = WeightRevisionForm
    list_display = ("created_at", "is_active", *WEIGHT_NAMES, "note")
    fields = (*WEIGHT_NAMES, "note")
    actions = ("activate",)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    @admin.action(description="Activate", permissions=("add",))
    def activate(self, request: HttpRequest, queryset: QuerySet[models.WeightRevision]) -> None:
        if len(queryset) != 1:
            self.message_user(request, "Choose exactly one revision.", messages.WARNING)
            return
        weights.activate(queryset[0])
        self.message_user(request, f"{queryset[0]} decide the order of advice from now on.")


@admin.register(models.RecommendationRun)
class RecommendationRunAdmin(Ledger):
    list_display = (
        *("started_at", "node", "engine", "analysis_type", "outcome", "is_degraded", "model"),
        *("quality_score", "processing_ms", "user"),
    )
    list_filter = ("engine", "outcome", "is_degraded", "analysis_type")
    list_select_related = ("node", "user")
    search_fields = ("node__pubkey__startswith", "node__alias")
    date_hierarchy = "started_at"


@admin.register(models.Recommendation)
class RecommendationAdmin(Ledger):
    list_display = ("tracking_id", "title", "node", "rule", "priority", "score", "state", "generated_at", "actor")
    list_filter = ("state", "priority", "category", "rule")
    list_select_related = ("node",)
    search_fields = ("tracking_id", "node__pubkey__startswith", "node__alias", "title")
    date_hierarchy = "generated_at"
