"""Networks, their snapshots, and what stood in the graph from which snapshot until which.

Graph rows come by the hundred thousand, are written by one importer that joins on the very keys it stores, and are
removed by one service. Their foreign keys carry no database constraint: the checks took longer than the whole import.
"""

from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from recommendations.domain.network import LIVE_WINDOW


class Network(models.Model):
    """A graph that statistics never cross. At most one is the default for search and pages."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=80)
    is_default = models.BooleanField(default=False)
    is_synthetic = models.BooleanField(default=False)
    keep_history_days = models.PositiveIntegerField(
        default=180, help_text="Older policies, channels and figures that no longer stand are removed; 0: never."
    )

    class Meta:
        ordering = ("slug",)
        constraints = [
            models.UniqueConstraint(fields=("is_default",), condition=Q(is_default=True), name="one_default_network")
        ]

    def __str__(self) -> str:
        return self.name


class GraphSnapshot(models.Model):
    """One imported state of a network, with its measured statistics. `as_of` is the snapshot's own time."""

    network = models.ForeignKey(Network, on_delete=models.CASCADE, related_name="snapshots")
    as_of = models.DateTimeField()
    imported_at = models.DateTimeField(default=timezone.now)
    source_name = models.CharField(max_length=200)
    source_format = models.CharField(max_length=20)
    source_sha256 = models.CharField(max_length=64, help_text="Of the unpacked file or files.")
    newest_update_at = models.DateTimeField(null=True, help_text="The newest credible channel update of the file.")
    node_count = models.PositiveIntegerField(default=0)
    channel_count = models.PositiveIntegerField(default=0)
    live_channel_count = models.PositiveIntegerField(default=0)
    active_node_count = models.PositiveIntegerField(default=0)
    capacity_sat = models.BigIntegerField(default=0)
    live_capacity_sat = models.BigIntegerField(default=0)
    median_fee_ppm = models.BigIntegerField(null=True)
    median_base_fee_msat = models.BigIntegerField(null=True)
    median_channel_sat = models.BigIntegerField(null=True)
    fee_quantiles_ppm = models.JSONField(default=dict, help_text="Percentile to ppm.")
    fee_histogram = models.JSONField(default=list, help_text="Triples: lowest ppm, highest ppm (or null), policies.")
    tip_block = models.PositiveIntegerField(null=True, help_text="Estimated height at `as_of`: ages count from it.")
    replaced_characters = models.PositiveIntegerField(default=0)
    is_betweenness_done = models.BooleanField(default=False)

    class Meta:
        ordering = ("-as_of",)
        constraints = [models.UniqueConstraint(fields=("network", "as_of"), name="one_snapshot_per_moment")]

    def __str__(self) -> str:
        return f"{self.network_id} {self.as_of:%Y-%m-%d %H:%M}"

    @property
    def live_since(self) -> datetime:
        """Return the moment from which an update keeps a channel alive (LIGHTNING.md, rule 22)."""
        return self.as_of - LIVE_WINDOW

    @property
    def live_until(self) -> datetime:
        """Return the moment after which an update is not credible."""
        return max(self.as_of, self.newest_update_at or self.as_of)


def stood_at(snapshot: GraphSnapshot) -> Q:
    """Return the condition on a span. Older snapshots are refused, so within a network ids grow with time."""
    still = Q(until_snapshot=None) | Q(until_snapshot_id__gt=snapshot.pk)
    return still & Q(since_snapshot_id__lte=snapshot.pk)


class ChannelQuerySet(models.QuerySet["Channel"]):
    def at(self, snapshot: GraphSnapshot) -> "ChannelQuerySet":
        """Keep the channels of the snapshot's network that stood at it."""
        return self.filter(stood_at(snapshot), network=snapshot.network_id)


class PolicyQuerySet(models.QuerySet["Policy"]):
    def at(self, snapshot: GraphSnapshot) -> "PolicyQuerySet":
        """Keep the policies of the snapshot's network that held at it."""
        return self.filter(stood_at(snapshot), channel__network=snapshot.network_id)


class Node(models.Model):
    """A node of one network. Its alias and addresses are text from strangers: data, never markup."""

    network = models.ForeignKey(Network, on_delete=models.CASCADE, related_name="nodes")
    pubkey = models.CharField(max_length=66)
    alias = models.TextField(blank=True)
    color = models.CharField(max_length=7, blank=True)
    addresses = models.JSONField(default=list, help_text="host:port, as announced.")
    announced_at = models.DateTimeField(null=True)
    since_snapshot = models.ForeignKey(
        GraphSnapshot,
        on_delete=models.CASCADE,
        null=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
        help_text="Empty: its operator connected it, and no graph has told of it yet.",
    )
    until_snapshot = models.ForeignKey(
        GraphSnapshot, on_delete=models.CASCADE, null=True, related_name="+", db_constraint=False, db_index=False
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=("network", "pubkey"), name="one_row_per_node")]

    def __str__(self) -> str:
        return self.alias or self.pubkey


class Channel(models.Model):
    """A channel while it stood in the graph: from `since_snapshot`, until `until_snapshot` no longer held it."""

    network = models.ForeignKey(
        Network, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    scid = models.CharField(max_length=32)
    chan_point = models.CharField(max_length=72, blank=True)
    node1 = models.ForeignKey(Node, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    node2 = models.ForeignKey(Node, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    capacity_sat = models.BigIntegerField()
    since_snapshot = models.ForeignKey(
        GraphSnapshot, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    until_snapshot = models.ForeignKey(
        GraphSnapshot, on_delete=models.CASCADE, null=True, related_name="+", db_constraint=False, db_index=False
    )

    objects = ChannelQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=("network", "scid"), condition=Q(until_snapshot=None), name="one_open_span_per_scid"
            )
        ]

    def __str__(self) -> str:
        return self.scid


class Policy(models.Model):
    """One direction's policy while it held. Direction 0 is node1's own. The row without an end is the current one."""

    channel = models.ForeignKey(
        Channel, on_delete=models.CASCADE, related_name="policies", db_constraint=False, db_index=False
    )
    direction = models.PositiveSmallIntegerField()
    base_fee_msat = models.BigIntegerField()
    fee_ppm = models.BigIntegerField()
    time_lock_delta = models.PositiveIntegerField()
    min_htlc_msat = models.BigIntegerField(null=True)
    max_htlc_msat = models.BigIntegerField(null=True)
    is_disabled = models.BooleanField(default=False)
    inbound_base_fee_msat = models.BigIntegerField(null=True)
    inbound_fee_ppm = models.BigIntegerField(null=True)
    updated_at = models.DateTimeField(null=True, help_text="Newest announcement of these very values.")
    changed_at = models.DateTimeField(null=True, help_text="When they replaced others, as far as snapshots show it.")
    since_snapshot = models.ForeignKey(
        GraphSnapshot, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    until_snapshot = models.ForeignKey(
        GraphSnapshot, on_delete=models.CASCADE, null=True, related_name="+", db_constraint=False, db_index=False
    )

    objects = PolicyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=("channel", "direction"), condition=Q(until_snapshot=None), name="one_current_policy_per_side"
            )
        ]
        indexes = [
            models.Index(
                fields=("channel",), condition=Q(until_snapshot__isnull=False), name="past_policies_by_channel"
            )
        ]

    def __str__(self) -> str:
        return f"{self.channel_id}/{self.direction}: {self.fee_ppm} ppm"


class NodeMetrics(models.Model):
    """What was computed of a node in one snapshot, over live channels unless the name says otherwise.

    Percentiles are 0-100, (total - rank) / total among active nodes: the share of them with a strictly smaller value.
    """

    node = models.ForeignKey(Node, on_delete=models.CASCADE, related_name="metrics", db_constraint=False)
    snapshot = models.ForeignKey(
        GraphSnapshot, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    channel_count = models.PositiveIntegerField(help_text="Of all channels of the snapshot, zombies too.")
    capacity_sat = models.BigIntegerField(help_text="Of all channels of the snapshot, zombies too.")
    live_channel_count = models.PositiveIntegerField()
    live_capacity_sat = models.BigIntegerField()
    peer_count = models.PositiveIntegerField(default=0)
    median_channel_sat = models.BigIntegerField(null=True)
    median_fee_ppm = models.BigIntegerField(null=True)
    capacity_percentile = models.FloatField(null=True)
    channels_percentile = models.FloatField(null=True)
    fee_percentile = models.FloatField(null=True)
    hhi = models.FloatField(null=True)
    largest_peer_share = models.FloatField(null=True)
    largest_peer_pubkey = models.CharField(max_length=66, blank=True)
    oldest_block = models.PositiveIntegerField(null=True)
    betweenness = models.FloatField(null=True)
    betweenness_percentile = models.FloatField(null=True)
    market_ppm = ArrayField(
        models.BigIntegerField(),
        default=list,
        help_text="Sorted rates into this node, ppm: one per neighbor (capacity-weighted), live and enabled.",
    )
    peer_ids = ArrayField(models.BigIntegerField(), default=list, help_text="Nodes with a live channel to this one.")

    class Meta:
        verbose_name_plural = "node metrics"
        constraints = [models.UniqueConstraint(fields=("snapshot", "node"), name="one_metrics_row_per_snapshot")]

    def __str__(self) -> str:
        return f"{self.node_id} at {self.snapshot_id}"
