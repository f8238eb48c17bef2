"""Who is asked, in which order, and why each other one lost."""

from decimal import Decimal

import pytest

from models_registry.domain.chat import ModelTier
from models_registry.domain.options import Features, Naming, Option, Policy
from models_registry.domain.routing import decide

LOCAL, BALANCED, PREMIUM = ModelTier.LOCAL, ModelTier.BALANCED, ModelTier.PREMIUM
POLICY = Policy()


def option(model, *, latency_ms=None, quality=None, cost="0", host="here", **more):
    numbers = {"declared_latency_ms": latency_ms, "declared_quality": quality}
    return Option(host=host, model=model, cost_usd=Decimal(cost), **numbers, **more)


PHI = option("phi3:medium", latency_ms=500, quality=7.8)
QWEN = option("qwen2.5:14b", latency_ms=1400, quality=8.5)
MISTRAL = option("mistral:7b", latency_ms=700, quality=6.5)
HAIKU = option("haiku:1", latency_ms=1200, quality=8.5, cost="0.0007", tier=BALANCED)
OPUS = option("opus:1", latency_ms=2000, quality=9.5, cost="0.04", tier=PREMIUM)
ALL = (QWEN, PHI, MISTRAL, HAIKU, OPUS)


def named(options, *, features, policy=POLICY):
    decision = decide(options, features=features, policy=policy)
    return [options[at].model for at in decision.order]


def auto(complexity=0.0, **more):
    return Features(is_auto=True, complexity=complexity, **more)


def wanting(*names, **more):
    return Features(wanted=names, usual=names, naming=Naming.STRATEGY, **more)


@pytest.mark.parametrize(
    ("complexity", "first", "reason"),
    [
        (0.0, "phi3:medium", "complexity 0: the fastest of the cheapest tier"),
        (0.29, "phi3:medium", "complexity 0.29: the fastest of the cheapest tier"),
        (0.3, "qwen2.5:14b", "complexity 0.3: the most quality for its cost"),
        (0.69, "qwen2.5:14b", "complexity 0.69: the most quality for its cost"),
        (0.7, "opus:1", "complexity 0.7: the best"),
        (1.0, "opus:1", "complexity 1: the best"),
    ],
)
def test_complexity_decides_between_fast_worthwhile_and_best(complexity, first, reason):
    decision = decide(ALL, features=auto(complexity), policy=POLICY)

    assert ALL[decision.order[0]].model == first
    assert decision.reasons[decision.order[0]] == reason


def test_the_bands_are_the_policys():
    assert named(ALL, features=auto(0.2), policy=Policy(low_complexity=0.1, high_complexity=0.2))[0] == "opus:1"


def test_fallback_goes_from_the_chosen_tier_down_then_to_other_local_ones():
    assert named(ALL, features=auto(0.9)) == ["opus:1", "haiku:1", "qwen2.5:14b", "phi3:medium", "mistral:7b"]


def test_when_every_local_model_fails_a_dearer_one_is_the_last_resort():
    assert named(ALL, features=auto(0.1)) == ["phi3:medium", "mistral:7b", "qwen2.5:14b", "haiku:1", "opus:1"]


def test_an_obstacle_or_the_cost_cap_keeps_a_model_out_and_says_why():
    dear = option("dear:1", latency_ms=1, quality=10.0, cost="0.0501", tier=PREMIUM)
    gone = option("gone:1", latency_ms=1, quality=10.0, obstacle="not installed")
    options = (PHI, dear, gone)

    decision = decide(options, features=auto(0.9), policy=POLICY)

    assert decision.order == (0,)
    assert decision.reasons[1] == "it would cost about 0.0501 $, over the cap of 0.05 $"
    assert decision.reasons[2] == "not installed"


def test_nobody_can_be_asked():
    decision = decide((), features=auto(), policy=POLICY)

    assert (decision.order, decision.chosen, decision.reasons) == ((), None, ())


def test_wished_models_come_first_in_order_then_the_largest():
    options = [option("a:1", size_bytes=9), option("b:1", size_bytes=1), option("c:1"), option("d:1", size_bytes=7)]

    assert named(options, features=wanting("c", "missing:1", "b:1")) == ["c:1", "b:1", "a:1", "d:1"]


def test_a_strategys_order_stands_whatever_the_complexity():
    assert named(ALL, features=wanting("mistral", "phi3", complexity=0.9))[:2] == ["mistral:7b", "phi3:medium"]


def test_one_model_on_two_hosts_stands_together():
    options = (option("a:1", host="one"), option("b:1", host="one"), option("a:1", host="two"))

    decision = decide(options, features=wanting("a", "b"), policy=POLICY)

    assert [(options[at].model, options[at].host) for at in decision.order] == [
        ("a:1", "one"),
        ("a:1", "two"),
        ("b:1", "one"),
    ]
    assert decision.reasons[2].startswith("the same model on another host")


def test_a_rule_names_models_then_its_specialty_counts_then_the_bands():
    coder = option("coder:7b", latency_ms=9000, quality=1.0, specialties=("code",))
    options = (*ALL, coder)
    features = auto(0.1, wanted=("mistral",), naming=Naming.RULE, rule="code", rule_words=("api",), specialty="code")

    decision = decide(options, features=features, policy=POLICY)

    assert [options[at].model for at in decision.order[:3]] == ["mistral:7b", "coder:7b", "phi3:medium"]
    assert decision.reasons[decision.order[0]] == "the rule code calls for it (api)"


def test_without_routing_the_usual_list_alone_decides():
    off = Policy(is_routing=False, is_learning=True, exploration_share=0.2)
    features = auto(0.9, usual=("mistral",), wanted=("phi3",), naming=Naming.RULE, rule="x")

    decision = decide(ALL, features=features, policy=off)

    assert ALL[decision.order[0]].model == "mistral:7b"
    assert decision.reasons[decision.order[0]] == "the first of the list that can be asked"


def test_among_unknown_models_the_usual_list_settles_it():
    options = [option("b:1"), option("a:1"), option("mistral:7b")]

    for complexity in (0.1, 0.5, 0.9):
        assert named(options, features=auto(complexity, usual=("mistral", "a")))[0] == "mistral:7b"


@pytest.mark.parametrize(
    ("deadline_s", "first"), [(None, "qwen2.5:14b"), (1.4, "qwen2.5:14b"), (1.0, "phi3:medium"), (0.1, "phi3:medium")]
)
def test_a_short_deadline_prefers_fast_models(deadline_s, first):
    assert named(ALL, features=auto(0.5, deadline_s=deadline_s))[0] == first


def test_a_cold_load_counts_against_a_deadline_where_it_is_known():
    cold = option("cold:1", latency_ms=100, quality=9.9, load_s=8.0, is_resident=False)
    unknown = option("unknown:1", quality=5.0)
    options = (cold, unknown, QWEN)

    decision = decide(options, features=auto(0.5, deadline_s=3.0), policy=POLICY)

    assert [options[at].model for at in decision.order] == ["qwen2.5:14b", "unknown:1", "cold:1"]
    assert decision.reasons[0] == "about 8.1 s, later than the 3 s wanted"


@pytest.mark.parametrize(
    ("complexity", "reasons"),
    [
        (0.1, {"mistral:7b": "700 ms against 500 ms", "haiku:1": "balanced, where local is enough"}),
        (0.5, {"phi3:medium": "quality for its cost 780 against 850"}),
        (0.9, {"qwen2.5:14b": "quality 8.5 against 9.5"}),
    ],
)
def test_each_loser_is_told_why(complexity, reasons):
    decision = decide(ALL, features=auto(complexity), policy=POLICY)

    told = {one.model: reason for one, reason in zip(ALL, decision.reasons, strict=True)}
    assert {model: told[model] for model in reasons} == reasons
    assert all(decision.reasons)


@pytest.mark.parametrize(("calls", "first"), [(19, "phi3:medium"), (20, "mistral:7b")])
def test_measured_values_replace_declared_ones_after_enough_calls(calls, first):
    slow = option("phi3:medium", latency_ms=500, quality=7.8, observed_latency_ms=4000, calls=calls)

    assert named((slow, MISTRAL), features=auto(0.1))[0] == first
