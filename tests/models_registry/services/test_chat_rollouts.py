"""Chats of programs meet rollouts: sticky by unit, from memory, and written down behind the caller's back."""

import json
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from models_registry.domain.chat import GenerationRecord, Outcome
from models_registry.domain.hearing import hear
from models_registry.models import Exposure, Provider, Rollout, RolloutOutcome
from models_registry.services import chat_exposure, defaults, health, keys, registry
from models_registry.services.plan import plan_chat
from tests.models_registry.rows import NOW, host, model

pytestmark = pytest.mark.django_db


def ended(outcome: Outcome = Outcome.COMPLETED, *, error_code: str = "") -> GenerationRecord:
    return GenerationRecord(
        outcome=outcome,
        model="phi3:medium",
        endpoint="local",
        prompt_sha256="",
        prompt_tokens=None,
        generated_tokens=None,
        latency_ms=120,
        first_token_ms=None,
        error_code=error_code,
    )


@pytest.fixture
def house() -> None:
    defaults.load(at=NOW)
    ollama = host("local", memory_gb=24)
    for tag in ("phi3:medium", "qwen2.5:14b-instruct", "mistral:7b-instruct"):
        model(ollama, tag)


def rollout(*changes: dict[str, object], share: int = 100, slug: str = "cool", **more) -> Rollout:
    row = Rollout.objects.create(
        slug=slug, name=slug, purpose="chat", share_percent=Decimal(share), state="running", **more
    )
    row.variants.create(slug="new", changes=list(changes))
    return row


def chat(name: str = "auto", *, unit: str = "key:1", **more):
    return plan_chat(name, heard=hear("Hello there"), unit=unit, user_tier="premium", at=NOW, **more)


def first(plan):
    return plan.candidates[0].model


def test_a_variant_turns_knobs_and_models_and_the_caller_has_the_last_word(house):
    usual = chat()
    row = rollout(
        {"kind": "strategy", "temperature": 0.0, "max_tokens": 99}, {"kind": "model", "model": "qwen2.5:14b-instruct"}
    )

    tried, turned = chat(), chat(temperature=0.7, max_tokens=12)
    Rollout.objects.filter(pk=row.pk).update(is_enabled=False)

    assert (first(tried), tried.knobs.temperature, tried.knobs.max_tokens) == ("qwen2.5:14b-instruct", 0.0, 99)
    assert (tried.experiments, usual.experiments) == (("cool:new",), ())
    assert (turned.knobs.temperature, turned.knobs.max_tokens) == (0.7, 12)
    assert chat().knobs == usual.knobs
    assert first(usual) != first(tried)


def test_who_names_a_model_does_not_meet_a_rollout_of_models(house):
    rollout({"kind": "model", "model": "phi3:medium"})
    rollout({"kind": "strategy", "temperature": 0.0}, slug="plain")

    plan = chat("mistral:7b-instruct")

    assert (first(plan), plan.experiments) == ("mistral:7b-instruct", ("plain:new",))


def test_a_unit_gets_the_same_in_every_call_and_raising_the_share_moves_nobody_out(house):
    row = rollout({"kind": "strategy", "temperature": 0.0}, share=10)
    units = [f"key:{number}" for number in range(60)]
    inside = {unit for unit in units if "cool:new" in chat(unit=unit).experiments}
    assert inside == {unit for unit in units if "cool:new" in chat(unit=unit).experiments}
    Rollout.objects.filter(pk=row.pk).update(share_percent=25)

    now_inside = {unit for unit in units if "cool:new" in chat(unit=unit).experiments}

    assert inside < now_inside < set(units)


def test_planning_asks_the_database_nothing_and_writes_nothing(house, django_assert_num_queries):
    rollout({"kind": "strategy", "temperature": 0.0})
    known = registry.current()

    with django_assert_num_queries(0):
        plan = chat(known=known)

    assert plan.experiments == ("cool:new",)


def test_exposure_and_outcome_are_written_once_the_turn_is_over(house, settings):
    settings.WRITE_BEHIND_S = 3600  # the thread sleeps; the test flushes
    rollout({"kind": "strategy", "temperature": 0.0}, share=50)
    plans = [chat(unit=f"key:{number}") for number in range(6)]
    failed, left, busy = ended(Outcome.FAILED), ended(Outcome.ABANDONED), ended(Outcome.FAILED, error_code="queue_full")
    for plan, record in zip(plans, (ended(), failed, left, busy, ended(), ended()), strict=True):
        chat_exposure.note_soon(record, plan)
        chat_exposure.note_soon(record, plan)
    assert not Exposure.objects.exists()

    chat_exposure.flush()

    met = {row.unit: f"cool:{row.variant}" for row in Exposure.objects.all()}
    assert met == {plan.unit: plan.experiments[0] for plan in plans}
    errors = dict(RolloutOutcome.objects.filter(kind="errors").values_list("unit", "value"))
    assert errors == {"key:0": 0, "key:1": 1, "key:4": 0, "key:5": 0}


def test_a_unit_that_was_moved_meanwhile_tells_nothing(house, settings):
    settings.WRITE_BEHIND_S = 3600
    row = rollout({"kind": "strategy", "temperature": 0.0})
    chat_exposure.note_soon(ended(), chat())
    Rollout.objects.filter(pk=row.pk).update(share_percent=0)

    chat_exposure.flush()

    assert not Exposure.objects.exists()


@pytest.mark.django_db(transaction=True)  # it is written by a connection of its own
def test_a_call_through_the_door_meets_it(client):
    defaults.load(at=NOW)
    Provider.objects.exclude(slug="echo").update(is_enabled=False)
    Provider.objects.filter(slug="echo").update(is_enabled=True, checked_at=None)
    health.ensure_fresh(at=NOW)
    rollout({"kind": "strategy", "temperature": 0.0}, share=50)
    key = keys.create("test")
    body = {"model": "auto", "messages": [{"role": "user", "content": "Hello"}]}

    response = client.post(
        "/v1/chat/completions",
        json.dumps(body),
        content_type="application/json",
        HTTP_AUTHORIZATION=f"Bearer {key.text}",
    )

    assert response.status_code == 200
    assert Exposure.objects.get().rollout.slug == "cool"
    assert set(RolloutOutcome.objects.values_list("kind", flat=True)) == {"errors", "sample_ratio"}


def test_a_chat_cannot_be_tried_in_the_shadow():
    row = rollout({"kind": "strategy", "temperature": 0.0}, shadow_days=21)

    with pytest.raises(ValidationError, match="cannot be asked again"):
        row.clean()
    variant = row.variants.get()
    variant.changes = [{"kind": "prompt", "revision": 1}]
    with pytest.raises(ValidationError, match="cannot change: prompt"):
        variant.clean()
