"""A real browser before a real server: Daphne in a process of its own, on the test database."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.error import URLError
from urllib.parse import quote, urlencode
from urllib.request import urlopen

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import connection, connections
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect, sync_playwright

from models_registry.models import Provider
from models_registry.services import defaults as model_defaults
from rag.services import defaults as rag_defaults
from recommendations.services import defaults as advice_defaults
from recommendations.services.demo import load_demo

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
PASSWORD = "a long enough secret"
BOOT_S = 60.0


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The installed Chromium, without its calls to the world. Gone after the module: its event loop blocks others."""
    path = next(filter(None, map(shutil.which, CHROMIUM_NAMES)))
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright's synchronous interface runs a loop in this thread, which Django then takes for async code.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        chromium = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def stocked(django_db_setup, django_db_blocker) -> Iterator[str]:
    """The shipped rows, the library, the demo network and an operator; no model. Gives the demo node's key.

    It is made once for a module, since embedding the library takes seconds, and removed at its end.
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


@pytest.fixture(scope="module")
def site(stocked: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The served application; gives its address."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    path = tmp_path_factory.mktemp("site") / "daphne.log"
    with path.open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(port), "lnrag_site.asgi:application"],
            cwd=settings.BASE_DIR,
            env={**os.environ, "DATABASE_URL": database_url(), "DJANGO_SETTINGS_MODULE": "tests.settings"},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            wait_for(f"http://127.0.0.1:{port}/health/live", server, log=path)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(timeout=20)


@pytest.fixture
def page(browser: Browser, site: str) -> Iterator[Page]:
    """A signed-in page whose console must stay silent: a blocked script or a failed request is a failed test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, base_url=site)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    sign_in(page)
    yield page
    context.close()
    connections.close_all()  # Django's connections are told apart by event loop, and this one ends with the module
    assert complaints == []


def sign_in(page: Page) -> None:
    page.goto("/signin/")
    page.get_by_label("Name").fill("operator")
    page.get_by_label("Password").fill(PASSWORD)
    page.locator("main").get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def database_url() -> str:
    """Return the address of the test database for another process."""
    chosen = connection.settings_dict
    secret, place = quote(str(chosen["PASSWORD"]), safe=""), urlencode({"host": chosen["HOST"]})
    port = f":{chosen['PORT']}" if chosen["PORT"] else ""
    return f"postgresql://{chosen['USER']}:{secret}@localhost{port}/{chosen['NAME']}?{place}"


def wait_for(url: str, server: "subprocess.Popen[bytes]", *, log: Path) -> None:
    """Wait until the server answers.

    :raises RuntimeError: with the end of its log, when it ends or stays silent.
    """
    deadline = time.monotonic() + BOOT_S
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urlopen(url, timeout=2):
                return
        except (URLError, OSError):
            time.sleep(0.2)
    raise RuntimeError(f"no server: {log.read_text(errors='replace')[-2000:]}")
