"""A rollout moves as its table says, writes down who and why, and acts on the next request."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User

from models_registry.domain.errors import RolloutMoveNotAllowed
from models_registry.domain.variants import Engine
from models_registry.models import Exposure, Rollout, RolloutEvent, Route, Variant
from models_registry.services import ramp, routes
from models_registry.services.ramp import Cause
from models_registry.services.rollouts import rollout_choice
from tests.models_registry.rows import NOW

pytestmark = pytest.mark.django_db
WEEK = timedelta(days=7)


def by(at=NOW, why="Because."):
    return Cause("ada", why, at)


@pytest.fixture
def draft():
    row = Rollout.objects.create(slug="advice-v2", name="Advice", state="draft", share_percent=0, gate_units=2)
    Variant.objects.create(rollout=row, slug="v2", changes=[{"kind": "engine", "engine": "v2"}])
    return row


def stand(row):
    row.refresh_from_db()
    return row.state, float(row.share_percent)


def expose(row, *, at, count=2):
    for variant in ("rules", "v2"):
        for number in range(count):
            unit = f"{variant}-{number}-{at:%d%H}"
            Exposure.objects.create(
                rollout=row, unit=unit, variant=variant, bucket=1, share_percent=1, first_at=at, latest_at=at
            )


def test_a_whole_life(draft):
    Route.objects.create(purpose="advice", kinds=["ollama"], model="phi3:medium")
    states = []
    ramp.start(draft.pk, cause=by())
    states.append(stand(draft))
    routes.change(Route.objects.get().pk, kinds=["ollama", "openai"], model="")
    epoch = routes.epoch("advice")
    ramp.hold(draft.pk, cause=by())
    states.append(stand(draft))
    ramp.resume(draft.pk, cause=by())
    states.append(stand(draft))
    ramp.step(draft.pk, cause=by(), is_override=True)
    states.append(stand(draft))
    ramp.roll_back(draft.pk, cause=by())
    states.append(stand(draft))
    ramp.resume(draft.pk, cause=by())
    states.append(stand(draft))

    route = Route.objects.get()
    assert states == [
        ("running", 10.0),
        ("held", 10.0),
        ("running", 10.0),
        ("running", 25.0),
        ("rolled_back", 0.0),
        ("running", 10.0),
    ]
    assert (route.kinds, route.model) == (["ollama"], "phi3:medium")
    assert routes.epoch("advice") > epoch
    assert draft.run == 3  # each resume begins new evidence
    assert [event.move for event in RolloutEvent.objects.order_by("pk")] == [
        *("start", "hold", "resume", "step", "roll_back", "resume")
    ]
    assert {(event.who, event.why) for event in RolloutEvent.objects.all()} == {("ada", "Because.")}


def test_rolling_back_takes_it_from_everybody_and_resuming_keeps_the_salt(draft):
    ramp.start(draft.pk, cause=by())
    ramp.set_share(draft.pk, share_percent=Decimal(40), cause=by())
    units = [f"node-{number}" for number in range(60)]
    inside = {unit for unit in units if rollout_choice(unit, at=NOW).engine is Engine.V2}

    ramp.roll_back(draft.pk, cause=by())
    after = {unit for unit in units if rollout_choice(unit, at=NOW).engine is Engine.V2}
    ramp.resume(draft.pk, cause=by())
    ramp.set_share(draft.pk, share_percent=Decimal(40), cause=by())

    assert inside
    assert after == set()
    assert {unit for unit in units if rollout_choice(unit, at=NOW).engine is Engine.V2} == inside


def test_steps_open_by_themselves_when_every_gate_does(draft):
    ramp.start(draft.pk, cause=by())
    expose(draft, at=NOW + timedelta(hours=1), count=1)
    expose(draft, at=NOW + WEEK, count=1)
    early = ramp.advance_due(at=NOW + WEEK - timedelta(seconds=1))

    (first,) = ramp.advance_due(at=NOW + WEEK)
    again = ramp.advance_due(at=NOW + WEEK)

    assert (early, again) == ((), ())
    assert (first.who, float(first.share_after)) == ("lnrag", 25.0)
    Rollout.objects.update(share_percent=50)
    expose(draft, at=NOW + 3 * WEEK)
    assert ramp.advance_due(at=NOW + 3 * WEEK) == ()  # to everybody only with a verdict
    ramp.note_verdict(draft.pk, is_passed=False, told=("mean quality 0.70",), at=NOW + 3 * WEEK)
    assert ramp.advance_due(at=NOW + 3 * WEEK) == ()
    ramp.note_verdict(draft.pk, is_passed=True, told=("mean quality 0.90",), at=NOW + 3 * WEEK)
    (latest,) = ramp.advance_due(at=NOW + 3 * WEEK)
    assert stand(draft) == ("completed", 100.0)
    assert latest.move == "complete"


def test_a_step_by_hand_needs_open_gates_or_an_override(draft):
    with pytest.raises(RolloutMoveNotAllowed):
        ramp.step(draft.pk, cause=by())
    ramp.start(draft.pk, cause=by())
    with pytest.raises(RolloutMoveNotAllowed, match="0 of 2 units in each arm"):
        ramp.step(draft.pk, cause=by())

    event = ramp.step(draft.pk, cause=by(why="The week is over."), is_override=True)

    assert (float(event.share_after), event.why) == (25.0, "The week is over.")


def test_a_day_of_silence_is_said_once(draft):
    ramp.start(draft.pk, cause=by())

    (warned,) = ramp.advance_due(at=NOW + timedelta(hours=25))
    again = ramp.advance_due(at=NOW + timedelta(hours=26))

    assert (warned.move, warned.is_alarm, again) == ("warn", True, ())
    user = User.objects.create(username="ada")
    assert ramp.see(user_id=user.pk, at=NOW, rollout="advice-v2") == 1
    assert ramp.see(user_id=user.pk, at=NOW) == 0


@pytest.mark.parametrize(
    ("state", "share", "to", "run"),
    [("running", 60, "running", 1), ("running", 100, "completed", 1), ("completed", 30, "running", 2)],
)
def test_a_share_set_by_hand_runs_or_completes_it(draft, state, share, to, run):
    Rollout.objects.update(state=state, share_percent=100 if state == "completed" else 10)

    ramp.set_share(draft.pk, share_percent=Decimal(share), cause=by())

    assert stand(draft) == (to, float(share))
    assert draft.run == run
    assert ramp.set_share(draft.pk, share_percent=Decimal(share), cause=by()) is None


@pytest.mark.parametrize("state", ["draft", "held", "rolled_back"])
def test_a_share_is_not_set_where_nobody_is_compared(draft, state):
    Rollout.objects.update(state=state)

    with pytest.raises(RolloutMoveNotAllowed, match="Start or resume"):
        ramp.set_share(draft.pk, share_percent=Decimal(60), cause=by())


def test_nothing_starts_without_a_variant(draft):
    Variant.objects.all().delete()

    with pytest.raises(RolloutMoveNotAllowed, match="variant"):
        ramp.start(draft.pk, cause=by())
