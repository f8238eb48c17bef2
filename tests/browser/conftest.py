"""A real browser before the served application, and one stock of rows for all journeys of this folder."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import connection, connections
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect, sync_playwright

from models_registry.models import Provider
from models_registry.services import defaults as model_defaults
from rag.services import defaults as rag_defaults
from recommendations.services import defaults as advice_defaults
from recommendations.services.demo import load_demo
from tests.journeys.served import Served, database_url

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
PASSWORD = "a long enough secret"
DESK = ViewportSize(width=1280, height=900)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """The installed Chromium, without its calls to the world. Gone after the folder: its event loop blocks others."""
    path = next(filter(None, map(shutil.which, CHROMIUM_NAMES)))
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright's synchronous interface runs a loop in this thread, which Django then takes for async code.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        chromium = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="package")
def stocked(test_database: None, django_db_blocker: Any) -> Iterator[str]:
    """The shipped rows, the library, the demo network and an operator; no model. Gives the demo node's key.

    It is made once for all files, since embedding the library takes seconds, and removed after them: a file takes
    away what it adds.
    """
    now = timezone.now()
    assert str(connection.settings_dict["NAME"]).startswith("test_")  # this fixture empties the database at its end
    with django_db_blocker.unblock():
        for floor in (model_defaults, rag_defaults, advice_defaults):
            floor.load(at=now)
        Provider.objects.update(is_enabled=False)  # whatever may listen on this machine, no model speaks here
        call_command("load_knowledge", verbosity=0)
        call_command("createcachetable")
        get_user_model().objects.create_superuser("operator", password=PASSWORD)
        yield load_demo(at=now, nodes=60).pubkey
        call_command("flush", interactive=False, verbosity=0)
        connections.close_all()


@pytest.fixture(scope="package")
def site(stocked: str, served: Served) -> str:
    """The address of the served application, with its rows."""
    return served.url


@pytest.fixture(scope="package")
def signed_in(browser: Browser, site: str) -> Any:
    """What the browser keeps of somebody who signed in once."""
    with silent(browser.new_context(base_url=site)) as page:
        sign_in(page)
        return page.context.storage_state()


@pytest.fixture
def page(browser: Browser, site: str, signed_in: Any) -> Iterator[Page]:
    """A signed-in page whose console must stay silent: a blocked script or a failed request is a failed test."""
    with silent(browser.new_context(viewport=DESK, base_url=site, storage_state=signed_in)) as page:
        page.goto("/")
        expect(page.get_by_role("button", name="Sign out")).to_be_visible()
        yield page


@contextmanager
def silent(context: BrowserContext) -> Iterator[Page]:
    """Yield a page of this context, close both, and fail when its console said anything."""
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    connections.close_all()  # Django's connections are told apart by event loop, and this one ends with the folder
    assert complaints == []


def sign_in(page: Page) -> None:
    page.goto("/signin/")
    page.get_by_label("Name").fill("operator")
    page.get_by_label("Password").fill(PASSWORD)
    page.locator("main").get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


@pytest.fixture(scope="module")
def worker(site: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The job queue, in a process of its own."""
    log: Path = tmp_path_factory.mktemp("queue") / "queue.log"
    address = {"DATABASE_URL": database_url(dict(connection.settings_dict)), "DJANGO_SETTINGS_MODULE": "tests.settings"}
    with log.open("wb") as out:
        queue = subprocess.Popen(
            [sys.executable, "manage.py", "qcluster"],
            cwd=settings.BASE_DIR,
            env={**os.environ, **address, "QUEUE_WORKERS": "1"},
            stdout=out,
            stderr=subprocess.STDOUT,
        )
        try:
            yield
        finally:
            queue.terminate()
            queue.wait(timeout=30)
