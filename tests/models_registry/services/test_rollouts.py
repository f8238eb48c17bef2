"""A share decides, an exposure remembers."""

from datetime import timedelta
from decimal import Decimal

import pytest
from prometheus_client import REGISTRY

from models_registry.domain.rollout import Engine
from models_registry.models import Exposure, Rollout, Variant
from models_registry.services.rollouts import rollout_choice
from tests.models_registry.rows import NOW

pytestmark = pytest.mark.django_db


def rollout(share=100, **more):
    return Rollout.objects.create(slug="advice-v2", name="Advice", share_percent=Decimal(share), **more)


@pytest.mark.parametrize(("share", "engine"), [(100, Engine.V2), (0, Engine.RULES)])
def test_the_share_decides(share, engine):
    rollout(share)

    assert rollout_choice("node", at=NOW).engine is engine


def test_without_an_enabled_rollout_the_rules_answer_and_nothing_is_stored():
    assert rollout_choice("node", at=NOW).engine is Engine.RULES
    rollout(is_enabled=False)
    choice = rollout_choice("node", at=NOW)

    assert (choice.engine, choice.rollout, choice.bucket) == (Engine.RULES, None, None)
    assert not Exposure.objects.exists()


@pytest.mark.parametrize(
    ("state", "engine", "is_met"),
    [("draft", Engine.RULES, False), ("rolled_back", Engine.RULES, True), ("held", Engine.V2, True)],
)
def test_a_state_may_give_it_to_nobody(state, engine, is_met):
    rollout(state=state, always_tiers=["standard"])

    assert rollout_choice("node", at=NOW, asker="user:1").engine is engine
    assert Exposure.objects.exists() is is_met


def test_the_tier_of_the_asker_beats_the_hash_and_proves_nothing():
    rollout(0, always_tiers=["premium"])

    plain, premium = (rollout_choice(f"node-{tier}", at=NOW, tier=tier) for tier in ("standard", "premium"))

    assert (plain.engine, premium.engine) == (Engine.RULES, Engine.V2)
    assert Exposure.objects.get(unit="node-premium").is_targeted


def test_an_experiment_is_met_also_where_the_engine_is_asked_for():
    rollout(0)
    row = Rollout.objects.create(slug="cool", name="Cool", share_percent=Decimal(100))
    Variant.objects.create(rollout=row, slug="cool", changes=[{"kind": "strategy", "temperature": 0.1}])

    choice = rollout_choice("node", at=NOW, engine=Engine.V2)

    assert (choice.engine, choice.rollout) == (Engine.V2, None)
    assert choice.changes.knobs == {"temperature": 0.1}
    assert choice.experiments == ("cool:cool",)
    Variant.objects.update(changes=[{"kind": "nonsense"}])  # written past the admin
    assert rollout_choice("node", at=NOW, engine=Engine.V2).changes.knobs == {}


def test_meeting_twice_is_one_exposure_with_both_times():
    rollout()
    labels = {"rollout": "advice-v2", "variant": "v2"}
    before = REGISTRY.get_sample_value("lnrag_rollout_exposures_total", labels) or 0

    first = rollout_choice("node", at=NOW)
    again = rollout_choice("node", at=NOW + timedelta(days=1))

    row = Exposure.objects.get()
    assert first == again
    assert (row.first_at, row.latest_at) == (NOW, NOW + timedelta(days=1))
    assert (row.unit, row.variant, row.bucket, row.share_percent) == ("node", "v2", first.bucket, Decimal(100))
    assert REGISTRY.get_sample_value("lnrag_rollout_exposures_total", labels) == before + 1
    assert str(row) == f"{row.rollout_id}:v2"


def test_a_turn_that_began_earlier_and_is_written_later_does_not_undo_the_latest():
    row = rollout(100)
    rollout_choice("node", at=NOW)
    Rollout.objects.filter(pk=row.pk).update(share_percent=0)

    rollout_choice("node", at=NOW - timedelta(seconds=1))

    met = Exposure.objects.get()
    assert (met.variant, met.share_percent, met.latest_at) == ("v2", Decimal(100), NOW)


def test_an_edit_of_the_share_acts_at_once_and_moves_nobody_out():
    row = rollout(10)
    inside = {unit for unit in map(str, range(100)) if rollout_choice(unit, at=NOW).engine is Engine.V2}

    row.share_percent = Decimal(25)
    row.save()

    now_inside = {unit for unit in map(str, range(100)) if rollout_choice(unit, at=NOW).engine is Engine.V2}
    assert inside < now_inside
