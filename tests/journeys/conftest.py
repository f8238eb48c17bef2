"""The rows of the journeys, committed: another process must see them."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from tests.journeys import stage as stages
from tests.journeys.served import Served
from tests.journeys.stage import Stage
from tests.servers.fixtures import ollama

__all__ = ["ollama"]


@pytest.fixture
def web(served: Served, neighbor: Served) -> tuple[Served, Served]:
    """Both web processes."""
    return served, neighbor


@pytest.fixture(scope="module")
def rows(test_database: None, django_db_blocker: Any) -> Iterator[Stage]:
    """The stage, committed once for a module and flushed after it."""
    with django_db_blocker.unblock():
        yield stages.build(at=timezone.now())
        call_command("flush", interactive=False, verbosity=0)
        connection.close()


@pytest.fixture
def stage(rows: Stage, django_db_blocker: Any) -> Iterator[Stage]:
    """The stage, tidied after each test. The test itself may read and write rows."""
    with django_db_blocker.unblock():
        yield rows
        stages.tidy()
        connection.close()
