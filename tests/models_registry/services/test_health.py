"""Hosts are looked at cheaply, the look is remembered, and no look ever loads a model."""

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.db import connection
from django.utils import timezone

from models_registry import tasks
from models_registry.domain.chat import ModelFacts
from models_registry.domain.query_types import QueryType
from models_registry.models import CatalogEntry, LanguageModel, Provider
from models_registry.services import discover, health, warm
from models_registry.services.discover import HostReport, refresh
from models_registry.services.plan import plan_generation
from tests.models_registry.conftest import MODEL
from tests.models_registry.rows import NOW, host, model
from tests.servers.ollama import InstalledModel, OllamaServer, Scenario

pytestmark = pytest.mark.django_db


def unseen(server, **more):
    return host(base_url=server.url, is_healthy=None, checked_at=None, **more)


@pytest.fixture
def silent():
    """A host that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


def test_a_look_stores_health_version_and_models(server):
    unseen(server)

    (report,) = health.check_all(at=NOW)

    row = Provider.objects.get()
    assert (row.is_healthy, row.version, row.checked_at, row.health_note) == (True, "0.33.0", NOW, "")
    assert len(report.models or ()) == 2
    found = LanguageModel.objects.get(tag=MODEL)
    assert (found.is_installed, found.capabilities, found.context_length) == (True, ["completion"], 8192)
    assert found.seen_at == NOW
    assert len(found.digest) == 64


def test_a_look_loads_no_model(server):
    unseen(server)

    health.check_all(at=NOW)
    health.check_all(at=NOW)

    assert server.loads == ()
    assert {request.path for request in server.requests} == {"/api/version", "/api/tags", "/api/ps"}


def test_a_model_that_was_removed_or_replaced_is_noticed(server):
    row = unseen(server)
    model(row, "gone:1b")
    model(row, MODEL, digest="older", is_enabled=False, declared_latency_ms=800)

    health.check_all(at=NOW)

    assert not LanguageModel.objects.get(tag="gone:1b").is_installed
    kept = LanguageModel.objects.get(tag=MODEL)
    assert (kept.digest != "older", kept.is_enabled, kept.declared_latency_ms) == (True, False, 800)


def test_weights_that_changed_under_a_tag_are_noted(server, caplog):
    row = unseen(server)
    model(row, MODEL, digest="older")
    earlier = NOW - timedelta(days=1)
    LanguageModel.objects.update(digest_since=earlier)

    health.check_all(at=NOW)
    health.check_all(at=NOW + timedelta(minutes=1))

    assert LanguageModel.objects.get(tag=MODEL).digest_since == NOW
    assert [record.message for record in caplog.records].count("models_registry.model.replaced") == 1


def test_what_is_in_memory_is_known_with_its_end_and_its_share_on_the_card(server):
    unseen(server)
    health.check_all(at=NOW)
    assert not LanguageModel.objects.exclude(resident_until=None).exists()
    found = LanguageModel.objects.get(tag=MODEL)

    warm.load(model_id=found.pk)
    health.check_all(at=timezone.now())
    found.refresh_from_db()
    assert found.resident_until
    assert found.resident_until > timezone.now()
    assert found.vram_share == 1.0

    server.stop()
    health.check_all(at=timezone.now())
    forgotten = LanguageModel.objects.get(pk=found.pk)
    assert forgotten.is_installed
    assert forgotten.resident_until is None
    assert forgotten.vram_share is None


def test_a_model_that_stays_for_ever_and_one_that_is_half_on_the_card(server):
    unseen(server)

    server.use(Scenario.PS_FAR_FUTURE)
    health.check_all(at=NOW)
    assert LanguageModel.objects.filter(resident_until__year__gt=2200).count() == 1

    server.use(Scenario.PS_PARTIAL_VRAM)
    health.check_all(at=NOW)
    assert LanguageModel.objects.get(vram_share__isnull=False).vram_share == pytest.approx(1 / 3, abs=0.01)


def test_many_models_are_stored_in_few_statements(server, django_assert_max_num_queries):
    for number in range(30):
        server.install(InstalledModel(f"model{number}:1b"))
    unseen(server)

    with django_assert_max_num_queries(10):
        health.check_all(at=NOW)
    with django_assert_max_num_queries(10):
        health.check_all(at=NOW)

    assert LanguageModel.objects.filter(is_installed=True).count() == 32


def test_a_host_started_later_is_noticed_when_its_look_is_old():
    row = host(is_healthy=None, checked_at=None)
    health.ensure_fresh(at=NOW)
    assert Provider.objects.get().is_healthy is False
    assert not plan_generation(QueryType.QUICK, purpose="advice", unit="u").can_generate

    with OllamaServer() as server:
        Provider.objects.filter(pk=row.pk).update(base_url=server.url)
        health.ensure_fresh(at=NOW + timedelta(seconds=2))
        assert Provider.objects.get().is_healthy is False
        health.ensure_fresh(at=NOW + timedelta(seconds=4))

    assert Provider.objects.get().is_healthy is True
    assert plan_generation(QueryType.QUICK, purpose="advice", unit="u").can_generate


def test_a_fresh_look_costs_one_query_and_no_call(server, django_assert_num_queries):
    host(base_url=server.url)

    with django_assert_num_queries(1):
        health.ensure_fresh(at=NOW + timedelta(seconds=10))

    assert server.requests == ()


def test_a_model_first_seen_gets_specialties_that_stay_as_edited(server):
    server.install(InstalledModel("qwen2.5-coder:7b"))
    unseen(server)

    health.check_all(at=NOW)
    row = LanguageModel.objects.get(tag="qwen2.5-coder:7b")
    assert "code" in row.specialties

    LanguageModel.objects.filter(pk=row.pk).update(specialties=["general"])
    health.check_all(at=NOW)
    row.refresh_from_db()
    assert row.specialties == ["general"]


def test_a_public_service_lists_hundreds_and_only_priced_ones_are_kept():
    service = host("openai", kind="openai", base_url="https://api.openai.com/v1")
    CatalogEntry.objects.create(name="gpt-small", kind="openai", tier="balanced")
    report = HostReport("openai", is_healthy=True, models=(ModelFacts("gpt-small"), ModelFacts("dall-e-9")))

    discover._store((report,), NOW)

    assert list(service.language_models.values_list("tag", flat=True)) == ["gpt-small"]


def test_a_dead_host_is_remembered_with_its_reason():
    host(is_healthy=True, checked_at=None)

    started = time.monotonic()
    health.ensure_fresh(at=NOW)

    assert time.monotonic() - started < 1.0
    row = Provider.objects.get()
    assert row.is_healthy is False
    assert "ConnectError" in row.health_note


def test_a_silent_host_costs_about_a_second_once(silent):
    host(base_url=silent, is_healthy=None, checked_at=None)

    started = time.monotonic()
    health.ensure_fresh(at=NOW)
    first = time.monotonic() - started
    health.ensure_fresh(at=NOW)

    assert 0.9 < first < 1.6
    assert time.monotonic() - started - first < 0.2
    assert Provider.objects.get().is_healthy is False


def test_a_busy_host_that_spoke_before_still_counts(silent):
    host(base_url=silent, is_healthy=True, checked_at=None)

    health.ensure_fresh(at=NOW)

    row = Provider.objects.get()
    assert row.is_healthy is True
    assert "took longer" in row.health_note


def test_many_hosts_are_looked_at_together(silent, server):
    host("silent", base_url=silent, is_healthy=None, checked_at=None)
    host("mute", base_url=silent, is_healthy=None, checked_at=None)
    unseen(server, priority=1)

    started = time.monotonic()
    health.ensure_fresh(at=NOW)

    assert time.monotonic() - started < 1.8
    assert Provider.objects.get(slug="ollama").is_healthy is True


def test_a_disabled_host_is_left_alone(server):
    unseen(server, is_enabled=False)

    health.ensure_fresh(at=NOW)
    tasks.refresh_hosts(later_argument=1)

    assert server.requests == ()


def test_a_refusal_is_told_in_words(server):
    unseen(server)
    Provider.objects.update(base_url=f"{server.url}/nowhere")

    (report,) = health.check_all(at=NOW)

    assert report.is_healthy is False
    assert "HTTP 404" in report.note


def test_a_look_never_undoes_an_edit_made_meanwhile(server):
    row = unseen(server)
    Provider.objects.update(name="Edited meanwhile")

    refresh([row], at=NOW)

    assert Provider.objects.get().name == "Edited meanwhile"


def test_echo_lists_its_one_model():
    host("echo", kind="echo", base_url="", is_healthy=None)

    health.check_all(at=NOW)

    assert LanguageModel.objects.get().tag == "echo"
    assert plan_generation(QueryType.QUICK, purpose="advice", unit="u").candidates[0].model == "echo"


def test_capabilities_of_a_known_digest_are_kept_when_the_host_does_not_repeat_them(server):
    row = unseen(server)
    server.install(InstalledModel("phi3:medium"))
    health.check_all(at=NOW)
    before = LanguageModel.objects.get(tag="phi3:medium").capabilities

    health.check([row], at=NOW)

    assert LanguageModel.objects.get(tag="phi3:medium").capabilities == before


@pytest.mark.django_db(transaction=True)
def test_waiting_threads_share_one_look(server):
    unseen(server)
    barrier = threading.Barrier(4)

    def fresh(_number):
        barrier.wait()
        try:
            health.ensure_fresh(at=NOW)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(fresh, range(4)))

    assert len(server.requests_for("/api/tags")) == 1


@pytest.mark.django_db(transaction=True)
async def test_the_event_loop_may_ask_too(server):
    await sync_to_async(unseen)(server)

    await health.aensure_fresh(at=NOW)

    assert len(server.requests_for("/api/tags")) == 1


def test_the_job_looks_at_every_enabled_host(server):
    unseen(server)

    tasks.refresh_hosts()

    assert Provider.objects.get().is_healthy is True
