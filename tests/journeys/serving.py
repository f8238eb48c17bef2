"""One Daphne and its neighbor for all tests of a process that need a served application, on the test database."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import DEFAULT_DB_ALIAS, connection
from django.db.backends.base.creation import TEST_DATABASE_PREFIX
from django.test.utils import setup_databases, teardown_databases

from tests.journeys.served import Served


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
