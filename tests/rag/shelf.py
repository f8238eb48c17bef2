"""Four short documents, and the shelf on which neighboring tests find them: read once, rolled back after the last."""

from collections.abc import Generator
from contextlib import ExitStack
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import transaction

from models_registry.services import defaults as model_defaults
from rag.domain.documents import RawDocument, Reference
from rag.models import Source
from rag.services import defaults
from rag.services.ingest import ingest_documents

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
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


def fill() -> Source:
    """Load the shipped rows, and read the documents into a public source."""
    model_defaults.load(at=NOW)
    defaults.load(at=NOW)
    source = Source.objects.create(slug="tests", name="Tests", kind=Source.Kind.UPLOAD, is_public=True)
    ingest_documents(source, DOCUMENTS, at=NOW)
    return source


class Shelf:
    """The filled shelf in a transaction around those of the tests: each of them rolls back to it."""

    def __init__(self) -> None:
        self._around = ExitStack()
        self._source: Source | None = None

    def source(self) -> Source:
        """Return its source as it was filled."""
        assert self._source is not None
        return Source.objects.get(pk=self._source.pk)

    def fill_once(self, blocker: Any) -> None:
        if self._source is None:
            self._around.enter_context(blocker.unblock())
            self._around.enter_context(transaction.atomic())
            self._source = fill()

    def clear(self) -> None:
        if self._source is not None:
            transaction.set_rollback(True)
            self._around.close()
            self._source = None


SHELF = Shelf()


def is_committing(item: pytest.Item) -> bool:
    """Tell whether a test commits what it writes, and has every table emptied after it."""
    marker = item.get_closest_marker("django_db")
    return bool(marker and marker.kwargs.get("transaction"))


def shares(item: pytest.Item) -> bool:
    """Tell whether a test takes the library from the shelf."""
    return "library" in getattr(item, "fixturenames", ()) and not is_committing(item)


def pytest_itemcollected(item: Any) -> None:
    """Fill the shelf before the test's own transaction begins."""
    if shares(item):
        item.fixturenames.insert(0, "filled_shelf")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None]:
    """Clear the shelf as soon as somebody comes who does not expect it."""
    yield
    if shares(item) and not (nextitem and nextitem.path == item.path and shares(nextitem)):
        SHELF.clear()


@pytest.fixture
def filled_shelf(django_db_setup: None, django_db_blocker: Any) -> Shelf:
    """The filled shelf. Only `library` asks for it."""
    SHELF.fill_once(django_db_blocker)
    return SHELF
