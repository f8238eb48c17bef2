"""What every test may lean on: the database server, and honest skips for what this machine does not have."""

import shutil
from pathlib import Path

import pytest
from django.conf import settings

from lnrag_site import postgres

REAL_DATA = Path(settings.BASE_DIR).parent / "shared" / "data"
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")


def pytest_configure(config: pytest.Config) -> None:
    """Attach before pytest-django makes its test database."""
    if not config.option.help and not config.option.collectonly:
        postgres.attach(settings.VAR_DIR)


def pytest_unconfigure(config: pytest.Config) -> None:
    postgres.detach(settings.VAR_DIR)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip, with the reason, what needs data or a browser that are not here."""
    absent = {
        "real_data": None if REAL_DATA.is_dir() else f"the real snapshots are not at {REAL_DATA}",
        "browser": None if any(map(shutil.which, CHROMIUM_NAMES)) else "no Chromium is installed",
    }
    for item in items:
        for marker, reason in absent.items():
            if reason and item.get_closest_marker(marker):
                item.add_marker(pytest.mark.skip(reason=reason))
