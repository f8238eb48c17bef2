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
    message = models.CharField(max_length=300, blank=True, editable=False, help_text="Why it did not; empty: it did.")
    free_at = models.DateTimeField(null=True, editable=False, help_text="When it may be asked again, by any process.")
    seed = models.JSONField(default=dict, editable=False)

    class Meta:
        ordering = ("slug",)
        verbose_name = "optional service"

    def __str__(self) -> str:
        return self.name


class OutsideReading(models.Model):
    """What a service said of one node the latest time it was asked; without a key: of what its own key opens."""

    enrichment = models.ForeignKey(Enrichment, on_delete=models.CASCADE, related_name="readings")
    pubkey = models.CharField(max_length=66, blank=True)
    told = models.JSONField(default=dict, help_text="Field by field; empty: it knows nothing of it.")
    as_of = models.DateTimeField(help_text="By its own word, else when it was asked.")
    read_at = models.DateTimeField()

    class Meta:
        ordering = ("-read_at",)
        constraints = [
            models.UniqueConstraint(fields=("pubkey", "enrichment"), name="one_reading_per_service_and_node")
        ]

    def __str__(self) -> str:
        return f"{self.enrichment}: {self.pubkey[:12]}"


class OnchainFee(models.Model):
    """What a transaction cost at one moment, by one source."""

    at = models.DateTimeField()
    source = models.CharField(max_length=40)
    sat_vb = models.FloatField()

    class Meta:
        ordering = ("-at",)
        verbose_name = "on-chain fee"
        constraints = [
            models.UniqueConstraint(fields=("source", "at"), name="one_onchain_fee_per_moment"),
            models.CheckConstraint(condition=models.Q(sat_vb__gt=0), name="onchain_fee_above_zero"),
        ]

    def __str__(self) -> str:
        return f"{self.sat_vb:g} sat/vB"
