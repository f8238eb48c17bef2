"""What experience may change, and how little at once."""

import pytest

from models_registry.domain.chat import ModelTier
from models_registry.domain.figures import Source, figures_of
from models_registry.domain.options import Features, Naming, Option, Policy
from models_registry.domain.routing import decide

LEARNING = Policy(is_learning=True)


def seen(model, *, latency_ms, quality, calls=200, declared=(1000, 7.0), **more):
    return Option(
        host="here",
        model=model,
        declared_latency_ms=declared[0],
        declared_quality=declared[1],
        observed_latency_ms=latency_ms,
        observed_quality=quality,
        calls=calls,
        **more,
    )


def order(options, policy, **more):
    names = tuple(one.model for one in options)
    features = Features(wanted=names, usual=names, naming=Naming.STRATEGY, **more)
    return [options[at].model for at in decide(options, features=features, policy=policy).order]


def test_a_policy_that_learns_blends_from_the_first_call_on():
    found = figures_of(seen("a:1", latency_ms=2000, quality=7.5, calls=20), policy=LEARNING)

    assert (found.latency_ms, found.quality) == (1500, 7.25)
    assert found.latency_source is Source.BLENDED


@pytest.mark.parametrize(("latency_ms", "quality", "expected"), [(90_000, 0.5, (4000, 6.0)), (1, 10.0, (250, 8.0))])
def test_experience_moves_figures_within_bounds_only(latency_ms, quality, expected):
    found = figures_of(seen("a:1", latency_ms=latency_ms, quality=quality, calls=100_000), policy=LEARNING)

    assert (found.latency_ms, found.quality) == expected


def test_without_learning_figures_are_declared_or_measured():
    option = seen("a:1", latency_ms=2000, quality=None, calls=19)

    assert figures_of(option, policy=Policy()).latency_source is Source.DECLARED
    assert figures_of(option, policy=Policy(observed_after=19)).latency_ms == 2000
    assert figures_of(Option("h", "m"), policy=LEARNING).quality_source is Source.UNKNOWN


def test_a_clearly_better_model_moves_up_by_two_places_at_most():
    options = [
        seen("a:1", latency_ms=8000, quality=6.0),
        seen("b:1", latency_ms=8000, quality=6.0),
        seen("c:1", latency_ms=8000, quality=6.0),
        seen("d:1", latency_ms=500, quality=8.0),
    ]

    assert order(options, LEARNING) == ["a:1", "d:1", "b:1", "c:1"]
    assert order(options, Policy()) == ["a:1", "b:1", "c:1", "d:1"]


def test_a_little_better_is_not_enough_and_declared_values_move_nothing():
    near = [seen("a:1", latency_ms=1000, quality=7.0), seen("b:1", latency_ms=950, quality=7.1)]
    declared = [
        Option("h", "a:1", declared_latency_ms=9000, declared_quality=1.0),
        seen("b:1", latency_ms=1, quality=9.0),
    ]

    assert order(near, LEARNING) == ["a:1", "b:1"]
    assert order(declared, LEARNING) == ["a:1", "b:1"]


@pytest.mark.parametrize(("place", "first"), [(499, "new:1"), (500, "known:1"), (9999, "known:1")])
def test_a_bounded_share_of_units_tries_a_less_known_model(place, first):
    options = [seen("known:1", latency_ms=500, quality=8.0), seen("new:1", latency_ms=500, quality=8.0, calls=3)]

    assert order(options, Policy(exploration_share=0.05), place=place)[0] == first
    assert order(options, Policy(), place=0)[0] == "known:1"


def test_nobody_explores_dearer_models_or_when_a_model_was_asked_for():
    dear = seen("dear:1", latency_ms=1, quality=9.0, calls=0, tier=ModelTier.PREMIUM)
    known, new = seen("known:1", latency_ms=1, quality=9.0), seen("new:1", latency_ms=1, quality=9.0, calls=0)
    everyone = Policy(exploration_share=0.2)

    assert order([known, dear], everyone, place=0)[0] == "known:1"
    features = Features(wanted=("known:1",), naming=Naming.REQUEST, place=0)
    decision = decide([known, new], features=features, policy=everyone)
    assert (decision.explored, decision.order[0]) == (None, 0)


def test_exploring_is_told():
    options = [seen("known:1", latency_ms=1, quality=9.0), seen("new:1", latency_ms=1, quality=9.0, calls=0)]

    decision = decide(options, features=Features(is_auto=True, place=7), policy=Policy(exploration_share=0.1))

    assert decision.explored == 1
    assert decision.reasons == ("another one is tried this time", "tried because it is less known than the others")
