"""A decision is plain JSON, holds no text, and gives the same choice again."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models_registry.domain.chat import ModelTier
from models_registry.domain.decisions import MOST_CANDIDATES, plain, replay
from models_registry.domain.options import Features, Option, Policy
from models_registry.domain.routing import decide
from tests.models_registry.domain.test_routing import ALL, HAIKU, PHI, QWEN, auto


def stored(options, features, policy=Policy()):  # noqa: B008 - frozen
    decision = decide(options, features=features, policy=policy)
    return json.loads(json.dumps(plain(options, decision, features=features, policy=policy)))


def test_a_decision_tells_everything_but_the_text():
    features = auto(0.5, purpose="gateway", lang="fr", parts={"length": 0.2}, rule_words=("api",), prompt_tokens=12)

    told = stored(ALL, features)

    assert (told["selected"], told["selected_host"], told["explored"]) == ("qwen2.5:14b", "here", False)
    assert told["policy"]["max_cost_usd"] == "0.05"
    assert told["features"]["parts"] == {"length": 0.2}
    assert [row["rank"] for row in told["candidates"]] == [0, 1, 2, 3, 4]
    assert [row["is_chosen"] for row in told["candidates"]].count(True) == 1
    first = told["candidates"][0]
    assert (first["model"], first["source"], first["cost_usd"], first["breaker"]) == (
        "qwen2.5:14b",
        "declared",
        "0",
        "closed",
    )
    assert all(row["reason"] for row in told["candidates"])


def test_a_decision_stays_small():
    options = [Option("here", f"m{number}:1", obstacle="not installed") for number in range(60)] + [PHI]

    told = stored(options, auto())

    assert (len(told["candidates"]), told["left_out"]) == (MOST_CANDIDATES, 21)
    assert told["candidates"][0]["model"] == "phi3:medium"
    assert replay(told, policy=Policy()).is_same


@pytest.mark.parametrize("complexity", [0.0, 0.5, 0.9])
@pytest.mark.parametrize(
    "policy", [Policy(), Policy(is_routing=False), Policy(is_learning=True, exploration_share=0.2)]
)
@pytest.mark.parametrize("deadline_s", [None, 1.0])
def test_the_same_policy_makes_the_same_choice_again(complexity, policy, deadline_s):
    features = auto(complexity, usual=("mistral",), deadline_s=deadline_s, place=17)

    found = replay(stored(ALL, features, policy), policy=policy)

    assert found.is_same
    assert (found.cost_change_usd, found.latency_change_ms) == (Decimal(0), 0)


numbers = st.integers(1, 9000) | st.none()
made = st.builds(
    Option,
    host=st.sampled_from(["one", "two"]),
    model=st.sampled_from(["a:1", "b:1", "c:7b", "d:1-q4"]),
    tier=st.sampled_from(ModelTier),
    declared_latency_ms=numbers,
    declared_quality=st.sampled_from([None, 6.5, 8.0]),
    observed_latency_ms=numbers,
    observed_quality=st.sampled_from([None, 5.0, 9.0]),
    calls=st.integers(0, 60),
    cost_usd=st.sampled_from([Decimal(0), Decimal("0.01"), Decimal("0.2")]),
    load_s=st.sampled_from([None, 8.0]),
    is_resident=st.sampled_from([None, True, False]),
    size_bytes=numbers,
    specialties=st.sampled_from([(), ("code",)]),
    obstacle=st.sampled_from(["", "", "not installed"]),
)


@given(
    options=st.lists(made, max_size=12),
    complexity=st.floats(0, 1),
    is_auto=st.booleans(),
    wanted=st.lists(st.sampled_from(["a", "b:1", "c"]), max_size=3).map(tuple),
    deadline_s=st.sampled_from([None, 2.0]),
    place=st.integers(0, 9999),
    policy=st.builds(Policy, is_routing=st.booleans(), is_learning=st.booleans(), exploration_share=st.just(0.2)),
)
def test_any_decision_names_every_option_once_and_replays(
    options, complexity, is_auto, wanted, deadline_s, place, policy
):
    features = Features(
        is_auto=is_auto, complexity=complexity, wanted=wanted, deadline_s=deadline_s, place=place, specialty="code"
    )

    decision = decide(options, features=features, policy=policy)

    allowed = [at for at, one in enumerate(options) if not one.obstacle and one.cost_usd <= policy.max_cost_usd]
    assert sorted(decision.order) == allowed
    assert all(decision.reasons)
    assert replay(stored(options, features, policy), policy=policy).is_same


def test_another_policy_is_told_by_its_choice_cost_and_wait():
    told = stored((QWEN, PHI, HAIKU), auto(0.1))

    found = replay(told, policy=Policy(low_complexity=0.0, high_complexity=0.1))

    assert (found.before, found.after, found.is_same) == ("phi3:medium", "qwen2.5:14b", False)
    assert (found.cost_change_usd, found.latency_change_ms) == (Decimal(0), 900)


def test_costs_are_compared_and_a_cap_may_leave_nobody():
    told = stored((replace(HAIKU, obstacle=""),), auto(0.9))

    found = replay(told, policy=Policy(max_cost_usd=Decimal("0.0001")))

    assert (found.before, found.after) == ("haiku:1", "")
    assert (found.cost_change_usd, found.latency_change_ms) == (Decimal("-0.0007"), None)


def test_a_decision_of_another_version_is_not_guessed_at():
    with pytest.raises(ValueError, match="version 7"):
        replay({"version": 7}, policy=Policy())
