"""Decide which engine a unit gets, and write down that it met the rollout."""

from datetime import datetime

from models_registry import metrics
from models_registry.domain.rollout import Engine, RolloutChoice, bucket, choose, salt_of
from models_registry.models import Exposure, Rollout

ADVICE = "advice-v2"
NO_ROLLOUT = RolloutChoice(engine=Engine.RULES, rollout=None, bucket=None, share_percent=None)


def rollout_choice(unit: str, *, at: datetime, rollout: str = ADVICE) -> RolloutChoice:
    """Return the engine for this unit and store its exposure; the rules when there is no enabled rollout."""
    row = _enabled(rollout)
    if row is None:
        return NO_ROLLOUT
    choice = choose(unit, rollout=row.slug, share_percent=row.share_percent)
    now = {"variant": choice.variant, "share_percent": row.share_percent, "latest_at": at}
    _, is_new = Exposure.objects.update_or_create(
        rollout=row,
        unit=unit,
        defaults=now,
        create_defaults={**now, "bucket": bucket(unit, salt=salt_of(row.slug)), "first_at": at},
    )
    if is_new:
        metrics.ROLLOUT_EXPOSURES.labels(rollout=row.slug, variant=choice.variant).inc()
    return choice


def _enabled(slug: str) -> Rollout | None:
    return Rollout.objects.filter(slug=slug, is_enabled=True).first()
