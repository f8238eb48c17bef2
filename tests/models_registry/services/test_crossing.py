"""A unit that is seen in two arms holds its rollout: whatever drew it, the figures are not to be trusted."""

from datetime import timedelta
from decimal import Decimal

import pytest

from models_registry.models import Exposure, Rollout, RolloutEvent
from models_registry.queries.rollouts import unseen_alarms
from models_registry.services import ramp
from models_registry.services.ramp import Cause
from models_registry.services.rollouts import rollout_choice
from tests.models_registry.rows import NOW

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def two_arms() -> Rollout:
    row = Rollout.objects.create(slug="pair", name="Pair", share_percent=Decimal(50), state="running", purpose="answer")
    for slug, temperature in (("cool", 0.1), ("warm", 0.9)):
        row.variants.create(slug=slug, changes=[{"kind": "strategy", "temperature": temperature}])
    return row


def meet(unit: str, *, at=NOW, **more) -> str:
    (met,) = rollout_choice(unit, at=at, purpose="answer", **more).assignments
    return met.variant


def unit_in(variant: str) -> str:
    return next(unit for unit in map(str, range(1_000)) if meet(unit) == variant)


def state(row: Rollout) -> str:
    row.refresh_from_db()
    return row.state


def test_an_imported_exposure_in_another_arm_holds_it_with_the_evidence(two_arms):
    unit = unit_in("cool")
    Exposure.objects.filter(unit=unit).update(variant="warm")

    meet(unit, at=LATER)

    (event,) = unseen_alarms()
    assert (state(two_arms), event.move, event.share_after) == ("held", "hold", Decimal(50))
    assert (event.evidence["variant_before"], event.evidence["variant_now"]) == ("warm", "cool")
    assert event.evidence["unit"] == unit
    meet(unit, at=LATER)
    Exposure.objects.filter(unit=unit).update(variant="warm")
    meet(unit, at=LATER)  # it is held already
    assert RolloutEvent.objects.count() == 1


def test_another_salt_is_noticed_by_the_first_unit_that_changes_sides(two_arms):
    inside = unit_in("cool")
    Exposure.objects.filter(unit=inside).update(variant="old", bucket=9_999)

    meet(inside, at=LATER)

    assert state(two_arms) == "held"


@pytest.mark.parametrize("share", [0, 10, 100])
def test_a_share_that_grows_or_ends_is_no_crossing(two_arms, share):
    before = {unit: meet(unit) for unit in map(str, range(40))}
    Rollout.objects.filter(pk=two_arms.pk).update(share_percent=share)

    after = {unit: meet(unit, at=LATER) for unit in before}

    assert after != before
    assert state(two_arms) == "running"


def test_a_tier_moves_a_unit_past_the_lots(two_arms):
    Rollout.objects.filter(pk=two_arms.pk).update(never_tiers=["standard"])
    unit = next(unit for unit in map(str, range(1_000)) if meet(unit, tier="premium") == "cool")

    assert meet(unit, tier="standard", at=LATER) == "old"
    assert state(two_arms) == "running"


def test_what_was_met_before_the_evidence_began_anew_does_not_hold_it_again(two_arms):
    unit = unit_in("cool")
    Exposure.objects.filter(unit=unit).update(variant="warm")
    ramp.hold(two_arms.pk, cause=Cause("ada", "Look.", LATER))
    ramp.resume(two_arms.pk, cause=Cause("ada", "Go on.", LATER))

    meet(unit, at=LATER)

    assert state(two_arms) == "running"
    assert Exposure.objects.get(unit=unit).variant == "cool"
