"""The score is a table; readiness names what is missing; liveness touches nothing."""

from datetime import UTC, datetime, timedelta

import pytest
from django_q.models import OrmQ

from lnrag_site import health
from lnrag_site.health import Vitals, assess
from models_registry.models import Breaker, Generation

AT = datetime(2025, 10, 19, 12, tzinfo=UTC)
WELL = {"error_rate": 0.0, "open_breakers": 0, "is_cache_up": True, "cache_error_rate": 0.0, "mean_ms": 100.0}


@pytest.mark.parametrize(
    ("changes", "score", "grade"),
    [
        ({}, 100, "excellent"),
        ({"error_rate": 0.05, "mean_ms": 2000.0, "cache_error_rate": 0.10}, 100, "excellent"),
        ({"mean_ms": 2001.0}, 90, "excellent"),
        ({"cache_error_rate": 0.11}, 85, "good"),
        ({"error_rate": 0.06}, 80, "good"),
        ({"is_cache_up": False}, 75, "good"),
        ({"open_breakers": 2}, 70, "good"),
        ({"open_breakers": 1, "error_rate": 0.5}, 50, "degraded"),
        ({"open_breakers": 1, "is_cache_up": False}, 45, "critical"),
        (
            {"open_breakers": 1, "is_cache_up": False, "error_rate": 1.0, "cache_error_rate": 1.0, "mean_ms": 9e9},
            0,
            "critical",
        ),
    ],
)
def test_the_score_follows_the_table(changes, score, grade):
    found = assess(Vitals(**(WELL | changes)))

    assert (found.score, found.grade) == (score, grade)
    assert 100 - sum(points for _, points in found.deductions) == score


def test_what_is_unknown_lowers_nothing_and_is_named():
    found = assess(Vitals(error_rate=None, open_breakers=None, is_cache_up=True, cache_error_rate=None, mean_ms=None))

    assert found.score == 100
    assert found.unknown == ("error_rate", "open_breakers", "cache_error_rate", "mean_ms")


@pytest.mark.django_db
def test_vitals_are_those_of_the_last_hour():
    for age_min, outcome in ((5, "failed"), (10, "completed"), (15, "completed"), (20, "abandoned"), (90, "failed")):
        Generation.objects.create(created_at=AT - timedelta(minutes=age_min), purpose="answer", outcome=outcome)

    assert health.read_vitals(at=AT).error_rate == pytest.approx(1 / 4)
    assert health.read_vitals(at=AT + timedelta(days=1)).error_rate is None


@pytest.mark.django_db
def test_open_breakers_and_failing_caches_are_vitals():
    minute = int(AT.timestamp() // 60)
    Breaker.objects.create(name="gpu/llama3:8b", service="ollama_local", state="open", opened_at=AT)
    Breaker.objects.create(name="sparkseer_api", service="sparkseer_api", state="half_open")
    Breaker.objects.create(name="cache", service="cache", minutes=[[minute - 70, 0, 50], [minute - 5, 8, 2]])

    vitals = health.read_vitals(at=AT)

    assert vitals.open_breakers == 1
    assert vitals.cache_error_rate == pytest.approx(0.2)
    assert {name for name, _ in assess(vitals).deductions} == {"open_breakers", "cache_errors"}
    assert health.read_vitals(at=AT + timedelta(hours=3)).cache_error_rate is None


@pytest.mark.django_db
def test_a_migrated_database_is_ready(client):
    answer = client.get("/health/ready")

    assert answer.status_code == 200
    assert answer.json() == {"status": "ready", "faults": []}


@pytest.mark.django_db
def test_a_lost_queue_is_named(client, monkeypatch):
    monkeypatch.setattr(OrmQ._meta, "db_table", "no_such_table")

    answer = client.get("/health/ready")

    assert answer.status_code == 503
    assert answer.json()["faults"] == ["queue"]


@pytest.mark.django_db
def test_health_answers_with_its_reasons(client):
    answer = client.get("/health")

    assert answer.status_code == 200
    assert answer.json().keys() == {"score", "status", "deductions", "unknown", "checked_at"}


def test_liveness_needs_no_database(client):
    assert client.get("/health/live").json() == {"status": "alive"}
