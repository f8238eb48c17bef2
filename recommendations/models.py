"""Tables of the advice floor: networks, graph spans, metrics over time, private data, advice and its life."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from recommendations.domain.advice import Category, Engine, Priority, State


class Network(models.Model):
    """A graph that statistics never cross. Exactly one is the default for search and pages."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=80)
    is_default = models.BooleanField(default=False)
    is_synthetic = models.BooleanField(default=False)

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
    source_sha256 = models.CharField(max_length=64)
    node_count = models.PositiveIntegerField()
    channel_count = models.PositiveIntegerField()
    live_channel_count = models.PositiveIntegerField()
    active_node_count = models.PositiveIntegerField()
    capacity_sat = models.BigIntegerField()
    live_capacity_sat = models.BigIntegerField()
    median_fee_ppm = models.BigIntegerField(null=True)
    median_base_fee_msat = models.BigIntegerField(null=True)
    median_channel_sat = models.BigIntegerField(null=True)
    fee_quantiles_ppm = models.JSONField(default=dict)
    replaced_characters = models.PositiveIntegerField(default=0)
    is_betweenness_done = models.BooleanField(default=False)

    class Meta:
        ordering = ("-as_of",)
        constraints = [models.UniqueConstraint(fields=("network", "as_of"), name="one_snapshot_per_moment")]

    def __str__(self) -> str:
        return f"{self.network_id} {self.as_of:%Y-%m-%d %H:%M}"


class Node(models.Model):
    """A node of one network. Its alias and addresses are text from strangers: data, never markup."""

    network = models.ForeignKey(Network, on_delete=models.CASCADE, related_name="nodes")
    pubkey = models.CharField(max_length=66)
    alias = models.CharField(max_length=200, blank=True)
    color = models.CharField(max_length=9, blank=True)
    addresses = models.JSONField(default=list)
    announced_at = models.DateTimeField(null=True)
    since_snapshot = models.ForeignKey(GraphSnapshot, on_delete=models.CASCADE, related_name="+")
    until_snapshot = models.ForeignKey(GraphSnapshot, on_delete=models.CASCADE, null=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=("network", "pubkey"), name="one_row_per_node")]
        indexes = [models.Index(fields=("network", "alias"), name="node_by_alias")]

    def __str__(self) -> str:
        return self.alias or self.pubkey


class Channel(models.Model):
    """A channel while it stood in the graph: from `since_snapshot`, until `until_snapshot` no longer held it."""

    network = models.ForeignKey(Network, on_delete=models.CASCADE, related_name="+")
    scid = models.CharField(max_length=32)
    chan_point = models.CharField(max_length=72, blank=True)
    node1 = models.ForeignKey(Node, on_delete=models.CASCADE, related_name="+")
    node2 = models.ForeignKey(Node, on_delete=models.CASCADE, related_name="+")
    capacity_sat = models.BigIntegerField()
    since_snapshot = models.ForeignKey(GraphSnapshot, on_delete=models.CASCADE, related_name="+")
    until_snapshot = models.ForeignKey(GraphSnapshot, on_delete=models.CASCADE, null=True, related_name="+")

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

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="policies")
    direction = models.PositiveSmallIntegerField()
    base_fee_msat = models.BigIntegerField()
    fee_ppm = models.BigIntegerField()
    time_lock_delta = models.PositiveIntegerField()
    min_htlc_msat = models.BigIntegerField(null=True)
    max_htlc_msat = models.BigIntegerField(null=True)
    is_disabled = models.BooleanField(default=False)
    inbound_base_fee_msat = models.BigIntegerField(null=True)
    inbound_fee_ppm = models.BigIntegerField(null=True)
    updated_at = models.DateTimeField(null=True)
    since_snapshot = models.ForeignKey(GraphSnapshot, on_delete=models.CASCADE, related_name="+")
    until_snapshot = models.ForeignKey(GraphSnapshot, on_delete=models.CASCADE, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=("channel", "direction"), condition=Q(until_snapshot=None), name="one_current_policy_per_side"
            )
        ]

    def __str__(self) -> str:
        return f"{self.channel_id}/{self.direction}: {self.fee_ppm} ppm"


class NodeMetrics(models.Model):
    """What was computed of a node in one snapshot. Percentiles are 0-100, (total - rank) / total."""

    node = models.ForeignKey(Node, on_delete=models.CASCADE, related_name="metrics")
    snapshot = models.ForeignKey(GraphSnapshot, on_delete=models.CASCADE, related_name="+")
    channel_count = models.PositiveIntegerField()
    capacity_sat = models.BigIntegerField()
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
        models.BigIntegerField(), default=list,
        help_text="Sorted rates into this node, ppm: one per neighbor (capacity-weighted), live and enabled.",
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=("node", "snapshot"), name="one_metrics_row_per_snapshot")]

    def __str__(self) -> str:
        return f"{self.node_id} at {self.snapshot_id}"


class NodeConnection(models.Model):
    """A node whose private data we hold, and whose they are. The demo node belongs to everyone signed in."""

    class Kind(models.TextChoices):
        DEMO = "demo", "Synthetic demo"
        FILES = "files", "Imported files"

    node = models.ForeignKey(Node, on_delete=models.CASCADE, related_name="connections")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    implementation = models.CharField(max_length=8, default="lnd", help_text="lnd or cln: which commands to show first.")
    measured_at = models.DateTimeField(null=True, blank=True)
    uptime_ratio = models.FloatField(null=True, blank=True)
    monitored_days = models.FloatField(null=True, blank=True)
    success_rate = models.FloatField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("node", "owner", "kind"), nulls_distinct=False, name="one_connection_per_owner")]

    def __str__(self) -> str:
        return f"{self.node_id} ({self.kind})"


class PrivateChannel(models.Model):
    """What the operator's node says of one channel at its latest reading."""

    connection = models.ForeignKey(NodeConnection, on_delete=models.CASCADE, related_name="channels")
    scid = models.CharField(max_length=32)
    peer_pubkey = models.CharField(max_length=66)
    local_sat = models.BigIntegerField(null=True)
    remote_sat = models.BigIntegerField(null=True)
    is_active = models.BooleanField(null=True)
    is_initiator = models.BooleanField(null=True)
    peer_uptime_ratio = models.FloatField(null=True)
    monitored_days = models.FloatField(null=True)
    measured_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=("connection", "scid"), name="one_private_row_per_channel")]

    def __str__(self) -> str:
        return self.scid


class Forward(models.Model):
    """One settled forward through the operator's node."""

    connection = models.ForeignKey(NodeConnection, on_delete=models.CASCADE, related_name="forwards")
    at = models.DateTimeField()
    incoming_scid = models.CharField(max_length=32)
    outgoing_scid = models.CharField(max_length=32)
    amount_in_msat = models.BigIntegerField()
    amount_out_msat = models.BigIntegerField()
    fee_msat = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=("connection", "at"), name="forward_by_time")]
        constraints = [models.CheckConstraint(condition=Q(fee_msat__gte=0), name="fee_not_negative")]

    def __str__(self) -> str:
        return f"{self.incoming_scid} → {self.outgoing_scid}"


class NodeView(models.Model):
    """How often a node was looked at on one day: what warming calls popular."""

    node = models.ForeignKey(Node, on_delete=models.CASCADE, related_name="+")
    day = models.DateField()
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("node", "day"), name="one_view_row_per_day")]

    def __str__(self) -> str:
        return f"{self.node_id} {self.day}"


class Threshold(models.Model):
    """One number of one rule, editable; it acts on the next request."""

    rule = models.CharField(max_length=40)
    name = models.CharField(max_length=40)
    value = models.FloatField()
    unit = models.CharField(max_length=20, blank=True)
    help_text = models.CharField(max_length=200, blank=True)
    seed = models.JSONField(default=dict, editable=False)

    class Meta:
        ordering = ("rule", "name")
        constraints = [models.UniqueConstraint(fields=("rule", "name"), name="one_threshold_per_name")]

    def __str__(self) -> str:
        return f"{self.rule}.{self.name}"


class WeightRevision(models.Model):
    """The six scoring weights. Append-only; exactly one is active."""

    revenue_impact = models.FloatField(default=0.30)
    ease_of_implementation = models.FloatField(default=0.20)
    risk_level = models.FloatField(default=0.15)
    time_to_value = models.FloatField(default=0.15)
    data_confidence = models.FloatField(default=0.10)
    network_conditions = models.FloatField(default=0.10)
    note = models.CharField(max_length=200, blank=True)
    is_active = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ("-created_at",)
        constraints = [
            models.UniqueConstraint(fields=("is_active",), condition=Q(is_active=True), name="one_active_weights")
        ]

    def __str__(self) -> str:
        return f"weights {self.pk}"


class RecommendationRun(models.Model):
    """One turn of advice for one node: which engine, what it said, how good it was. Written once, at the end."""

    class Outcome(models.TextChoices):
        COMPLETED = "completed"
        FAILED = "failed"
        ABANDONED = "abandoned"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    node = models.ForeignKey(Node, on_delete=models.CASCADE, related_name="runs")
    snapshot = models.ForeignKey(GraphSnapshot, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    engine = models.CharField(max_length=8, choices=[(e.value, e.value) for e in Engine])
    analysis_type = models.CharField(max_length=24)
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    error_code = models.CharField(max_length=40, blank=True)
    is_degraded = models.BooleanField(default=False)
    model = models.CharField(max_length=160, blank=True)
    generation_id = models.UUIDField(null=True)
    rollout = models.JSONField(default=dict)
    weights = models.ForeignKey(WeightRevision, on_delete=models.SET_NULL, null=True, related_name="+")
    quality_score = models.FloatField(null=True)
    quality_components = models.JSONField(default=dict)
    response = models.JSONField(default=dict)
    started_at = models.DateTimeField(default=timezone.now)
    processing_ms = models.PositiveIntegerField(null=True)

    class Meta:
        ordering = ("-started_at",)
        indexes = [models.Index(fields=("node", "-started_at"), name="run_by_node")]

    def __str__(self) -> str:
        return f"{self.engine} for {self.node_id}: {self.outcome}"


class Recommendation(models.Model):
    """One tracked piece of advice. The same advice in the same ISO week is the same row (FB-02).

    The id is derived from node, connection and tracking id (`recommendations.domain.tracking.row_id`), so that a stream
    can name a row before it is written.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    tracking_id = models.CharField(max_length=32)
    node = models.ForeignKey(Node, on_delete=models.CASCADE, related_name="recommendations")
    connection = models.ForeignKey(NodeConnection, on_delete=models.SET_NULL, null=True, related_name="+")
    run = models.ForeignKey(RecommendationRun, on_delete=models.SET_NULL, null=True, related_name="recommendations")
    rule = models.CharField(max_length=40)
    category = models.CharField(max_length=16, choices=[(c.value, c.value) for c in Category])
    priority = models.CharField(max_length=10, choices=[(p.value, p.value) for p in Priority])
    score = models.FloatField()
    confidence = models.FloatField(null=True)
    target = models.CharField(max_length=80)
    title = models.CharField(max_length=300)
    payload = models.JSONField(help_text="What the operator was shown.")
    state = models.CharField(max_length=10, choices=[(s.value, s.value) for s in State], default=State.GENERATED)
    generated_at = models.DateTimeField(default=timezone.now)
    viewed_at = models.DateTimeField(null=True)
    applied_at = models.DateTimeField(null=True)
    rejected_at = models.DateTimeField(null=True)
    expired_at = models.DateTimeField(null=True)
    actor = models.CharField(max_length=80, blank=True)
    note = models.TextField(blank=True)
    reject_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ("-generated_at",)
        constraints = [
            models.UniqueConstraint(
                fields=("node", "connection", "tracking_id"), nulls_distinct=False, name="one_row_per_advice_and_week"
            )
        ]
        indexes = [models.Index(fields=("state", "applied_at"), name="recommendation_by_state")]

    def __str__(self) -> str:
        return self.title
