"""One Daphne for all journeys, and committed rows: another process must see them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from tests.journeys import stage as stages
from tests.journeys.served import Served
from tests.journeys.stage import Stage


@pytest.fixture(scope="session")
def served(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The application, served to all tests of this process."""
    log: Path = tmp_path_factory.mktemp("daphne") / "daphne.log"
    with Served(dict(connection.settings_dict), log) as daphne:
        yield daphne


@pytest.fixture(scope="module")
def rows(django_db_setup: None, django_db_blocker: Any) -> Iterator[Stage]:
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
