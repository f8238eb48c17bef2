"""A small library, readers, and hosts that speak."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.db import connection

from models_registry.models import LanguageModel, Provider
from models_registry.providers import catalog
from models_registry.services.borrow import give_back
from rag.models import Source
from tests.rag.shelf import (
    BACKUP,
    DOCUMENTS,
    FEES,
    FRAIS,
    NOW,
    REBALANCE,
    fill,
    filled_shelf,
    is_committing,
    pytest_itemcollected,
    pytest_runtest_teardown,
    shares,
)
from tests.servers.fixtures import ollama

__all__ = [
    "BACKUP",
    "DOCUMENTS",
    "FEES",
    "FRAIS",
    "NOW",
    "REBALANCE",
    "filled_shelf",
    "ollama",
    "pytest_itemcollected",
    "pytest_runtest_teardown",
]

MODEL = "llama3:8b-instruct"


@pytest.fixture
def library(request: pytest.FixtureRequest, db: None) -> Source:
    """A public source with four short documents, and the shipped rows."""
    cache.clear()
    return request.getfixturevalue("filled_shelf").source() if shares(request.node) else fill()


@pytest.fixture
def reader(db: None) -> Any:
    return get_user_model().objects.create_user("reader", password="a long password")


@pytest.fixture
def echo(library: Source) -> Provider:
    """Switch the echo host on, with its one model."""
    host = Provider.objects.get(slug="echo")
    Provider.objects.filter(pk=host.pk).update(is_enabled=True, is_healthy=True)
    install(host, "echo")
    return host


def install(host: Provider, tag: str) -> LanguageModel:
    values = {"is_installed": True, "capabilities": ["completion"], "digest": "sha256:1"}
    return LanguageModel.objects.create(provider=host, tag=tag, **values)


def ollama_host(url: str, *tags: str) -> Provider:
    """Point the Ollama row at a stand-in, with patience for tests."""
    host = Provider.objects.get(slug="ollama")
    host.base_url, host.is_healthy, host.max_attempts, host.retry_wait_s = url, True, 1, 0.01
    host.first_token_timeout_s, host.idle_timeout_s, host.total_timeout_s = 2.0, 1.0, 10.0
    host.save()
    for tag in tags or (MODEL,):
        install(host, tag)
    return host


@pytest.fixture
async def tidy() -> AsyncIterator[None]:
    """Close the model clients of the test's event loop, and the connections its threads opened."""
    yield
    await catalog.close()
    await sync_to_async(give_back)()


@pytest.fixture(autouse=True)
def _no_index_outlives_its_space(request: pytest.FixtureRequest) -> Iterator[None]:
    """Drop the vector indexes that a committing test built: its rows go, and the next space may have its number."""
    yield
    if not is_committing(request.node):
        return
    with request.getfixturevalue("django_db_blocker").unblock(), connection.cursor() as cursor:
        cursor.execute(
            r"SELECT string_agg(format('DROP INDEX %%I', indexname), ';') FROM pg_indexes "
            r"WHERE indexname LIKE 'rag\_space\_%%'",
            [],
        )
        if (drops := cursor.fetchone()[0]) is not None:
            cursor.execute(drops)
