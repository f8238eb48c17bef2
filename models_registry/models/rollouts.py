"""The share of units on something new: which unit met it, what came of it, what that proves, and who changed what."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone

from models_registry.domain.errors import VariantInvalid
from models_registry.domain.guardrail import RATE_KINDS, GuardKind
from models_registry.domain.ramp import Move, RampState
from models_registry.domain.variants import ADVICE, ANSWER, CHAT, parse

WATCHED = [kind.value for kind in RATE_KINDS]


def usual_guards() -> list[str]:
    """Return what a rollout is watched for where nothing else is said. Latency must be asked for."""
    return [*WATCHED, GuardKind.SAMPLE_RATIO.value]


def usual_steps() -> list[int]:
    return [10, 25, 50, 100]


class Rollout(models.Model):
    """The share of units that get something new. Sticky: raising the share never moves a unit out."""

    slug = models.SlugField(unique=True, help_text="It is the salt of the hash, and stays as it is.")
    name = models.CharField(max_length=80)
    purpose = models.CharField(
        max_length=10,
        default=ADVICE,
        choices=[
            (ADVICE, "advice on nodes"),
            (ANSWER, "answers from the library"),
            (CHAT, "chats of programs through the gateway"),
        ],
    )
    is_enabled = models.BooleanField(default=True, help_text="Off: as if it did not exist.")
    share_percent = models.DecimalField(
        max_digits=5,
        decimal_places=2,
        default=Decimal(100),
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(100))],
        help_text="Percent of the units that get it, from now on. Raising it never moves one out.",
    )
    state = models.CharField(
        max_length=12,
        default=RampState.RUNNING.value,
        choices=[(state.value, state.value.replace("_", " ")) for state in RampState],
        editable=False,
    )
    run = models.PositiveSmallIntegerField(default=1, editable=False, help_text="How often its evidence began anew.")
    steps = models.JSONField(default=usual_steps, help_text="Shares in percent, one after the other.")
    gate_days = models.PositiveSmallIntegerField(default=7, help_text="Days at each share, at least.")
    gate_units = models.PositiveIntegerField(default=30, help_text="Units in each arm at each share, at least.")
    is_automatic = models.BooleanField(
        default=True, help_text="The next step opens by itself when its gates do. Off: somebody opens it."
    )
    always_tiers = models.JSONField(default=list, blank=True, help_text="Tiers that always get it, e.g. premium.")
    never_tiers = models.JSONField(default=list, blank=True, help_text="Tiers that never get it.")
    guards = models.JSONField(default=usual_guards, help_text="What it is watched for.")
    step_since = models.DateTimeField(null=True, blank=True, editable=False)
    route_before = models.JSONField(default=dict, editable=False, help_text="The purpose's route when it started.")
    verdict = models.JSONField(default=dict, editable=False, help_text="What the quality was found to be.")
    shadow_days = models.PositiveSmallIntegerField(
        default=0, help_text="Also tried in the shadow for so many days, 21 as a rule; nobody sees that. 0: not."
    )
    shadow_since = models.DateTimeField(null=True, blank=True, editable=False)
    note = models.TextField(blank=True)
    changed_at = models.DateTimeField(auto_now=True)
    seed = models.JSONField(default=dict, editable=False)

    class Meta:
        ordering = ("slug",)

    def __str__(self) -> str:
        return self.name

    @property
    def shadow_until(self) -> datetime | None:
        """When trying it in the shadow ends; None while nobody knows when it began."""
        return self.shadow_since + timedelta(days=self.shadow_days) if self.shadow_since else None

    def clean(self) -> None:
        """Refuse steps that do not rise to 100, or a tier that gets it always and never."""
        steps = self.steps if isinstance(self.steps, list) else []
        are_shares = all(isinstance(step, int) and not isinstance(step, bool) and 0 < step <= 100 for step in steps)
        if not steps or not are_shares or steps != sorted(set(steps)) or steps[-1] != 100:
            raise ValidationError({"steps": "Write rising whole percents that end with 100."})
        if set(self.always_tiers) & set(self.never_tiers):
            raise ValidationError({"never_tiers": "A tier cannot get it always and never."})
        if self.purpose == CHAT and self.shadow_days:
            raise ValidationError({"shadow_days": "The words of a chat are not kept, so it cannot be asked again."})


class Variant(models.Model):
    """One arm inside the share, and what is different there. Fixed once units have met it."""

    rollout = models.ForeignKey(Rollout, on_delete=models.CASCADE, related_name="variants")
    slug = models.SlugField(max_length=20)
    weight = models.PositiveSmallIntegerField(default=1, validators=[MinValueValidator(1)])
    is_control = models.BooleanField(default=False, help_text="No change: a cohort of known size to compare with.")
    changes = models.JSONField(
        default=list, blank=True, help_text='For example [{"kind": "strategy", "temperature": 0.1}].'
    )

    class Meta:
        ordering = ("pk",)
        constraints = [
            models.UniqueConstraint(fields=("rollout", "slug"), name="one_variant_per_name"),
            models.UniqueConstraint(
                fields=("rollout",), condition=models.Q(is_control=True), name="one_control_per_rollout"
            ),
        ]

    def __str__(self) -> str:
        return self.slug

    def clean(self) -> None:
        """Refuse a change that cannot be made."""
        if self.is_control and self.changes:
            raise ValidationError({"changes": "A control changes nothing."})
        try:
            parse(self.changes, purpose=self.rollout.purpose)
        except VariantInvalid as exc:
            raise ValidationError({"changes": str(exc)}) from exc


class Exposure(models.Model):
    """A unit met a rollout: which variant it got, at which share, first and latest time."""

    rollout = models.ForeignKey(Rollout, on_delete=models.CASCADE, related_name="exposures")
    unit = models.CharField(max_length=80)
    variant = models.CharField(max_length=20)
    bucket = models.PositiveSmallIntegerField()
    share_percent = models.DecimalField(max_digits=5, decimal_places=2)
    is_targeted = models.BooleanField(default=False, help_text="By its tier, not by lot.")
    first_at = models.DateTimeField(default=timezone.now)
    latest_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("rollout", "unit"), name="one_exposure_per_unit")]
        ordering = ("-latest_at",)

    def __str__(self) -> str:
        return f"{self.rollout_id}:{self.variant}"


class RolloutOutcome(models.Model):
    """What came of a unit's first turn in one respect. Evidence: written once, then only marked as counted."""

    rollout = models.ForeignKey(Rollout, on_delete=models.CASCADE, related_name="outcomes")
    run = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=20, choices=[(kind.value, kind.value) for kind in GuardKind])
    unit = models.CharField(max_length=80)
    variant = models.CharField(max_length=20)
    share_percent = models.DecimalField(max_digits=5, decimal_places=2, help_text="In force when the unit met it.")
    value = models.FloatField(help_text="1: bad, 0: good; of latency milliseconds.")
    at = models.DateTimeField(default=timezone.now)
    position = models.PositiveIntegerField(null=True, help_text="In the order in which they were counted, from 1.")

    class Meta:
        ordering = ("pk",)
        constraints = [
            models.UniqueConstraint(fields=("rollout", "run", "kind", "unit"), name="one_outcome_per_unit_and_kind"),
            models.UniqueConstraint(fields=("rollout", "run", "position"), name="one_place_per_outcome"),
        ]
        indexes = [
            models.Index(fields=("rollout", "id"), condition=models.Q(position=None), name="outcomes_not_counted")
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.variant}: {self.value:g}"


class Guard(models.Model):
    """What is known of one fault in one variant during one run. Changed only while its rollout's row is locked."""

    rollout = models.ForeignKey(Rollout, on_delete=models.CASCADE, related_name="watch")
    run = models.PositiveSmallIntegerField()
    variant = models.CharField(max_length=20)
    kind = models.CharField(max_length=20, choices=[(kind.value, kind.value) for kind in GuardKind])
    figures = models.JSONField(default=dict, help_text="The evidence as the domain keeps it.")
    count = models.PositiveIntegerField(default=0, help_text="Outcomes counted.")
    course = models.JSONField(default=list, help_text="Pairs of count and natural logarithm of E, thinned out.")
    stopped_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("rollout", "run", "variant", "kind")
        constraints = [
            models.UniqueConstraint(fields=("rollout", "run", "variant", "kind"), name="one_guard_per_kind_and_run")
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.variant}"


class RolloutEvent(models.Model):
    """Somebody or something moved a rollout: who, what, why, and on what evidence."""

    rollout = models.ForeignKey(Rollout, on_delete=models.CASCADE, related_name="events")
    run = models.PositiveSmallIntegerField()
    move = models.CharField(max_length=20, choices=[*((move.value, move.value) for move in Move), ("warn", "warn")])
    from_state = models.CharField(max_length=12)
    to_state = models.CharField(max_length=12)
    share_before = models.DecimalField(max_digits=5, decimal_places=2)
    share_after = models.DecimalField(max_digits=5, decimal_places=2)
    who = models.CharField(max_length=80, help_text="A name, or lnrag itself.")
    why = models.CharField(max_length=300)
    evidence = models.JSONField(default=dict)
    at = models.DateTimeField(default=timezone.now)
    is_alarm = models.BooleanField(default=False)
    seen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-pk",)
        indexes = [
            models.Index(
                fields=("at",), condition=models.Q(is_alarm=True, seen_at=None), name="rollout_alarms_not_seen"
            )
        ]

    def __str__(self) -> str:
        return f"{self.rollout_id}: {self.move}"

    @property
    def told(self) -> dict[str, Any]:
        """The evidence without what is only for machines."""
        return {name: value for name, value in self.evidence.items() if not isinstance(value, list | dict)}


class ShadowRun(models.Model):
    """One turn asked again in the shadow: nobody sees it, nothing is done with it, it is only compared."""

    class State(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        SKIPPED = "skipped"

    rollout = models.ForeignKey(Rollout, on_delete=models.CASCADE, related_name="shadows")
    variant = models.CharField(max_length=20)
    subject = models.JSONField(default=dict, help_text="What was asked, as keys only: enough to ask again.")
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    asked_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)
    shown = models.JSONField(default=dict, help_text="Quality, milliseconds and faults of the turn that was shown.")
    shadow = models.JSONField(default=dict, help_text="The same of the one in the shadow.")
    reason = models.CharField(max_length=60, blank=True, help_text="Why there is nothing to compare.")

    class Meta:
        ordering = ("-pk",)
        indexes = [models.Index(fields=("id",), condition=models.Q(state="waiting"), name="shadows_waiting")]

    def __str__(self) -> str:
        return f"{self.variant}: {self.state}"
