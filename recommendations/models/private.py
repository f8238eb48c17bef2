"""What operators' own nodes told us: balances, uptime and forwards, and whose they are."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from recommendations.models.graph import Node


class NodeConnection(models.Model):
    """A node whose private data we hold, and whose they are. The demo node belongs to everyone signed in."""

    class Kind(models.TextChoices):
        DEMO = "demo", "Synthetic demo"
        FILES = "files", "Imported files"
        LND = "lnd", "LND over REST"
        CLN = "cln", "Core Lightning over REST"

    class State(models.TextChoices):
        NEW = "new", "Not read yet"
        WAITING = "waiting", "Waiting to be read"
        SYNCING = "syncing", "Being read"
        READY = "ready", "Up to date"
        UNREACHABLE = "unreachable", "Does not answer"
        REFUSED = "refused", "Needs another credential or certificate"
        BROKEN = "broken", "Answers what cannot be used"

    node = models.ForeignKey(Node, on_delete=models.CASCADE, related_name="connections")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    kind = models.CharField(max_length=8, choices=Kind.choices)
    implementation = models.CharField(
        max_length=8, default="lnd", help_text="lnd or cln: which commands to show first."
    )
    measured_at = models.DateTimeField(null=True, blank=True)
    forwards_from = models.DateTimeField(
        null=True, blank=True, help_text="Forwards are complete from here on; empty: none are known."
    )
    failures_from = models.DateTimeField(
        null=True, blank=True, help_text="Failed forwards are complete from here on; empty: none are known."
    )
    costs_from = models.DateTimeField(
        null=True, blank=True, help_text="What channels cost is complete from here on; empty: it is not known."
    )
    uptime_ratio = models.FloatField(null=True, blank=True)
    monitored_days = models.FloatField(null=True, blank=True)
    success_rate = models.FloatField(null=True, blank=True)

    address = models.CharField(max_length=300, blank=True, help_text="https://host:port of the node's REST interface.")
    credential = models.TextField(blank=True, editable=False, help_text="Sealed; never shown again.")
    certificate = models.TextField(blank=True, help_text="PEM of the node's certificate; empty: public authorities.")
    is_paused = models.BooleanField(default=False, help_text="Read only when asked, until it is resumed.")
    refresh_every_min = models.PositiveIntegerField(default=15, help_text="0: only when asked.")
    graph_every_h = models.PositiveIntegerField(default=24, help_text="How often the public graph is read; 0: never.")
    graph_read_at = models.DateTimeField(null=True, blank=True, editable=False)
    state = models.CharField(max_length=12, choices=State.choices, default=State.NEW)
    message = models.CharField(max_length=300, blank=True)
    step = models.CharField(max_length=80, blank=True, editable=False)
    progress_percent = models.PositiveSmallIntegerField(default=0, editable=False)
    cursor = models.JSONField(default=dict, editable=False, help_text="Where the history goes on.")
    version = models.CharField(max_length=80, blank=True, editable=False)
    tried_at = models.DateTimeField(null=True, blank=True, editable=False)
    listened_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When somebody last listened to its failed forwards."
    )
    failures_in_row = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=("node", "owner", "kind"), nulls_distinct=False, name="one_connection_per_owner"
            )
        ]

    def __str__(self) -> str:
        return f"{self.node_id} ({self.kind})"

    @property
    def is_live(self) -> bool:
        """Return whether a node can be asked again, unlike files and the demo."""
        return self.kind in (self.Kind.LND, self.Kind.CLN)


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
    chan_point = models.CharField(max_length=72, blank=True)
    peer_alias = models.TextField(blank=True)
    capacity_sat = models.BigIntegerField(null=True)
    is_announced = models.BooleanField(null=True)
    own_policy = models.JSONField(null=True, help_text="Fields of PolicyRecord, as the node itself has them.")
    peer_policy = models.JSONField(null=True)
    policy_changed_at = models.DateTimeField(null=True, help_text="When a reading first saw other own values.")

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
