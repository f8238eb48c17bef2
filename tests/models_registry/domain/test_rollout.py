"""OLLAMA.md C.1: sticky, monotone buckets."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models_registry.domain.rollout import Engine, bucket, choose, is_in_share


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
    before = choose(unit, rollout="advice-v2", share_percent=Decimal(low))
    after = choose(unit, rollout="advice-v2", share_percent=Decimal(high))

    assert before.bucket == after.bucket
    assert not (before.engine is Engine.V2 and after.engine is Engine.RULES)


def test_a_tenth_of_the_units_is_in_a_tenth():
    inside = sum(
        choose(f"node-{n}", rollout="advice-v2", share_percent=Decimal(10)).engine is Engine.V2 for n in range(5000)
    )

    assert 400 < inside < 600


def test_the_variant_is_the_engine():
    assert choose("x", rollout="r", share_percent=Decimal(100)).variant == "v2"
    assert choose("x", rollout="r", share_percent=Decimal(0)).variant == "rules"
