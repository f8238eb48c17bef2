"""What an operator should hear of without asking, and how it reaches them."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from recommendations.models.private import NodeConnection


class AlertChoice(models.Model):
    """How one user wants to hear of alerts beside the inbox."""

    owner = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    email = models.EmailField(blank=True)
    webhook = models.TextField(blank=True, editable=False, help_text="Sealed: an address may hold a key.")
    webhook_key = models.TextField(blank=True, editable=False, help_text="Sealed; signs what is sent.")
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_until = models.TimeField(null=True, blank=True)
    time_zone = models.CharField(max_length=60, default="UTC")
    least_severity = models.CharField(max_length=10, default="high")
    breaks_quiet = models.BooleanField(default=False, help_text="Critical alerts are sent in quiet hours too.")
    trouble = models.CharField(max_length=300, blank=True, help_text="Why the latest message did not arrive.")
    trouble_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(quiet_from=None, quiet_until=None) | Q(quiet_from__isnull=False, quiet_until__isnull=False),
                name="quiet_hours_have_two_ends",
            )
        ]

    def __str__(self) -> str:
        return f"alerts of {self.owner_id}"


class Alert(models.Model):
    """One thing that happened, once, however often it is seen: `key` names it. It is open until it is over."""

    connection = models.ForeignKey(NodeConnection, on_delete=models.CASCADE, related_name="alerts")
    key = models.CharField(max_length=160)
    kind = models.CharField(max_length=24)
    severity = models.CharField(max_length=10)
    target = models.CharField(max_length=80)
    title = models.CharField(max_length=300)
    text = models.TextField()
    evidence = models.JSONField(default=list)
    began_at = models.DateTimeField(help_text="Since when it is so, as far as is known.")
    opened_at = models.DateTimeField(help_text="When it was first found to be so.")
    seen_at = models.DateTimeField(help_text="When it was last found to be so.")
    over_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    sent_by = models.JSONField(default=list, help_text="Ways by which it already went out.")
    tried_at = models.DateTimeField(null=True, help_text="When sending was last begun.")
    sending_failures = models.PositiveIntegerField(default=0)
    message = models.CharField(max_length=300, blank=True, help_text="Why it could not be sent.")

    class Meta:
        ordering = ("-began_at",)
        constraints = [
            models.UniqueConstraint(
                fields=("connection", "key"), condition=Q(over_at=None), name="one_open_alert_per_key"
            )
        ]
        indexes = [models.Index(fields=("connection", "-began_at"), name="alert_by_time")]

    def __str__(self) -> str:
        return self.title


class Watch(models.Model):
    """What the latest look at a node keeps for the next one: since when each peer has been away."""

    connection = models.OneToOneField(NodeConnection, on_delete=models.CASCADE, related_name="watch")
    at = models.DateTimeField(help_text="When the node was last looked at.")
    away_since = models.JSONField(default=dict, help_text="Peer key to the first reading that missed it.")

    def __str__(self) -> str:
        return f"watch over {self.connection_id}"
