"""What an operator allows: how bold advice may be on a node, and bounds of single channels."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from recommendations.models.graph import Node


class NodeStance(models.Model):
    """How bold the advice for one node may be, for one user."""

    class Profile(models.TextChoices):
        CONSERVATIVE = "conservative", "Conservative: small steps, long evidence"
        BALANCED = "balanced", "Balanced"
        AGGRESSIVE = "aggressive", "Aggressive: larger steps, shorter evidence"

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    node = models.ForeignKey(Node, on_delete=models.CASCADE, related_name="+")
    profile = models.CharField(max_length=14, choices=Profile.choices, default=Profile.BALANCED)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("owner", "node"), name="one_stance_per_user_and_node")]

    def __str__(self) -> str:
        return f"{self.node_id}: {self.profile}"


class ChannelLimit(models.Model):
    """Bounds of one channel that advice keeps, for one user. Empty: no bound."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    node = models.ForeignKey(Node, on_delete=models.CASCADE, related_name="+")
    scid = models.CharField(max_length=32)
    min_fee_ppm = models.PositiveIntegerField(null=True, blank=True)
    max_fee_ppm = models.PositiveIntegerField(null=True, blank=True)
    is_hands_off = models.BooleanField(default=False, help_text="No advice that changes this channel.")
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=("owner", "node", "scid"), name="one_limit_per_user_and_channel"),
            models.CheckConstraint(
                condition=Q(min_fee_ppm=None) | Q(max_fee_ppm=None) | Q(min_fee_ppm__lte=models.F("max_fee_ppm")),
                name="lowest_fee_below_highest",
            ),
        ]

    def __str__(self) -> str:
        return self.scid
