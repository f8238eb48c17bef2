"""The usage page in a real browser: it keeps itself fresh, but not under a reader's eyes."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections
from playwright.sync_api import Page, expect

from models_registry.models import Generation

pytestmark = pytest.mark.browser
REFRESH_MS = 10_000


@pytest.fixture
def ledger(site: str, django_db_blocker: Any) -> Iterator[None]:
    """The test itself may write to the ledger."""
    with django_db_blocker.unblock():
        Generation.objects.all().delete()  # whatever spoke in a file before
        generation("phi3:medium")
        yield
        Generation.objects.all().delete()
        connections.close_all()  # the page's fixture has closed its own before


def generation(model: str) -> Generation:
    chosen = {"model": model, "host": "attic", "is_chosen": True, "reason": "the first of the list"}
    return Generation.objects.create(
        purpose="answer",
        query_type="quick",
        model=model,
        provider="attic",
        outcome="completed",
        latency_ms=1200,
        decision={"candidates": [chosen]},
    )


@pytest.mark.usefixtures("ledger")
def test_a_new_choice_appears_by_itself_with_its_reason(page: Page) -> None:
    page.goto("/status/")
    page.get_by_role("link", name="Models", exact=True).click()
    choices = page.locator(".usage-choices tbody tr")
    expect(choices).to_have_count(1)

    generation("llama3:8b")

    expect(choices).to_have_count(2, timeout=REFRESH_MS)
    first = choices.first
    first.locator("summary").click()
    expect(first).to_contain_text("llama3:8b on attic: the first of the list")


@pytest.mark.usefixtures("ledger")
def test_nothing_moves_while_somebody_reads_a_reason(page: Page) -> None:
    page.goto("/models/usage")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/models/" in request.url else None)
    page.locator(".usage-choices summary").first.click()
    generation("llama3:8b")

    page.wait_for_timeout(3500)  # longer than it takes to refresh

    assert asked == []
    page.locator(".usage-choices summary").first.click()
    page.locator("h1").click()
    expect(page.locator(".usage-choices tbody tr")).to_have_count(2, timeout=REFRESH_MS)


@pytest.mark.usefixtures("ledger")
def test_a_filter_and_the_export_keep_together(page: Page) -> None:
    generation("llama3:8b")
    page.goto("/models/usage")

    page.get_by_role("combobox", name="Model").select_option("llama3:8b")
    page.get_by_role("button", name="Show").click()
    expect(page.locator(".usage-choices tbody tr")).to_have_count(1)
    with page.expect_download() as download:
        page.get_by_role("link", name="Export as CSV").click()

    text = download.value.path().read_text()
    assert download.value.suggested_filename == "generations.csv"
    assert (text.count("llama3:8b,attic"), text.count("phi3:medium,attic")) == (1, 0)


@pytest.mark.usefixtures("ledger")
@pytest.mark.parametrize("width", [375, 1280])
def test_the_page_does_not_scroll_sideways(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})

    page.goto("/models/usage")

    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_administration_leads_to_the_usage_and_to_the_pages(page: Page) -> None:
    for name, path in (("Usage of models", "/models/usage"), ("Pages", "/")):
        page.goto("/admin/")
        page.get_by_text("lnrag", exact=True).first.click()
        page.get_by_role("link", name=name).click()

        expect(page).to_have_url(re.compile(rf"://[^/]+{path}$"))
