"""Outcomes are counted once, in order, under a lock; what they prove acts by itself, with the evidence."""

import threading
from dataclasses import asdict
from decimal import Decimal

import pytest
from django.db import connection, transaction

from models_registry.domain.guardrail import GuardKind
from models_registry.domain.rollout import comparisons
from models_registry.domain.variants import Engine
from models_registry.models import Exposure, Guard, Rollout, RolloutEvent, RolloutOutcome, Route, Variant
from models_registry.queries.rollout_specs import spec_of
from models_registry.queries.rollouts import evidence_of, rollout_view
from models_registry.services import guarding, registry
from models_registry.services.guarding import Heard
from models_registry.services.rollouts import rollout_choice
from tests.models_registry.rows import NOW

WELL = Heard(has_failed=False, broke_contract=False, is_ungrounded=False, latency_ms=900)
BROKEN = Heard(has_failed=False, broke_contract=True, is_ungrounded=False, latency_ms=900)


def rollout(share=50, **more):
    values = {"slug": "advice-v2", "name": "Advice", "share_percent": Decimal(share)}
    return Rollout.objects.create(**{**values, **more})


def turn(unit, heard=WELL, *, old=WELL):
    """One turn of a unit as a floor above tells it: noted in its transaction."""
    choice = rollout_choice(unit, at=NOW)
    with transaction.atomic():
        said = heard if choice.engine is Engine.V2 else old
        guarding.note(choice.assignments, unit=unit, heard=said, at=NOW)
    return choice.engine


def turns(count, heard=WELL):
    return [turn(f"node-{number}", heard) for number in range(count)]


@pytest.mark.django_db
def test_the_first_outcome_of_a_unit_counts_and_no_other():
    row = rollout()

    turn("node-1", WELL)
    turn("node-1", BROKEN, old=BROKEN)
    done = guarding.count_all(at=NOW)

    kinds = {"errors", "schema_failures", "ungrounded", "sample_ratio"}
    assert set(RolloutOutcome.objects.values_list("kind", flat=True)) == kinds  # latency is not guarded here
    assert done == len(kinds)
    assert set(RolloutOutcome.objects.values_list("value", flat=True)) == {0.0}
    assert guarding.count(row.pk, at=NOW) == 0  # counted already


@pytest.mark.django_db
@pytest.mark.parametrize(
    "changes", [{"state": "held"}, {"state": "completed"}, {"share_percent": 100}, {"always_tiers": ["standard"]}]
)
def test_what_cannot_be_compared_is_not_noted(changes):
    rollout(**changes)

    turns(5)

    assert not RolloutOutcome.objects.exists()


@pytest.mark.django_db
def test_a_fault_of_the_new_arm_rolls_it_back_with_the_evidence():
    row = rollout(20)
    Route.objects.create(purpose="advice", kinds=["ollama"], epoch=4)

    for number in range(120):
        turn(f"node-{number}", BROKEN)
        guarding.count(row.pk, at=NOW)

    row.refresh_from_db()
    (event,) = RolloutEvent.objects.all()
    guard = Guard.objects.get(kind=GuardKind.SCHEMA)
    assert (row.state, row.share_percent) == ("rolled_back", 0)
    assert (event.who, event.move, event.is_alarm, float(event.share_before)) == ("lnrag", "roll_back", True, 20.0)
    assert event.evidence["e_value"] >= 20
    assert event.evidence["n_b"] == event.evidence["y_b"] == guard.figures["n_b"]
    assert "broke their contract" in event.why
    assert Route.objects.get().epoch == 5
    assert rollout_choice("node-1", at=NOW).engine is Engine.RULES
    view = rollout_view(row, at=NOW)
    assert view.strongest == pytest.approx(event.evidence["e_value"], rel=0.01)
    assert [one.name for one in view.arms] == ["rules", "v2"]
    assert len(view.alarms) == 1


@pytest.mark.django_db
def test_units_that_get_lost_hold_it_without_blaming_the_new_arm():
    row = rollout(50)

    for number in range(400):
        choice = rollout_choice(f"node-{number}", at=NOW)
        if choice.engine is Engine.RULES or number % 4 == 0:  # the new arm loses most of its units
            guarding.note(choice.assignments, unit=f"node-{number}", heard=WELL, at=NOW)
    guarding.count(row.pk, at=NOW)

    row.refresh_from_db()
    assert (row.state, row.share_percent) == ("held", 50)
    assert RolloutEvent.objects.get().evidence["kind"] == "sample_ratio"


@pytest.mark.django_db
def test_a_vote_counts_for_the_variant_it_is_about():
    row = rollout()
    units = {turn(f"node-{number}"): f"node-{number}" for number in range(20)}

    for engine, unit in units.items():
        guarding.note_vote([f"advice-v2:{engine}"], unit=unit, is_down=True, at=NOW)
    guarding.note_vote(["advice-v2:other"], unit="node-0", is_down=True, at=NOW)
    guarding.note_vote(["gone:v2"], unit="node-0", is_down=True, at=NOW)

    votes = RolloutOutcome.objects.filter(kind=GuardKind.DOWN_VOTES)
    assert {(vote.unit, vote.variant) for vote in votes} == {(unit, engine.value) for engine, unit in units.items()}
    assert {vote.rollout_id for vote in votes} == {row.pk}


@pytest.mark.django_db
def test_slow_answers_stop_a_rollout_that_asks_for_it():
    row = rollout(guards=["latency"])
    slow = Heard(latency_ms=9000)

    for number in range(400):
        choice = rollout_choice(f"node-{number}", at=NOW)
        heard = slow if choice.engine is Engine.V2 else Heard(latency_ms=1000 + number)
        guarding.note(choice.assignments, unit=f"node-{number}", heard=heard, at=NOW)
    guarding.count(row.pk, at=NOW)

    row.refresh_from_db()
    assert row.state == "rolled_back"
    assert "slower" in RolloutEvent.objects.get().why


@pytest.mark.django_db
def test_too_little_found_rolls_back_what_changes_retrieval():
    rollout()
    row = Rollout.objects.create(slug="wide", name="Wide", purpose="answer", share_percent=50)
    Variant.objects.create(rollout=row, slug="wide", changes=[{"kind": "retrieval", "top_k": 12}])

    ((key, changes),) = guarding.retrieval_on_trial()
    assert changes == {"top_k": 12}
    assert guarding.note_recall(key, 0.7, at=NOW) is False
    assert guarding.note_recall(key, 0.69, at=NOW) is True

    assert set(Rollout.objects.values_list("slug", "state")) == {("advice-v2", "running"), ("wide", "rolled_back")}


@pytest.mark.django_db(transaction=True)
def test_processes_that_race_lose_double_and_disorder_nothing():
    row = rollout(share=50)
    names = [f"node-{number}" for number in range(40)]
    failures = []

    def worker(offset):
        try:
            for number in range(len(names)):
                turn(names[(number + offset) % len(names)], WELL)  # all meet the same units, in another order
                guarding.count_all(at=NOW)
        except Exception as exc:  # a thread's failure must reach the test
            failures.append(exc)
        finally:
            connection.close()

    threads = [threading.Thread(target=worker, args=(offset,)) for offset in (0, 10, 20, 30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    guarding.count_all(at=NOW)

    outcomes = list(RolloutOutcome.objects.order_by("position"))
    assert failures == []
    assert Exposure.objects.count() == len(names)
    assert len(outcomes) == 4 * len(names)
    assert [one.position for one in outcomes] == list(range(1, len(outcomes) + 1))
    spec = spec_of(row)
    for guard in Guard.objects.all():
        evidence = evidence_of(guard.kind, {})
        for one in (one for one in outcomes if one.kind == guard.kind):
            (odds,) = comparisons(spec, variant=one.variant, share_percent=one.share_percent)
            evidence = guarding.after(evidence, one.value, odds)
        assert asdict(evidence) == pytest.approx(guard.figures)
        assert guard.count == len(names)
    assert registry.current().rollouts[0].is_watched
