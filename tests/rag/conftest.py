"""A small library, readers, and hosts that speak."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.db import connection

from models_registry.models import LanguageModel, Provider
from models_registry.providers import catalog
from models_registry.services import defaults as model_defaults
from models_registry.services.borrow import give_back
from rag.domain.documents import RawDocument, Reference
from rag.models import Source
from rag.services import defaults
from rag.services.ingest import ingest_documents
from tests.servers.fixtures import ollama

__all__ = ["ollama"]

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
MODEL = "llama3:8b-instruct"

FEES = """
# Routing fees

A routing node charges a base fee and a fee rate on every payment that leaves through a channel. The operator of the
node publishes both for each direction of each channel, and every sender on the network reads them before it chooses
a route for its payment.

## Base fee

The base fee is a flat charge of 1,000 msat per forwarded payment by default. Many operators set the base fee to zero,
since small payments avoid a base fee. Changing the base fee is a policy update, and it can be undone at any time.

## Fee rate

The fee rate is given in ppm, parts per million of the amount. At 250 ppm a payment of 1,000,000 sat pays 250 sat.
Compare the fee rate with what other nodes charge toward the same peer before raising it, and wait some days between
two changes.
"""
REBALANCE = """
# Circular rebalancing

A circular rebalance pays a route from the node to itself, so that liquidity moves from one channel to
another.

## When it pays

A rebalance is worth its cost only when the channel that is refilled earns more than the rebalance costs.
Otherwise raise the fee of the drained channel, or wait for traffic in the other direction.
"""
BACKUP = """
# Static channel backup

The static channel backup file lets a node ask its peers to force close all channels after a disk failure, and
so recovers funds.

## Where to keep it

Keep the channel backup file on another machine, encrypted. It holds no channel balances, and an old one still
works.
"""
FRAIS = """
# Les frais de routage

Un noeud de routage demande des frais de base et un taux de frais pour chaque paiement qui sort par un canal.

## Frais de base

Les frais de base sont un montant fixe par paiement transmis. Beaucoup d'opérateurs les mettent à zéro, car
ils pénalisent les petits paiements.
"""
DOCUMENTS = (
    RawDocument("fees.md", "Routing fees", FEES, origin="Tests", references=(Reference("BOLT 7", ""),), tags=("fees",)),
    RawDocument("rebalance.md", "Circular rebalancing", REBALANCE, origin="Tests", dated_at=date(2026, 11, 1)),
    RawDocument("backup.md", "Static channel backup", BACKUP, origin="Tests"),
    RawDocument("frais.md", "Les frais de routage", FRAIS, lang="fr", origin="Tests"),
)


@pytest.fixture
def library(db: None) -> Source:
    """A public source with four short documents, and the shipped rows."""
    cache.clear()
    model_defaults.load(at=NOW)
    defaults.load(at=NOW)
    source = Source.objects.create(slug="tests", name="Tests", kind=Source.Kind.UPLOAD, is_public=True)
    ingest_documents(source, DOCUMENTS, at=NOW)
    return source


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
    marker = request.node.get_closest_marker("django_db")
    if marker is None or not marker.kwargs.get("transaction"):
        return
    with request.getfixturevalue("django_db_blocker").unblock(), connection.cursor() as cursor:
        cursor.execute(
            r"SELECT string_agg(format('DROP INDEX %%I', indexname), ';') FROM pg_indexes "
            r"WHERE indexname LIKE 'rag\_space\_%%'",
            [],
        )
        if (drops := cursor.fetchone()[0]) is not None:
            cursor.execute(drops)
