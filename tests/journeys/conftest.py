"""One Daphne for all journeys, and committed rows: another process must see them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, connection
from django.db.backends.base.creation import TEST_DATABASE_PREFIX
from django.test.utils import setup_databases, teardown_databases
from django.utils import timezone

from tests.journeys import stage as stages
from tests.journeys.served import Served
from tests.journeys.stage import Stage
from tests.servers.fixtures import ollama

__all__ = ["ollama"]


@pytest.fixture(scope="session")
def test_database(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The test database. pytest-django makes it only when a selected test asks for it by mark, which ours do not."""
    if connection.settings_dict["NAME"].startswith(TEST_DATABASE_PREFIX):
        yield
        return
    with django_db_blocker.unblock():
        made = setup_databases(verbosity=0, interactive=False, aliases={DEFAULT_DB_ALIAS: True})
    yield
    with django_db_blocker.unblock():
        teardown_databases(made, verbosity=0)


@pytest.fixture(scope="session")
def served(test_database: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The application, served to all tests of this process."""
    log: Path = tmp_path_factory.mktemp("daphne") / "daphne.log"
    with Served(dict(connection.settings_dict), log) as daphne:
        yield daphne


@pytest.fixture(scope="session")
def neighbor(test_database: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A second web process on the same database."""
    log: Path = tmp_path_factory.mktemp("neighbor") / "daphne.log"
    with Served(dict(connection.settings_dict), log) as daphne:
        yield daphne


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
