"""Metrics are closed to strangers, name no stranger's text, and move."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from django_q.tasks import async_task
from prometheus_client.parser import text_string_to_metric_families

from lnrag_site import metrics
from models_registry.models import Breaker
from models_registry.services import keys

pytestmark = pytest.mark.django_db


def samples(text: str) -> dict[str, Any]:
    return {family.name: family.samples for family in text_string_to_metric_families(text)}


def test_strangers_read_no_metrics(client):
    answer = client.get("/metrics")

    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "not_authenticated"


def test_a_wrong_key_reads_no_metrics(client):
    assert client.get("/metrics", headers={"Authorization": "Bearer lnr_abcdefgh_wrong"}).status_code == 401


def test_a_key_reads_them_whatever_format_is_asked(client):
    key = keys.create("prometheus").text

    answer = client.get(
        "/metrics", headers={"Authorization": f"Bearer {key}", "Accept": "application/openmetrics-text"}
    )

    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain")


def test_a_signed_in_person_reads_the_state_of_now(client):
    client.force_login(User.objects.create_user("operator"), backend="django.contrib.auth.backends.ModelBackend")

    found = samples(client.get("/metrics").content.decode())

    assert found["rag_system_info"][0].labels == {"version": "0.1.0"}
    assert {sample.labels["index_type"] for sample in found["rag_index_size_bytes"]} == {"vectors", "postings"}
    for name in ("system_cpu_percent", "system_memory_percent", "system_disk_percent"):
        assert 0 <= found[name][0].value <= 100


def test_breakers_are_read_from_rows_and_never_by_a_raw_tag():
    minute = int(timezone.now().timestamp() // 60)
    told = {"total_calls": 30, "total_successes": 18, "total_failures": 2, "total_ms": 400}
    Breaker.objects.create(
        name="gpu/Llama3:8B", service="ollama_local", state="open", minutes=[[minute, 18, 2]], **told
    )
    Breaker.objects.create(name="gpu/llama3-8b", service="ollama_local", total_calls=5)
    Breaker.objects.create(name="cache", service="cache", state="half_open")
    Breaker.objects.create(name="lnbits_api", service="lnbits_api")

    found = samples(metrics.scrape().decode())

    def by_name(metric: str) -> dict[str, float]:
        return {sample.labels["name"]: sample.value for sample in found[metric]}

    assert by_name("circuit_breaker_state") == {"cache": 1, "gpu/llama3-8b": 2, "lnbits_api": 0}
    assert by_name("circuit_breaker_requests")["gpu/llama3-8b"] == 35
    assert by_name("circuit_breaker_success")["gpu/llama3-8b"] == 18
    assert by_name("circuit_breaker_failures") == {"cache": 0, "gpu/llama3-8b": 2, "lnbits_api": 0}
    assert by_name("circuit_breaker_failure_rate") == {"gpu/llama3-8b": pytest.approx(0.1)}
    assert by_name("circuit_breaker_avg_duration_ms") == {"gpu/llama3-8b": 20}


def test_an_ended_job_is_counted_by_a_name_of_ours():
    def count(task: str) -> Any:
        return metrics.JOBS.labels(task=task, status="success")._value.get()

    known = sorted(metrics.KNOWN_TASKS)[0]
    before = count(known), count("other")

    metrics.count_job(None, task={"func": known, "success": True})
    metrics.count_job(None, task={"func": "a.stranger's.name", "success": True})

    assert (count(known), count("other")) == (before[0] + 1, before[1] + 1)


def test_a_job_that_runs_is_counted():
    before = metrics.JOBS.labels(task="other", status="success")._value.get()

    async_task("math.floor", 1.5, sync=True)

    assert metrics.JOBS.labels(task="other", status="success")._value.get() == before + 1
