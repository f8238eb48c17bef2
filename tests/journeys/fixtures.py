"""The stage inside one transaction, for tests that call the floors in process. A conftest imports what it needs."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection, transaction

from tests.journeys import stage as stages
from tests.journeys.stage import Stage
from tests.recommendations.conftest import AT


@pytest.fixture(scope="module")
def module_rows(django_db_setup: None, django_db_blocker: Any) -> Iterator[Stage]:
    """The stage, made once for a module and rolled back after it; each test rolls back to here."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield stages.build(at=AT)
        transaction.set_rollback(True)


@pytest.fixture
def stage(module_rows: Stage, db: None, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """The stage as of AT. The test's connection, and with it its transaction, stays open between two calls."""
    monkeypatch.setattr(connection, "close_if_unusable_or_obsolete", lambda: None)
    cache.clear()
    return module_rows
