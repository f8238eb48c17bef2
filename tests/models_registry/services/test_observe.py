"""What the ledger tells of each model: medians of its latest finished calls, of this digest, in one statement."""

from datetime import timedelta
from decimal import Decimal

import pytest

from models_registry.models import Generation, LanguageModel
from models_registry.services import observe
from tests.models_registry.rows import NOW, host, model

pytestmark = pytest.mark.django_db


def calls(count, *, minutes_ago=5, **more):
    values = {
        "purpose": "advice",
        "query_type": "quick",
        "provider": "ollama",
        "model": "phi3:medium",
        "outcome": "completed",
        "latency_ms": 2000,
        "first_token_ms": 1000,
        "generated_tokens": 40,
        "prompt_tokens": 100,
        "prompt_chars": 380,
        "created_at": NOW - timedelta(minutes=minutes_ago),
    }
    Generation.objects.bulk_create(Generation(**{**values, **more}) for _ in range(count))


def seen():
    observe.refresh(at=NOW)
    return LanguageModel.objects.get(tag="phi3:medium")


def test_medians_of_finished_calls_are_stored():
    model(host(), "phi3:medium")
    calls(5)
    calls(1, latency_ms=90_000, first_token_ms=80_000)
    calls(9, outcome="failed", latency_ms=9)

    row = seen()

    assert (row.observed_calls, row.observed_latency_ms) == (6, 2000)
    assert row.observed_tokens_per_s == pytest.approx(40.0)
    assert row.observed_chars_per_token == pytest.approx(3.8)
    assert (row.observed_load_s, row.observed_quality) == (None, None)


def test_queue_and_load_are_no_work_of_the_model_and_loads_are_known_apart():
    model(host(), "phi3:medium")
    calls(3, latency_ms=9000, queue_ms=1000, load_ms=6000)
    calls(2, load_ms=9)

    row = seen()

    assert row.observed_latency_ms == 2000
    assert row.observed_load_s == pytest.approx(6.0)


@pytest.mark.parametrize(
    ("ups", "downs", "expected"),
    [(20, 0, "9.5"), (15, 5, "7.3"), (0, 20, "0.5"), (19, 0, None)],
)
def test_votes_make_a_quality_when_there_are_enough(ups, downs, expected):
    model(host(), "phi3:medium")
    calls(ups, rating=1)
    calls(downs, rating=-1)

    assert seen().observed_quality == (None if expected is None else Decimal(expected))


def test_without_votes_our_own_checks_make_it():
    model(host(), "phi3:medium")
    calls(20, quality_score=0.9)

    assert seen().observed_quality == Decimal("8.6")


def test_old_calls_and_those_of_another_digest_tell_nothing():
    model(host(), "phi3:medium", digest_since=NOW - timedelta(hours=1))
    calls(5, minutes_ago=90)
    assert seen().observed_calls == 0

    calls(2, minutes_ago=10, latency_ms=500)

    assert (seen().observed_calls, seen().observed_latency_ms) == (2, 500)


def test_a_model_that_nobody_asked_for_long_knows_nothing_again():
    model(host(), "phi3:medium", observed_calls=40, observed_latency_ms=700)

    row = seen()

    assert (row.observed_calls, row.observed_latency_ms) == (0, None)


def test_hosts_are_measured_apart_and_short_prompts_tell_no_ratio():
    model(host(), "phi3:medium")
    other = model(host("other"), "phi3:medium")
    calls(1, prompt_tokens=20, generated_tokens=2)
    calls(1, provider="other", latency_ms=700)
    observe.refresh(at=NOW)

    other.refresh_from_db()
    row = LanguageModel.objects.get(provider__slug="ollama")
    assert (row.observed_latency_ms, other.observed_latency_ms) == (2000, 700)
    assert (row.observed_chars_per_token, row.observed_tokens_per_s) == (None, None)


def test_what_did_not_change_is_not_written(django_assert_num_queries):
    model(host(), "phi3:medium")
    calls(3)

    with django_assert_num_queries(1):
        assert observe.refresh(at=NOW) == 1
    assert observe.refresh(at=NOW) == 0
