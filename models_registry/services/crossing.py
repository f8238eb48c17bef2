"""Hold a rollout that a unit met in two arms: its lots do not draw as they did, and nothing it shows can be trusted."""

import logging
from datetime import datetime

from models_registry.domain.errors import RolloutMoveNotAllowed
from models_registry.domain.ramp import Move
from models_registry.domain.rollout import Assignment, is_crossing
from models_registry.models import Exposure, RolloutEvent
from models_registry.services import ramp
from models_registry.services.ramp import ITSELF, Cause

logger = logging.getLogger(__name__)
WHY = (
    "A unit that had met {before} was now given {now}: units are not drawn as they were, so no figure is to be trusted."
)


def hold_if_crossed(row: Exposure, met: Assignment, *, at: datetime) -> bool:
    """Hold the rollout, with the evidence, when this unit met another arm in the same run; return whether it did."""
    is_other = is_crossing(met, variant=row.variant, bucket=row.bucket, was_targeted=row.is_targeted)
    if not is_other or _is_of_earlier_run(row):
        return False
    evidence = {
        "unit": row.unit,
        "variant_before": row.variant,
        "variant_now": met.variant,
        "bucket_before": row.bucket,
        "bucket_now": met.bucket,
        "met_before": row.latest_at.isoformat(timespec="seconds"),
    }
    why = WHY.format(before=row.variant, now=met.variant)
    try:
        ramp.hold(row.rollout_id, cause=Cause(ITSELF, why, at, evidence, is_alarm=True))
    except RolloutMoveNotAllowed:  # another unit's turn was a moment faster
        return False
    logger.warning("models_registry.rollout.held", extra={"rollout": met.spec.slug, **evidence})
    return True


def _is_of_earlier_run(row: Exposure) -> bool:
    """Return whether the unit was last met before the evidence began anew."""
    begun = RolloutEvent.objects.filter(rollout=row.rollout_id, move__in=(Move.START, Move.RESUME))
    return begun.filter(at__gt=row.latest_at).exists()
