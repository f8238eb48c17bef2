"""One generation is one row and one log line; no prompt and no secret is in either."""

import json
import logging
import uuid
from dataclasses import replace
from decimal import Decimal

import pytest

from lnrag_site.logging import JsonFormatter
from models_registry.domain.chat import (
    Attempt,
    Candidate,
    Endpoint,
    GenerationPlan,
    GenerationRecord,
    Knobs,
    Message,
    ModelTier,
    Outcome,
    Price,
    Role,
)
from models_registry.models import Generation
from models_registry.services import ledger
from models_registry.services.generate import Speech
from tests.models_registry.rows import NOW

pytestmark = pytest.mark.django_db

PLAN = GenerationPlan(
    purpose="advice",
    query_type="quick",
    knobs=Knobs(temperature=0.3),
    strategy="quick",
    candidates=(Candidate(Endpoint("ollama", "ollama", "http://localhost:11434"), "phi3:medium", digest="abc"),),
    rollout="advice-v2",
    variant="v2",
    bucket=17,
    prompt_revision_id=4,
    reasons=("x: not installed",),
)
RECORD = GenerationRecord(
    outcome=Outcome.COMPLETED,
    model="phi3:medium",
    endpoint="ollama",
    prompt_sha256="f" * 64,
    prompt_tokens=10,
    generated_tokens=20,
    latency_ms=300,
    first_token_ms=30,
    truncation_suspected=True,
    fell_back_from=("a:1",),
)


def test_the_row_holds_the_record_and_the_frozen_plan():
    row = Generation.objects.get(pk=ledger.write(RECORD, PLAN))

    assert (row.purpose, row.query_type, row.model, row.provider) == ("advice", "quick", "phi3:medium", "ollama")
    assert (row.outcome, row.error_code, row.truncation_suspected) == ("completed", "", True)
    assert (row.prompt_tokens, row.generated_tokens, row.latency_ms, row.first_token_ms) == (10, 20, 300, 30)
    assert row.plan["candidates"][0]["digest"] == "abc"
    assert (row.plan["variant"], row.plan["bucket"], row.plan["prompt_revision_id"]) == ("v2", 17, 4)
    assert row.plan["fell_back_from"] == ["a:1"]


def test_the_new_columns_tell_choice_attempts_and_cost():
    paid = Candidate(
        Endpoint("claude", "anthropic", "https://api.anthropic.com"),
        "claude-3-haiku-20240307",
        tier=ModelTier.BALANCED,
        price=Price(Decimal("0.25"), Decimal("1.25")),
    )
    plan = replace(
        PLAN,
        candidates=(*PLAN.candidates, paid),
        user_tier="premium",
        decision={"features": {"complexity": 0.4}, "selected": "phi3:medium"},
    )
    record = replace(
        RECORD,
        model=paid.model,
        endpoint="claude",
        prompt_tokens=1000,
        generated_tokens=400,
        attempts=(Attempt("phi3:medium", "ollama", "provider_timeout", 90), Attempt(paid.model, "claude", "", 200)),
        queue_ms=12,
        load_ms=0,
        prompt_chars=4000,
        digest="d1",
    )

    row = Generation.objects.get(pk=ledger.write(record, plan))

    assert (row.selected_model, row.model, row.model_tier, row.user_tier) == (
        "phi3:medium",
        "claude-3-haiku-20240307",
        "balanced",
        "premium",
    )
    assert row.cost_usd == Decimal("0.000750")
    assert (row.complexity, row.decision["selected"]) == (0.4, "phi3:medium")
    assert "decision" not in row.plan
    assert [one["error_code"] for one in row.attempts] == ["provider_timeout", ""]
    assert (row.queue_ms, row.load_ms, row.prompt_chars, row.digest) == (12, 0, 4000, "d1")


@pytest.mark.parametrize(
    ("price", "tokens", "model", "expected"),
    [
        ("0", None, "phi3:medium", Decimal(0)),
        ("1", None, "phi3:medium", None),
        ("1", 1000, "phi3:medium", Decimal("0.002")),
        ("0", None, "", Decimal(0)),
        ("1", None, "", None),
    ],
)
def test_a_cost_is_counted_or_unknown_never_guessed(price, tokens, model, expected):
    candidate = replace(PLAN.candidates[0], price=Price(Decimal(price), Decimal(price)))
    record = replace(
        RECORD, model=model, endpoint="ollama" if model else "", prompt_tokens=tokens, generated_tokens=tokens
    )

    assert ledger.row_of(uuid.uuid4(), record, replace(PLAN, candidates=(candidate,)), at=NOW).cost_usd == expected


def test_the_log_line_is_json_with_every_key(caplog):
    with caplog.at_level(logging.INFO, logger="models_registry.services.ledger"):
        ledger.write(RECORD, PLAN)

    line = json.loads(JsonFormatter().format(caplog.records[-1]))
    keys = "timestamp level component event model prompt_tokens generated_tokens latency_ms temperature"
    assert set(keys.split()) <= line.keys()
    assert line["event"] == "models_registry.generation.completed"
    assert (line["temperature"], line["prompt_tokens"]) == (0.3, 10)


def test_no_word_of_a_prompt_is_kept(caplog):
    speech = Speech(PLAN, [Message(Role.USER, "my macaroon is 0201planted")])
    with caplog.at_level(logging.DEBUG):
        row = Generation.objects.get(pk=ledger.write(speech.record(), PLAN))

    everything = json.dumps(row.plan) + row.prompt_sha256 + " ".join(str(vars(record)) for record in caplog.records)
    assert "planted" not in everything
    assert row.outcome == "abandoned"


def test_one_insert_is_all(django_assert_num_queries):
    with django_assert_num_queries(1):
        ledger.write(RECORD, PLAN)


def test_a_row_reads_aloud():
    assert str(Generation(purpose="advice", model="", outcome="failed")) == "advice by no model: failed"
