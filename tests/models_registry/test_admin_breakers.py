"""Breakers are seen, reset and opened in the admin; keys are given scopes and limits there."""

import pytest
from django.contrib.auth.models import User
from django.contrib.messages import get_messages
from django.urls import reverse

from models_registry.models import ApiKey, Breaker
from models_registry.services import breaker_calls, keys
from models_registry.services.breaker_calls import Passage
from models_registry.services.default_breakers import rows
from tests.models_registry.rows import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client):
    client.force_login(User.objects.create_superuser("root", password=None))
    return client


@pytest.fixture(autouse=True)
def first_rows() -> None:
    for table, lookup, values in rows():
        table._default_manager.create(**lookup, **values)


def url(name: str, page: str = "changelist", *args: object) -> str:
    return reverse(f"admin:models_registry_{name}_{page}", args=args)


def act(admin, action: str, *names: str) -> str:
    chosen = list(Breaker.objects.filter(name__in=names).values_list("pk", flat=True))
    answer = admin.post(url("breaker"), {"action": action, "_selected_action": chosen})
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))


def broken(name: str = "cache") -> Breaker:
    for _ in range(10):
        breaker_calls.went_wrong(Passage(name), TimeoutError(), latency_ms=1, at=NOW)
    return Breaker.objects.get(name=name)


def test_the_list_shows_state_and_health_and_a_page_its_changes(admin):
    row = broken()

    listed = admin.get(url("breaker")).content.decode()
    page = admin.get(url("breaker", "change", row.pk)).content.decode()

    assert "unavailable" in listed
    assert "healthy" in listed
    assert "TimeoutError" in page
    assert admin.get(url("breaker", "add")).status_code == 403


def test_reset_closes_and_open_keeps_it_open(admin):
    broken()

    assert "1 reset" in act(admin, "reset", "cache")
    row = Breaker.objects.get(name="cache")
    assert (row.state, row.total_failures, row.changes.all()[0].reason) == ("closed", 0, "reset by root")

    assert "2 opened" in act(admin, "force_open", "cache", "sparkseer_api")
    assert set(Breaker.objects.filter(is_forced=True).values_list("name", "state")) == {
        ("cache", "open"),
        ("sparkseer_api", "open"),
    }


def test_the_breaker_of_the_database_is_left_to_each_process(admin):
    assert "held in the memory" in act(admin, "force_open", "postgres", "cache")
    assert Breaker.objects.get(name="postgres").state == "closed"


def test_saving_limits_does_not_undo_a_change_of_state(admin):
    form = {"failure_threshold": 4, "recovery_s": 30, "success_threshold": 3, "changes-TOTAL_FORMS": 0}
    row = Breaker.objects.get(name="cache")
    stale = Breaker.objects.get(name="cache")
    broken()

    answer = admin.post(url("breaker", "change", row.pk), {**form, "changes-INITIAL_FORMS": 0})

    assert answer.status_code == 302
    row.refresh_from_db()
    assert stale.state == "closed"
    assert (row.failure_threshold, row.state) == (4, "open")


def test_a_key_gets_the_scopes_that_were_ticked_and_limits_of_its_own(admin):
    body = {"name": "bot", "tier": "free", "is_active": "on", "scopes": ["rag", "stats"], "requests_per_minute": 5}

    admin.post(url("apikey", "add"), body)

    row = ApiKey.objects.get()
    assert (row.scopes, row.requests_per_minute, row.requests_per_hour) == (["rag", "stats"], 5, None)
    listed = admin.get(url("apikey")).content.decode()
    assert "rag, stats" in listed

    admin.post(url("apikey", "change", row.pk), {"name": "bot", "tier": "free", "is_active": "on"})

    row.refresh_from_db()
    assert (row.scopes, row.requests_per_minute) == ([], None)


def test_a_scope_nobody_knows_is_refused(admin):
    answer = admin.post(url("apikey", "add"), {"name": "bot", "tier": "free", "scopes": ["everything"]})

    assert answer.status_code == 200
    assert not ApiKey.objects.exists()


def test_a_key_opens_everything_or_what_it_lists():
    assert all(keys.allows(keys.create("a").row, scope) for scope in keys.SCOPES)
    narrow = keys.create("b", scopes=["rag"]).row
    assert [scope for scope in keys.SCOPES if keys.allows(narrow, scope)] == ["rag"]
