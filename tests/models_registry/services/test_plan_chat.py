"""Chat: a model that was named, or the best one for `auto`; where it may be answered, and why others lost."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User

from models_registry.domain.breaker import BreakerState
from models_registry.domain.chat import ModelTier
from models_registry.domain.errors import ModelNotInstalled
from models_registry.domain.hearing import hear
from models_registry.domain.query_types import QueryType
from models_registry.models import (
    Breaker,
    CatalogEntry,
    LanguageModel,
    Route,
    RoutingPolicy,
    RoutingRule,
    Tier,
    UserTier,
)
from models_registry.services import defaults
from models_registry.services.plan import plan_chat, plan_generation
from tests.models_registry.rows import NOW, host, model

pytestmark = pytest.mark.django_db
SIMPLE, DEEP = "Hello there", "Detailed, complete and critical: forecast my revenue as a table"


def chat(name="auto", prompt=SIMPLE, *, tier="premium", **more):
    return plan_chat(name, heard=hear(prompt), unit="key:1", user_tier=tier, at=NOW, **more)


def tags(plan):
    return [candidate.model for candidate in plan.candidates]


def reason_of(plan, tag):
    return next(row["reason"] for row in plan.decision["candidates"] if row["model"] == tag)


@pytest.fixture
def house():
    """The shipped rows, a local host with three models, and a hosted one that is switched on."""
    defaults.load(at=NOW)
    ollama = host("local", memory_gb=24)
    for tag in ("phi3:medium", "qwen2.5:14b-instruct", "mistral:7b-instruct"):
        model(ollama, tag)
    hosted = host("claude", kind="anthropic", base_url="https://api.anthropic.com", priority=50)
    for tag in ("claude-3-haiku-20240307", "claude-3-opus-20240229"):
        model(hosted, tag)
    return ollama


def open_road():
    Route.objects.filter(purpose="chat").update(kinds=["ollama", "anthropic"])


def test_a_simple_chat_goes_to_the_fastest_local_model(house):
    plan = chat()

    assert tags(plan)[0] == "phi3:medium"
    assert (plan.purpose, plan.unit, plan.user_tier, plan.query_type) == ("gateway", "key:1", "premium", "detailed")
    assert plan.decision["features"]["prompt_tokens"] == 2
    assert SIMPLE not in json.dumps(plan.decision)


def test_plain_chat_never_leaves_the_machine_unless_its_route_allows_it(house):
    assert tags(chat(prompt=DEEP))[0] == "qwen2.5:14b-instruct"
    assert reason_of(chat(), "claude-3-opus-20240229") == "gateway may not be answered by anthropic"

    open_road()

    plan = chat(prompt=DEEP)
    assert tags(plan)[0] == "claude-3-opus-20240229"
    assert plan.candidates[0].tier is ModelTier.PREMIUM
    assert plan.candidates[0].price.output_usd_per_mtok == 75


def test_answers_and_advice_stay_at_home_even_then(house):
    open_road()

    for purpose in ("answer", "advice", "unheard-of"):
        plan = plan_generation(QueryType.DETAILED, purpose=purpose, unit="u", user_tier="premium", prompt=DEEP)
        assert {candidate.tier for candidate in plan.candidates} == {ModelTier.LOCAL}


@pytest.mark.parametrize(
    ("tier", "hosted"),
    [("free", 0), ("standard", 1), ("premium", 2), ("enterprise", 2), ("unheard-of", 0)],
)
def test_a_tier_opens_its_models_only(house, tier, hosted):
    open_road()

    assert sum(tag.startswith("claude") for tag in tags(chat(prompt=DEEP, tier=tier))) == hosted


def test_a_tiers_row_decides_and_the_users_own_comes_before_the_default(house):
    open_road()
    alice = User.objects.create(username="alice")
    UserTier.objects.create(user=alice, tier=Tier.objects.get(slug="free"))
    Tier.objects.filter(slug="free").update(model_tiers=["local", "premium"])

    found = plan_chat("auto", heard=hear(DEEP), unit=f"user:{alice.pk}", user_tier=None)

    assert (found.user_tier, tags(found)[0]) == ("free", "claude-3-opus-20240229")
    assert plan_chat("auto", heard=hear("x"), unit="session:1", user_tier=None).user_tier == "standard"


def test_the_cost_cap_keeps_dear_models_out(house):
    open_road()
    RoutingPolicy.objects.update(max_cost_usd=Decimal("0.01"))

    plan = chat(prompt=DEEP)

    assert tags(plan)[:2] == ["qwen2.5:14b-instruct", "phi3:medium"]  # as good as the hosted one, and free
    assert "claude-3-haiku-20240307" in tags(plan)
    assert "over the cap of 0.01 $" in reason_of(plan, "claude-3-opus-20240229")


def test_a_hosted_model_without_a_price_is_never_asked(house):
    open_road()
    CatalogEntry.objects.filter(name__startswith="claude-3-opus").delete()

    assert "its price is not known" in reason_of(chat(prompt=DEEP), "claude-3-opus-20240229")


def test_a_server_of_our_own_that_speaks_openai_is_local_and_free(house):
    model(host("llamacpp", kind="openai", base_url="http://192.168.1.5:8080/v1"), "my-model:7b")
    Route.objects.filter(purpose="chat").update(kinds=["ollama", "openai"])

    candidate = next(one for one in chat(tier="free").candidates if one.model == "my-model:7b")
    assert (candidate.tier, candidate.price.output_usd_per_mtok) == (ModelTier.LOCAL, 0)


@pytest.mark.parametrize(
    ("memory_gb", "resident", "expected"),
    [(8, False, ["phi3:medium", "mistral:7b-instruct"]), (4, False, []), (8, True, 3), (None, False, 3)],
)
def test_a_model_above_the_known_memory_is_not_chosen(house, memory_gb, resident, expected):
    house.memory_gb, house.base_url = memory_gb, "http://10.0.0.9:11434"
    house.save()
    if resident:
        LanguageModel.objects.filter(tag__startswith="qwen").update(resident_until=NOW + timedelta(minutes=5))

    plan = chat()

    assert (tags(plan) if isinstance(expected, list) else len(tags(plan))) == expected
    if memory_gb == 8 and not resident:
        assert reason_of(plan, "qwen2.5:14b-instruct") == "it needs 9.0 GB of memory, its host has 8.0 GB"


def test_a_named_model_is_the_only_one_on_all_its_hosts(house):
    model(host("second", priority=5), "mistral:7b-instruct")

    plan = chat("Mistral:7b-instruct", prompt=DEEP, max_tokens=77, temperature=0.9)

    assert [(one.model, one.endpoint.slug) for one in plan.candidates] == [
        ("mistral:7b-instruct", "second"),
        ("mistral:7b-instruct", "local"),
    ]
    assert (plan.knobs.max_tokens, plan.knobs.temperature) == (77, 0.9)
    assert reason_of(plan, "phi3:medium") == "only mistral:7b-instruct was asked for"


def test_a_family_names_an_installed_model(house):
    assert tags(chat("qwen2.5")) == ["qwen2.5:14b-instruct"]


@pytest.mark.parametrize("change", [{"is_installed": False}, {"is_enabled": False}, {"tag": "other:1"}])
def test_an_unknown_or_absent_model_is_not_installed(house, change):
    LanguageModel.objects.filter(tag="phi3:medium").update(**change)

    with pytest.raises(ModelNotInstalled, match="phi3:medium"):
        chat("phi3:medium")
    assert "phi3:medium" not in tags(chat())


def test_a_known_model_on_a_dead_host_gives_a_plan_without_candidates(house):
    house.is_healthy, house.health_note = False, "refused"
    house.save()

    plan = chat("phi3:medium")

    assert not plan.can_generate
    assert "phi3:medium on local: its host does not answer (refused)" in plan.reasons


def test_an_open_breaker_keeps_out_and_one_that_is_due_asks_for_a_trial(house):
    breaker = Breaker.objects.create(
        name="local/phi3:medium", service="ollama_local", state=BreakerState.OPEN, opened_at=NOW, recovery_s=30
    )
    assert reason_of(chat(), "phi3:medium") == "it failed too often lately: its breaker is open"

    later = plan_chat("auto", heard=hear(SIMPLE), unit="u", user_tier="free", at=NOW + timedelta(seconds=31))
    first = later.candidates[0]
    assert (first.model, first.is_on_trial) == ("phi3:medium", True)
    assert later.decision["candidates"][0]["breaker"] == "half_open"

    breaker.delete()
    assert not chat().candidates[0].is_on_trial


def test_a_rule_calls_for_its_models_and_says_so(house):
    plan = chat(prompt="We are under attack!")

    assert (tags(plan)[0], plan.strategy) == ("mistral:7b-instruct", "urgent-action")
    assert plan.decision["features"]["rule_words"] == ["attack"]
    assert plan.knobs.max_tokens == 180
    assert chat(prompt="We are under attack!", max_tokens=900).knobs.max_tokens == 900
    assert chat(prompt=f"We are under attack! {DEEP}").knobs.max_tokens == 1536


def test_a_specialty_is_preferred_where_a_rule_names_no_model(house):
    LanguageModel.objects.filter(tag__startswith="qwen").update(specialties=["code"])

    assert tags(chat(prompt="Refactor this Python function"))[0] == "qwen2.5:14b-instruct"


def test_without_routing_the_usual_order_alone_decides(house):
    RoutingPolicy.objects.update(is_routing=False)

    plan = chat(prompt=f"We are under attack! {DEEP}")

    assert (tags(plan)[0], plan.strategy) == ("mistral:7b-instruct", "gateway")
    assert plan.decision["features"]["rule"] == ""


def test_a_short_deadline_prefers_fast_models(house):
    middling = "A detailed and complete and critical comparison"

    assert tags(chat(prompt=middling))[0] == "qwen2.5:14b-instruct"
    assert tags(chat(prompt=middling, deadline_s=0.6))[0] == "phi3:medium"


def test_a_route_asks_its_model_first(house):
    Route.objects.filter(purpose="answer").update(model="mistral")

    plan = plan_generation(QueryType.QUICK, purpose="answer", unit="u")

    assert tags(plan)[:2] == ["mistral:7b-instruct", "phi3:medium"]


def test_measured_values_reach_the_candidate(house):
    seen = {"observed_tokens_per_s": 33.0, "observed_load_s": 7.0, "observed_chars_per_token": 3.6, "size_bytes": 5}
    LanguageModel.objects.filter(tag="phi3:medium").update(**seen)

    one = chat().candidates[0]

    assert (one.tokens_per_s, one.load_s, one.chars_per_token, one.size_bytes) == (33.0, 7.0, 3.6, 5)


def test_a_quantized_form_and_a_family_find_their_catalog_entry(house):
    RoutingRule.objects.all().delete()
    model(house, "phi3:medium-q4_K_M", size_bytes=3)
    model(house, "qwen3:8b", size_bytes=3)

    rows = {row["model"]: row for row in chat().decision["candidates"]}

    assert rows["phi3:medium-q4_K_M"]["declared"] == [500, 7.8]
    assert (rows["qwen3:8b"]["declared"], rows["qwen3:8b"]["source"]) == ([None, None], "unknown")


def test_planning_costs_one_statement(house, django_assert_num_queries):
    chat()

    with django_assert_num_queries(1):
        chat(prompt=DEEP)
    with django_assert_num_queries(1):
        chat("phi3:medium")
    with django_assert_num_queries(1):
        plan_generation(QueryType.QUICK, purpose="answer", unit="user:7")
