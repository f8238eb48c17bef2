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
    uptime_ratio = models.FloatField(null=True, blank=True)
    monitored_days = models.FloatField(null=True, blank=True)
    success_rate = models.FloatField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=("node", "owner", "kind"), nulls_distinct=False, name="one_connection_per_owner"
            )
        ]

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
