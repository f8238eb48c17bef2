"""What every test may lean on: the database server, and honest skips for what this machine does not have."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from lnrag_site import postgres
from tests.journeys.serving import neighbor, served, test_database
from tests.shares import Shares, put_longest_first

__all__ = ["neighbor", "served", "test_database"]

REAL_DATA = Path(settings.BASE_DIR).parent / "shared" / "data"
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")


def pytest_configure(config: pytest.Config) -> None:
    """Attach before pytest-django makes its test database."""
    if not config.option.help and not config.option.collectonly:
        postgres.attach(settings.VAR_DIR)


def pytest_unconfigure(config: pytest.Config) -> None:
    postgres.detach(settings.VAR_DIR)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Shares | None:
    """Share whole files out, the longest first."""
    if config.getvalue("dist") != "loadfile":
        return None
    config.option.loadscopereorder = False  # the order of the items is the order of the files
    return Shares(config, log)


@pytest.hookimpl(trylast=True)  # after pytest-django, which puts tests with a database first
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip, with the reason, what needs data or a browser that are not here."""
    if hasattr(config, "workerinput"):
        put_longest_first(items)
    absent = {
        "real_data": None if REAL_DATA.is_dir() else f"the real snapshots are not at {REAL_DATA}",
        "browser": None if any(map(shutil.which, CHROMIUM_NAMES)) else "no Chromium is installed",
    }
    for item in items:
        for marker, reason in absent.items():
            if reason and item.get_closest_marker(marker):
                item.add_marker(pytest.mark.skip(reason=reason))
