"""Decide what a unit gets, and write down that it met the rollout. What is decided here acts on this very request."""

from datetime import datetime

from models_registry import metrics
from models_registry.domain.rollout import Assignment, Engine, RolloutChoice, assign
from models_registry.domain.variants import ADVICE as ADVICE_PURPOSE
from models_registry.models import Exposure
from models_registry.services import registry
from models_registry.services.crossing import hold_if_crossed
from models_registry.services.plan import tier_of

ADVICE = "advice-v2"
NO_ROLLOUT = RolloutChoice(engine=Engine.RULES, rollout=None, bucket=None, share_percent=None)


def rollout_choice(
    unit: str,
    *,
    at: datetime,
    purpose: str = ADVICE_PURPOSE,
    asker: str = "",
    tier: str | None = None,
    engine: Engine | None = None,
) -> RolloutChoice:
    """Return what this unit gets and store its exposures; the rules when no enabled rollout says otherwise.

    `tier` is that of `asker` where it is None. `engine` is what the caller insists on: rollouts of the engine then do
    not count, and are not met.
    """
    known = registry.current()
    specs = known.rollouts_of(purpose)
    tier = tier or (tier_of(asker, known) if specs else None)
    met = tuple(assign(unit, spec=one, tier=tier) for one in specs if engine is None or not one.has_engine)
    for one in met:
        expose(unit, one, at=at)
    decider = next((one for one in met if one.spec.has_engine), None)
    if decider is None:
        return RolloutChoice(engine or Engine.RULES, None, None, None, met)
    chosen = decider.changes.engine or Engine.RULES
    return RolloutChoice(chosen, decider.spec.slug, decider.bucket, decider.spec.share_percent, met)


def expose(unit: str, met: Assignment, *, at: datetime) -> None:
    """Write down that a unit met a rollout, and hold the rollout when it met it in another arm before."""
    now = {
        "variant": met.variant,
        "share_percent": met.spec.share_percent,
        "is_targeted": met.is_targeted,
        "latest_at": at,
    }
    row, is_new = Exposure.objects.get_or_create(
        rollout_id=met.spec.key,
        unit=unit[:80],
        defaults={**now, "bucket": met.bucket, "first_at": at},
    )
    if is_new:
        metrics.ROLLOUT_EXPOSURES.labels(rollout=met.spec.slug, variant=met.variant).inc()
        return
    if met.spec.is_watched:
        hold_if_crossed(row, met, at=at)
    # A turn that began earlier and is written later tells of the past.
    Exposure.objects.filter(pk=row.pk, latest_at__lte=at).update(**now, bucket=met.bucket)
