"""What a connected node's past tells: failed forwards, costs, closed channels, and who was online when."""

from django.db import models
from django.db.models import Q

from recommendations.models.private import NodeConnection


class FailedForward(models.Model):
    """One forward that did not settle."""

    connection = models.ForeignKey(NodeConnection, on_delete=models.CASCADE, related_name="failed_forwards")
    at = models.DateTimeField()
    incoming_scid = models.CharField(max_length=32)
    outgoing_scid = models.CharField(max_length=32, blank=True, help_text="Empty: not known.")
    amount_msat = models.BigIntegerField(null=True)
    fee_msat = models.BigIntegerField(null=True, help_text="What it would have earned.")
    failed_at = models.CharField(max_length=12)
    reason = models.CharField(max_length=80, blank=True)

    class Meta:
        indexes = [models.Index(fields=("connection", "at"), name="failed_forward_by_time")]

    def __str__(self) -> str:
        return f"{self.incoming_scid} → {self.outgoing_scid or '?'}: {self.reason}"


class ChannelCost(models.Model):
    """What one opening, closing or rebalance of a channel cost."""

    connection = models.ForeignKey(NodeConnection, on_delete=models.CASCADE, related_name="costs")
    reference = models.CharField(max_length=120)
    at = models.DateTimeField()
    kind = models.CharField(max_length=12)
    scid = models.CharField(max_length=32)
    cost_msat = models.BigIntegerField()
    amount_msat = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=("connection", "reference"), name="one_row_per_cost"),
            models.CheckConstraint(condition=Q(cost_msat__gte=0), name="cost_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.scid}"


class ClosedChannel(models.Model):
    """One channel of a connected node that is no more."""

    connection = models.ForeignKey(NodeConnection, on_delete=models.CASCADE, related_name="closed_channels")
    scid = models.CharField(max_length=32)
    chan_point = models.CharField(max_length=72, blank=True)
    peer_pubkey = models.CharField(max_length=66)
    capacity_sat = models.BigIntegerField()
    settled_sat = models.BigIntegerField(null=True)
    closed_by = models.CharField(max_length=16)
    closed_at = models.DateTimeField(null=True)
    is_initiator = models.BooleanField(null=True)
    seen_at = models.DateTimeField(help_text="When a reading first told of it.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=("connection", "scid"), name="one_row_per_closed_channel")]

    def __str__(self) -> str:
        return f"{self.scid} ({self.closed_by})"


class UptimeDay(models.Model):
    """How often a channel's peer was found online on one day, by our own readings: a restart forgets nothing.

    `scid` is empty for the node itself: a reading that got no answer counts against it.
    """

    connection = models.ForeignKey(NodeConnection, on_delete=models.CASCADE, related_name="uptime_days")
    scid = models.CharField(max_length=32, blank=True)
    day = models.DateField()
    readings = models.PositiveIntegerField(default=0)
    online = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=("connection", "scid", "day"), name="one_uptime_row_per_day"),
            models.CheckConstraint(condition=Q(online__lte=models.F("readings")), name="online_at_most_readings"),
        ]

    def __str__(self) -> str:
        return f"{self.scid or 'node'} {self.day}: {self.online}/{self.readings}"
