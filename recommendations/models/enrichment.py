"""Optional services beside the operator's own node, each off until switched on, and what transactions cost when."""

from django.db import models


class Enrichment(models.Model):
    """One service that knows more: where it is, with which key, and how it went the last time."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=80)
    is_enabled = models.BooleanField(default=False)
    address = models.CharField(max_length=300)
    credential = models.TextField(blank=True, editable=False, help_text="Sealed; never shown again.")
    answered_at = models.DateTimeField(null=True, blank=True, editable=False)
    tried_at = models.DateTimeField(null=True, blank=True, editable=False)
    message = models.CharField(max_length=300, blank=True, editable=False)
    seed = models.JSONField(default=dict, editable=False)

    class Meta:
        ordering = ("slug",)

    def __str__(self) -> str:
        return self.name


class OnchainFee(models.Model):
    """What a transaction cost at one moment, by one source."""

    at = models.DateTimeField()
    source = models.CharField(max_length=40)
    sat_vb = models.FloatField()

    class Meta:
        ordering = ("-at",)
        constraints = [
            models.UniqueConstraint(fields=("source", "at"), name="one_onchain_fee_per_moment"),
            models.CheckConstraint(condition=models.Q(sat_vb__gt=0), name="onchain_fee_above_zero"),
        ]

    def __str__(self) -> str:
        return f"{self.sat_vb:g} sat/vB"
