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
from urllib.request import urlopen

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from playwright.sync_api import Browser, Page, sync_playwright

from models_registry.models import Provider
from models_registry.services import defaults as model_defaults
from rag.services import defaults as rag_defaults
from recommendations.services import defaults as advice_defaults
from recommendations.services.demo import load_demo

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
PASSWORD = "a long enough secret"  # noqa: S105 - of a test's user
BOOT_S = 60.0
# Playwright's synchronous interface runs an event loop in this thread, which Django then takes for async code.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The installed Chromium, without its calls to the world."""
    path = next(filter(None, map(shutil.which, CHROMIUM_NAMES)))
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def stocked(transactional_db: None, django_user_model) -> str:
    """The shipped rows, the library, the demo network and an operator; no model. Returns the demo node's key."""
    now = timezone.now()
    for floor in (model_defaults, rag_defaults, advice_defaults):
        floor.load(at=now)
    Provider.objects.update(is_enabled=False)  # whatever may listen on this machine, no model speaks here
    call_command("load_knowledge", verbosity=0)
    call_command("createcachetable")
    django_user_model.objects.create_superuser("operator", password=PASSWORD)
    return load_demo(at=now, nodes=60).pubkey


@pytest.fixture
def site(stocked: str, tmp_path: Path) -> Iterator[str]:
    """The served application; returns its address."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = (tmp_path / "daphne.log").open("wb")
    server = subprocess.Popen(
        [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(port), "lnrag_site.asgi:application"],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DATABASE_URL": database_url(), "DJANGO_SETTINGS_MODULE": "tests.settings"},
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    try:
        wait_for(f"http://127.0.0.1:{port}/health/live", server, log=tmp_path / "daphne.log")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=20)
        log.close()


@pytest.fixture
def page(browser: Browser, site: str) -> Iterator[Page]:
    """A page whose console must stay silent: a blocked script or a failed request is a failed test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, base_url=site)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []


def database_url() -> str:
    """Return the address of the test database for another process."""
    chosen = connection.get_connection_params()
    where = f"host={chosen['host']}" if str(chosen["host"]).startswith("/") else ""
    place = "" if where else f"{chosen['host']}:{chosen['port']}"
    query = f"?{where}&port={chosen.get('port') or 5432}" if where else ""
    return f"postgres://{chosen['user']}:{chosen.get('password') or ''}@{place}/{chosen['dbname']}{query}"


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
