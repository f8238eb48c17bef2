"""The usage page: for staff only, what models did and do, and the ledger as a file."""

import csv
import io
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import AsyncClient, Client
from django.utils import timezone

from models_registry.models import Breaker, Generation, LanguageModel, ProcessLease, RunningTurn, Waiter
from models_registry.queries import usage
from models_registry.queries.usage import LEDGER_FIELDS, UsageFilter
from models_registry.services.lease_sql import PROCESSES
from tests.models_registry.rows import host, model
from tests.page_rules import HOSTILE_ALIASES, blocked_by_policy

pytestmark = pytest.mark.django_db
USAGE, CSV = "/models/usage", "/models/usage.csv"


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(User.objects.create(username="staff", is_staff=True))
    return client


def generation(**words) -> Generation:
    plain = {"purpose": "answer", "query_type": "quick", "model": "phi3:medium", "outcome": "completed"}
    return Generation.objects.create(**plain | words)


def test_a_stranger_is_asked_to_sign_in(client: Client) -> None:
    for path in (USAGE, CSV):
        response = client.get(path)
        assert (response.status_code, response["Location"].split("?")[0]) == (302, "/signin/")


def test_who_is_no_staff_is_refused(client: Client) -> None:
    client.force_login(User.objects.create(username="reader"))

    assert [client.get(path).status_code for path in (USAGE, CSV)] == [403, 403]
    assert "/models/usage" not in client.get("/status/").content.decode()


def test_the_page_is_linked_for_staff(staff: Client) -> None:
    assert staff.get("/status/").content.decode().count('href="/models/usage"') == 2


def test_an_empty_ledger_says_what_to_do(staff: Client) -> None:
    page = staff.get(USAGE).content.decode()

    assert "No model answered in this period." in page
    assert "No host is switched on" in page
    assert "Nobody asks, nobody waits" in page


def test_a_choice_is_shown_with_its_reasons_and_times(staff: Client) -> None:
    generation(
        provider="attic",
        decision={
            "candidates": [
                {"model": "phi3:medium", "host": "attic", "is_chosen": True, "reason": "first wish of quick"},
                {"model": "huge:70b", "host": "attic", "is_chosen": False, "reason": "too slow"},
            ]
        },
        attempts=[
            {"model": "gone:7b", "endpoint": "cellar", "error_code": "model_not_installed"},
            {"model": "phi3:medium", "endpoint": "attic", "error_code": ""},
        ],
        queue_ms=1234,
        load_ms=5678,
        first_token_ms=None,
        latency_ms=9012,
        prompt_tokens=321,
        generated_tokens=45,
        cost_usd="0.000120",
    )

    page = staff.get(USAGE).content.decode()

    for words in (
        "phi3:medium",
        "on attic",
        "first wish of quick",
        "too slow",
        "model not installed",
        "1,234",
        "5,678",
        "9,012",
    ):
        assert words in page
    assert "321 + 45" in page
    assert "0.00012" in page
    assert "unknown" in page
    assert blocked_by_policy(page) == []


@pytest.mark.parametrize("text", HOSTILE_ALIASES)
def test_what_hosts_and_models_are_called_is_text(staff: Client, text: str) -> None:
    decision = {"candidates": [{"model": text, "host": text, "is_chosen": True, "reason": text}]}
    generation(model=text[:160], provider="attic", error_code=text[:40], decision=decision)

    page = staff.get(USAGE).content.decode()

    assert blocked_by_policy(page) == []
    assert "<img src=x" not in page


def test_models_are_counted_with_their_times(staff: Client) -> None:
    for latency_ms, outcome in ((100, "completed"), (200, "completed"), (900, "failed")):
        generation(latency_ms=latency_ms, first_token_ms=latency_ms // 10, outcome=outcome, generated_tokens=10)
    generation(model="", selected_model="phi3:medium", outcome="failed", error_code="no_model_available")
    generation(model="", outcome="failed", error_code="no_model_available")

    (use,) = usage.model_uses(UsageFilter())

    assert (use.model, use.count, use.completed, use.failed, use.abandoned) == ("phi3:medium", 4, 2, 2, 0)
    assert (use.latency_ms, use.first_token_ms, use.generated_tokens) == (200, 20, 30)
    assert use.slow_ms == pytest.approx(830)
    assert use.cost_usd is None


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, 3),
        ({"model": "phi3:medium"}, 2),
        ({"outcome": "failed"}, 1),
        ({"purpose": "advice"}, 1),
        ({"period": "all"}, 4),
        ({"period": "hour", "outcome": "completed", "model": "phi3:medium"}, 1),
        ({"model": "nobody"}, 0),
        ({"period": "nonsense", "outcome": "odd", "page": "x"}, 3),
        ({"page": "99"}, 3),
    ],
)
def test_filters_choose_rows(staff: Client, query: dict[str, str], found: int) -> None:
    generation()
    generation(outcome="failed")
    generation(model="llama3:8b", purpose="advice")
    generation(created_at=timezone.now() - timedelta(days=40), model="old:1b")

    assert staff.get(USAGE, query).context["page"].paginator.count == found


def test_pages_keep_the_filter(staff: Client) -> None:
    Generation.objects.bulk_create(
        Generation(purpose="answer", query_type="quick", model="phi3:medium", outcome="completed") for _ in range(60)
    )

    page = staff.get(USAGE, {"model": "phi3:medium", "page": "2"}).content.decode()

    assert "26–50 of 60" in page
    assert "?model=phi3%3Amedium&amp;page=3" in page


def test_htmx_gets_only_what_changes(staff: Client) -> None:
    part = staff.get(USAGE, HTTP_HX_REQUEST="true").content.decode()

    assert "<html" not in part
    assert "Right now" in part


def test_the_number_of_queries_does_not_grow(staff: Client, django_assert_num_queries) -> None:
    for number in range(3):
        attic = host(f"attic-{number}")
        for tag in ("phi3:medium", "llama3:8b"):
            model(attic, tag)
            generation(model=tag, provider=attic.slug)

    with django_assert_num_queries(13):  # session, user, count, rows, by model, hosts 2, breakers, turns 2, lines 3
        staff.get(USAGE, HTTP_HX_REQUEST="true")


def test_hosts_tell_what_is_in_memory(staff: Client) -> None:
    row = model(host("attic"), "phi3:medium")
    LanguageModel.objects.filter(pk=row.pk).update(
        resident_until=timezone.now() + timedelta(minutes=5), vram_share=0.5, observed_tokens_per_s=31.4
    )

    page = staff.get(USAGE).content.decode()

    assert "in memory" in page
    assert "50 %" in page
    assert "31.4 tokens/s" in page


def test_an_open_breaker_is_named(staff: Client) -> None:
    Breaker.objects.create(name="ollama:attic:phi3:medium", service="ollama", state="open", latest_failure="HTTP 500")

    page = staff.get(USAGE).content.decode()

    assert "ollama:attic:phi3:medium" in page
    assert "HTTP 500" in page


def test_a_running_turn_can_be_stopped_from_the_page(staff: Client) -> None:
    turn = RunningTurn.objects.create(id=uuid.uuid4(), unit="user:7", purpose="advice")

    page = staff.get(USAGE).content.decode()
    response = staff.post(f"/models/usage/turns/{turn.pk}/stop")

    assert f"/models/usage/turns/{turn.pk}/stop" in page
    assert (response.status_code, response["Location"]) == (302, USAGE)


def test_a_turn_of_a_dead_process_is_gone(staff: Client) -> None:
    dead = ProcessLease.objects.create(lock_key=1, pid=1)
    RunningTurn.objects.create(id=uuid.uuid4(), unit="user:7", purpose="advice", process=dead)

    page = staff.get(USAGE).content.decode()

    assert "Nobody asks, nobody waits" in page
    assert not RunningTurn.objects.exists()


def test_who_waits_for_a_model_is_counted(staff: Client) -> None:
    model(host("attic"), "phi3:medium")
    alive = ProcessLease.objects.create(lock_key=1, pid=1)
    with connection.cursor() as cursor:  # whoever holds the lock lives; it goes with the transaction
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [PROCESSES, alive.lock_key])
    Waiter.objects.create(
        process=alive, model="phi3:medium", unit="user:7", purpose="advice", arrived_at=timezone.now()
    )

    page = staff.get(USAGE).content.decode()

    assert "1 waiting" in page


@pytest.mark.django_db(transaction=True)
async def test_the_file_equals_the_ledger_row_by_row(async_client: AsyncClient, monkeypatch) -> None:
    monkeypatch.setattr(usage, "BATCH", 3)
    await async_client.aforce_login(await User.objects.acreate(username="staff", is_staff=True))
    for number in range(8):
        await Generation.objects.acreate(
            purpose="answer", query_type="quick", model=f"m{number}", outcome="completed", rating=-1, cost_usd="0.5",
            decision={"features": {"words": number}},
        )  # fmt: skip

    response: Any = await async_client.get(CSV)
    text = b"".join([part async for part in response.streaming_content]).decode()

    rows = list(csv.DictReader(io.StringIO(text)))
    ledger = [row async for row in Generation.objects.order_by("-created_at", "-pk")]
    assert tuple(rows[0]) == LEDGER_FIELDS
    assert [row["id"] for row in rows] == [str(row.pk) for row in ledger]
    assert [(row["model"], row["rating"], row["cost_usd"]) for row in rows] == [
        (row.model, "-1", "0.500000") for row in ledger
    ]
    assert rows[0]["decision"] == '{"features":{"words":7}}'
    assert rows[0]["queue_ms"] == ""
    assert response["Content-Disposition"] == 'attachment; filename="generations.csv"'


@pytest.mark.django_db(transaction=True)
async def test_the_file_keeps_the_filter_of_the_page(async_client: AsyncClient) -> None:
    await async_client.aforce_login(await User.objects.acreate(username="staff", is_staff=True))
    for name in ("phi3:medium", "llama3:8b"):
        await Generation.objects.acreate(purpose="answer", query_type="quick", model=name, outcome="completed")

    response: Any = await async_client.get(CSV, {"model": "llama3:8b"})
    text = b"".join([part async for part in response.streaming_content]).decode()

    assert [row["model"] for row in csv.DictReader(io.StringIO(text))] == ["llama3:8b"]
