"""A kept answer is told past Django, as it was told by it; a key or a row that changed acts on the very next call."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from models_registry.models import ApiKey, RequestWindow, Strategy
from models_registry.services import keys
from recommendations.models import NodeMetrics, RecommendationRun, Threshold
from tests.journeys.inside import let_echo_speak
from tests.journeys.served import Served
from tests.journeys.stage import Stage

SEEN_BY_DJANGO = re.compile(rb"^django_http_requests_before_middlewares_total (\S+)", re.MULTILINE)
OWN = ("generated_at", "run_id", "generation_time_ms")  # of each telling


@pytest.fixture
def path(stage: Stage) -> str:
    """The v2 advice of a node that nobody connected, which the echo host words."""
    let_echo_speak()
    Threshold.objects.filter(rule="quality", name="min_score").update(value=0.0)  # echo's words are poor: one try
    rows = NodeMetrics.objects.filter(snapshot=stage.demo.snapshot).exclude(node=stage.demo.node)
    pubkey = rows.order_by("-live_channel_count").values_list("node__pubkey", flat=True)[0]
    return f"/api/v1/node/{pubkey}/recommendations/v2?network=demo"


def ask(served: Served, path: str, key: str, **headers: str) -> httpx.Response:
    told = {"Authorization": f"Bearer {key}", "X-API-Version": "2025-10-15", **headers}
    return httpx.get(f"{served.url}{path}", headers=told, timeout=60)


def calls_seen_by_django(served: Served, key: str) -> float:
    found = SEEN_BY_DJANGO.search(ask(served, "/metrics", key).content)
    assert found
    return float(found[1])


def asked_of_django(served: Served, stage: Stage, call: Callable[[], httpx.Response]) -> tuple[httpx.Response, bool]:
    """Return the response, and whether Django was asked for it; reading its count is a call of its own."""
    before = calls_seen_by_django(served, stage.key)
    response = call()
    return response, calls_seen_by_django(served, stage.key) - before > 1


def without_own(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: without_own(inner) for name, inner in value.items() if name not in OWN}
    return [without_own(inner) for inner in value] if isinstance(value, list) else value


def test_what_is_told_past_django_is_what_it_told(served: Served, stage: Stage, path: str) -> None:
    new = keys.create("program", requests_per_minute=1000, requests_per_hour=1000)
    for _ in range(2):
        assert ask(served, path, new.text).is_success

    django, was_asked = asked_of_django(
        served, stage, lambda: ask(served, path, new.text, Accept="application/json;q=0.9")
    )
    short, was_asked_again = asked_of_django(served, stage, lambda: ask(served, path, new.text))

    assert (was_asked, was_asked_again) == (True, False)
    assert without_own(short.json()) == without_own(django.json())
    assert short.headers.keys() == django.headers.keys()
    run = RecommendationRun.objects.get(pk=short.json()["metadata"]["run_id"])
    assert run.started_at.isoformat() == short.json()["generated_at"]
    assert short.json()["recommendations"][0]["generated_at"] == short.json()["generated_at"]
    assert RequestWindow.objects.get(unit=f"key:{new.row.pk}", seconds=60).count == 4


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (lambda key: keys.revoke([key]), 401),
        (lambda key: ApiKey.objects.filter(pk=key.pk).update(expires_at=timezone.now() - timedelta(days=1)), 401),
        (lambda key: User.objects.filter(pk=key.user_id).update(is_active=False), 401),
        (lambda key: ApiKey.objects.filter(pk=key.pk).update(scopes=["stats"]), 403),
        (lambda key: ApiKey.objects.filter(pk=key.pk).update(requests_per_minute=1), 429),
        (lambda key: ApiKey.objects.filter(pk=key.pk).update(tier="enterprise"), 200),
        (lambda key: Threshold.objects.filter(rule="base_fee", name="at_most").update(value=1.0), 200),
        (lambda key: Strategy.objects.update(max_tokens=50_000), 200),
    ],
    ids=["revoked", "expired", "locked out", "other scopes", "lower limit", "other tier", "threshold", "strategy"],
)
def test_whatever_changed_is_djangos_on_the_next_call(
    served: Served, stage: Stage, path: str, change: Callable[[ApiKey], object], status: int
) -> None:
    owner = User.objects.create_user(f"owner{User.objects.count()}")
    new = keys.create("program", user=owner, requests_per_minute=1000, requests_per_hour=1000)
    for _ in range(3):
        assert ask(served, path, new.text).json()["version"] == "v2"

    change(new.row)
    response, was_asked = asked_of_django(served, stage, lambda: ask(served, path, new.text))

    assert (response.status_code, was_asked) == (status, True)
