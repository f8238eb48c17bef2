"""A program that asks too often is told when to come back; a key opens only the doors it was made for."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone
from rest_framework.permissions import AllowAny
from rest_framework.test import APIClient
from rest_framework.views import APIView

from models_registry.api.permissions import EVERY_KEY, KeyScope
from models_registry.api.throttling import RequestLimit
from models_registry.domain.breaker import Circuit
from models_registry.domain.errors import LimiterUnavailable, ScopeMissing
from models_registry.domain.scopes import Scope
from models_registry.models import RequestWindow, Tier
from models_registry.services import keys
from models_registry.services.breaker_memory import held

pytestmark = pytest.mark.django_db
STATS = "/api/v1/metrics/circuit-breakers"
VERSION: dict[str, Any] = {"HTTP_X_API_VERSION": "2025-10-15"}


def client_of(**more) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {keys.create('a', **more).text}", **VERSION)
    return client


def test_the_61st_call_of_a_minute_is_429_and_says_when_to_come_back():
    client = client_of()
    statuses = [client.get(STATS).status_code for _ in range(60)]

    refused = client.get(STATS)

    assert set(statuses) == {200}
    assert refused.status_code == 429
    assert refused.json()["error"]["code"] == "quota_exceeded"
    assert 1 <= int(refused["Retry-After"]) <= 62
    assert client_of().get(STATS).status_code == 200  # another key is not meant


def test_a_tier_and_a_key_have_limits_of_their_own():
    Tier.objects.create(slug="free", requests_per_minute=2, requests_per_hour=None)
    free, own = client_of(tier="free"), client_of(tier="free", requests_per_minute=3)

    assert [free.get(STATS).status_code for _ in range(4)] == [200, 200, 429, 429]
    assert [own.get(STATS).status_code for _ in range(4)] == [200, 200, 200, 429]


def test_without_a_key_the_address_is_counted():
    RequestWindow.objects.all().delete()
    client = APIClient()

    statuses = [client.get("/api/v1/nodes", {"search": "x"}, **VERSION).status_code for _ in range(61)]

    assert statuses[-1] == 429
    assert 429 not in statuses[:-1]
    assert client.get("/api/v1/nodes", REMOTE_ADDR="192.0.2.9", **VERSION).status_code != 429


@pytest.mark.parametrize(
    "path", ["/api/v1/schema", "/api/v1/docs", "/api/v1/streaming/health", "/api/v1/circuit-breakers/health"]
)
def test_monitors_and_readers_of_the_manual_are_not_counted(path):
    client = client_of()

    assert client.get(path).status_code == 200
    assert not RequestWindow.objects.exists()


@pytest.fixture
def lost_store() -> Iterator[None]:
    def fail(execute, sql, params, many, context):
        raise OperationalError("the server closed the connection")

    held.circuit = Circuit()
    with connection.execute_wrapper(fail):
        yield
    held.circuit = Circuit()


@pytest.mark.parametrize(
    ("method", "generates", "is_open"), [("GET", False, True), ("GET", True, False), ("POST", False, False)]
)
def test_without_its_store_nothing_is_generated_but_reads_go_on(method, generates, is_open, lost_store):
    request: Any = SimpleNamespace(path="/api/v1/x", method=method, auth=None, META={"REMOTE_ADDR": "192.0.2.1"})
    view = SimpleNamespace(generates=generates)

    if is_open:
        assert RequestLimit().allow_request(request, view)
    else:
        with pytest.raises(LimiterUnavailable):
            RequestLimit().allow_request(request, view)


def test_a_key_opens_only_the_doors_it_was_made_for():
    narrow, wide = client_of(scopes=["rag", "advice"]), client_of(scopes=["stats"])

    refused = narrow.get(STATS)

    assert refused.status_code == 403
    assert refused.json()["error"]["code"] == "scope_missing"
    assert "scope stats" in refused.json()["error"]["message"]
    assert wide.get(STATS).status_code == 200


@pytest.mark.parametrize(
    ("scopes", "scope", "is_open"),
    [
        ([], Scope.RAG, True),
        ([], None, True),
        (["rag"], Scope.RAG, True),
        (["rag"], Scope.ADVICE, False),
        (["rag"], None, False),
        (["rag"], EVERY_KEY, True),
    ],
)
def test_a_view_names_its_scope_and_one_that_forgot_opens_for_no_narrow_key(scopes, scope, is_open):
    request: Any = SimpleNamespace(auth=keys.create("a", scopes=scopes).row)
    view = SimpleNamespace() if scope is None else SimpleNamespace(scope=scope)

    if is_open:
        assert KeyScope().has_permission(request, view)
    else:
        with pytest.raises(ScopeMissing):
            KeyScope().has_permission(request, view)


def api_views(patterns, path: str = "") -> Iterator[tuple[str, type[APIView]]]:
    for pattern in patterns:
        here = f"{path}{pattern.pattern}"
        if isinstance(pattern, URLResolver):
            yield from api_views(pattern.url_patterns, here)
        elif isinstance(pattern, URLPattern) and issubclass(getattr(pattern.callback, "cls", object), APIView):
            view: Any = pattern.callback
            yield here, view.cls


def test_every_door_that_takes_keys_names_its_scope():
    found = dict(api_views(get_resolver().url_patterns))
    asking = {path: view for path, view in found.items() if KeyScope in view.permission_classes}

    assert len(asking) >= 20
    assert [path for path, view in asking.items() if not hasattr(view, "scope")] == []
    free = [path for path, view in found.items() if path not in asking]
    assert all(found[path].permission_classes in ([AllowAny], (AllowAny,)) for path in free), free


def test_a_key_is_told_its_use_once_a_minute_and_its_requests_each_time():
    client = client_of()

    client.get(STATS)
    client.get(STATS)

    window = RequestWindow.objects.get(seconds=60)
    assert window.count == 2
    assert (timezone.now() - window.started_at).total_seconds() < 60
