"""OLLAMA.md C.1: sticky, monotone buckets; a second salt for arms; tiers beat the hash."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models_registry.domain.rollout import (
    Assignment,
    RolloutChoice,
    RolloutSpec,
    VariantSpec,
    arm,
    arm_salt_of,
    assign,
    bucket,
    comparisons,
    is_in_share,
    salt_of,
)
from models_registry.domain.variants import Changes, Engine

V2 = VariantSpec("v2", changes=Changes(engine=Engine.V2))
COOL, WARM = (
    VariantSpec(name, changes=Changes(knobs={"temperature": t})) for name, t in (("cool", 0.1), ("warm", 0.9))
)
CONTROL = VariantSpec("same", is_control=True)


def spec(share=10, *variants, **more):
    return RolloutSpec("advice-v2", Decimal(share), variants or (V2,), **more)


@pytest.mark.parametrize(
    ("salt", "unit", "expected"),
    [
        ("exp:chat-v2:rollout", "user-1", 6911),
        ("exp:chat-v2:rollout", "user-2", 3503),
        ("exp:chat-v2:arm", "user-1", 9078),
        ("exp:chat-v2:rollout", "пользователь-7", 6950),
    ],
)
def test_the_published_vectors_hold(salt, unit, expected):
    assert bucket(unit, salt=salt) == expected
    assert {salt_of("chat-v2"), arm_salt_of("chat-v2")} == {"exp:chat-v2:rollout", "exp:chat-v2:arm"}


@pytest.mark.parametrize(
    ("place", "share", "expected"),
    [
        (0, 0, False),
        (0, Decimal("0.01"), True),
        (1, Decimal("0.01"), False),
        (999, 10, True),
        (1000, 10, False),
        (9999, 100, True),
        (9999, Decimal("99.99"), False),
        (2549, 25.5, True),
        (2550, 25.5, False),
    ],
)
def test_a_share_holds_exactly_its_buckets(place, share, expected):
    assert is_in_share(place, share_percent=share) is expected


@given(st.text(min_size=1), st.integers(0, 100), st.integers(0, 100))
def test_raising_the_share_never_evicts_a_unit(unit, one, other):
    low, high = sorted((one, other))
    before, after = assign(unit, spec=spec(low, COOL, WARM)), assign(unit, spec=spec(high, COOL, WARM))

    assert before.bucket == after.bucket
    assert not before.is_inside or (after.is_inside and after.variant == before.variant)


def test_arms_do_not_depend_on_the_ramp():
    units, places = [f"node-{n}" for n in range(40_000)], []
    counts = {}
    for share in (5, 10, 25, 50, 100):
        met = [assign(unit, spec=spec(share, COOL, WARM)) for unit in units]
        inside = [one for one in met if one.is_inside]
        cool = sum(one.variant == "cool" for one in inside)
        counts[share] = (cool, len(inside))
        places.append((cool - len(inside) / 2) ** 2 / (len(inside) / 4))

    print(f"\nchi-square of the arms at 5, 10, 25, 50, 100 %: {[round(value, 2) for value in places]}; counts {counts}")
    assert max(places) < 10.83  # p = 0.001 at one degree of freedom


@pytest.mark.parametrize(
    ("weights", "place", "expected"),
    [((1,), 9999, 0), ((1, 1), 4999, 0), ((1, 1), 5000, 1), ((1, 3), 2499, 0), ((1, 3), 2500, 1), ((2, 1, 1), 7500, 2)],
)
def test_arms_share_the_buckets_by_weight(weights, place, expected):
    assert arm(place, weights=weights) == expected


@pytest.mark.parametrize(
    ("share", "tier", "is_inside", "is_targeted"),
    [
        (0, "premium", True, True),
        (100, "standard", False, True),
        (100, "balanced", True, False),
        (0, None, False, False),
        (0, "both", True, True),
    ],
)
def test_a_tier_beats_the_hash(share, tier, is_inside, is_targeted):
    tiers = {"always_tiers": frozenset({"premium", "both"}), "never_tiers": frozenset({"standard", "both"})}

    met = assign("node-1", spec=spec(share, **tiers), tier=tier)

    assert (met.is_inside, met.is_targeted) == (is_inside, is_targeted)


@pytest.mark.parametrize(
    ("variants", "variant", "share", "expected"),
    [
        ((V2,), "v2", 10, [("v2", True, 0.1)]),
        ((V2,), "rules", 25, [("v2", False, 0.25)]),
        ((V2,), "v2", 100, []),
        ((V2,), "rules", 0, []),
        ((COOL, WARM), "cool", 40, [("cool", True, 0.25)]),
        ((COOL, WARM), "old", 40, [("cool", False, 0.25), ("warm", False, 0.25)]),
        ((CONTROL, COOL), "same", 10, [("cool", False, 0.5)]),
        ((CONTROL, COOL), "old", 10, []),
    ],
)
def test_a_unit_is_compared_at_the_odds_it_was_drawn_with(variants, variant, share, expected):
    found = comparisons(spec(share, *variants), variant=variant, share_percent=share)

    assert [(one.variant, one.is_treated, pytest.approx(one.probability)) for one in found] == expected


def test_the_changes_of_all_rollouts_come_together():
    engine, tuned = assign("x", spec=spec(100)), assign("x", spec=spec(100, COOL))

    choice = RolloutChoice(Engine.V2, "advice-v2", 1, Decimal(100), (engine, tuned))

    assert (choice.changes.engine, choice.changes.knobs) == (Engine.V2, {"temperature": 0.1})
    assert choice.experiments == ("advice-v2:v2", "advice-v2:cool")
    assert isinstance(engine, Assignment)
    assert choice.variant == "v2"
