"""Read rollouts as units meet them: frozen values, whatever their rows become later."""

from decimal import Decimal

from models_registry.domain.errors import VariantInvalid
from models_registry.domain.ramp import RampState
from models_registry.domain.rollout import RolloutSpec, VariantSpec
from models_registry.domain.variants import ADVICE, Changes, Engine, parse
from models_registry.models import Rollout, Variant

ENGINE_VARIANT = VariantSpec(Engine.V2.value, changes=Changes(engine=Engine.V2))  # of a rollout that names none


def spec_of(row: Rollout) -> RolloutSpec:
    """Return one rollout as units meet it. One that is rolled back gives nobody anything, whatever its share says."""
    state = RampState(row.state)
    variants = tuple(_variant(one, row.purpose) for one in row.variants.all())
    return RolloutSpec(
        slug=row.slug,
        purpose=row.purpose,
        run=row.run,
        share_percent=Decimal(0) if state is RampState.ROLLED_BACK else row.share_percent,
        variants=variants or ((ENGINE_VARIANT,) if row.purpose == ADVICE else ()),
        always_tiers=frozenset(row.always_tiers if state is not RampState.ROLLED_BACK else ()),
        never_tiers=frozenset(row.never_tiers),
        is_watched=state is RampState.RUNNING,
        guards=frozenset(row.guards),
        key=row.pk,
        shadow_until=row.shadow_until,
    )


def _variant(row: Variant, purpose: str) -> VariantSpec:
    try:
        changes = parse(row.changes, purpose=purpose)
    except VariantInvalid:  # written past the admin: it changes nothing, rather than fail a question
        changes = Changes()
    return VariantSpec(row.slug, max(row.weight, 1), row.is_control, changes)
