"""Waiting and stopping, seen in a real browser: the place in line, the load, and a model that falls silent at once."""

import re
import time
from collections.abc import Iterator
from typing import Any
from urllib.request import urlopen

import pytest
from django.db import connections
from playwright.sync_api import Page, expect

from models_registry.models import Generation, LanguageModel, Provider
from rag.models import Answer
from tests.servers.ollama import OllamaServer, Outcome

pytestmark = pytest.mark.browser  # without the mark for a database: its transaction would hide rows from the server
TOKEN_S = 0.2  # so slow that a busy test machine does not count as a late hang-up
MODEL = "llama3:8b-instruct"
QUESTIONS = ("What does a zero base fee change?", "When is a rebalance worth its cost?")
ARRIVAL_MS = 30_000


@pytest.fixture
def model(site: str, django_db_blocker: Any) -> Iterator[OllamaServer]:
    """A host with one slot that would speak for a minute."""
    with OllamaServer((MODEL,), token_delay_s=TOKEN_S) as server, django_db_blocker.unblock():
        server.respond_with(lambda _request: "word " * 300)
        host = Provider.objects.filter(slug="ollama")
        host.update(base_url=server.url, is_enabled=True, is_healthy=None, checked_at=None, max_attempts=1)
        urlopen(f"{site}/status/").close()  # whose page looks which models are there
        yield server
        host.update(is_enabled=False)
        for table in (LanguageModel, Generation, Answer):
            table._default_manager.all().delete()
        connections.close_all()  # the page's fixture has closed its own before


def ask(page: Page, question: str) -> None:
    page.goto("/ask/")
    page.get_by_label("Your question").fill(question)
    page.keyboard.press("Enter")


def see_tokens(page: Page) -> None:
    expect(page.locator("[data-live]").first).to_contain_text("word word", timeout=ARRIVAL_MS)


def assert_silent(server: OllamaServer, stopped_at: float) -> None:
    server.wait_for(lambda s: s.generations[0].outcome is not Outcome.RUNNING, timeout=10)
    spoken = server.generations[0]
    assert spoken.outcome is Outcome.HUNG_UP
    assert spoken.tokens_after_close <= 1
    assert spoken.tokens_after(stopped_at) <= 1


@pytest.mark.parametrize("by", ["button", "escape"])
def test_stop_silences_the_model_and_keeps_what_arrived(page: Page, model: OllamaServer, by: str) -> None:
    ask(page, QUESTIONS[0])
    see_tokens(page)
    expect(page.locator("[data-turn-voice] summary")).to_have_text(f"{MODEL} answers")

    if by == "button":
        page.get_by_role("button", name="Stop").click()
    else:
        page.keyboard.press("Escape")
    stopped_at = time.monotonic()

    expect(page.locator("[data-turn-words]")).to_have_text("Stopped by you. What had arrived stays below.")
    expect(page.get_by_text("You stopped this answer here.")).to_be_visible()
    expect(page.locator("[data-live]").first).to_contain_text("word word")
    expect(page.get_by_role("button", name="Stop")).to_be_hidden()
    assert_silent(model, stopped_at)
    assert_abandoned()


def test_closing_the_tab_silences_the_model(page: Page, model: OllamaServer) -> None:
    tab = page.context.new_page()
    ask(tab, QUESTIONS[0])
    see_tokens(tab)

    tab.close()

    assert_silent(model, time.monotonic())
    assert_abandoned()


def test_who_waits_sees_the_place_in_line(page: Page, model: OllamaServer) -> None:
    first = page.context.new_page()
    ask(first, QUESTIONS[0])
    see_tokens(first)

    ask(page, QUESTIONS[1])

    expect(page.locator("[data-turn-words]")).to_have_text(f"Waiting for {MODEL}: place 1", timeout=ARRIVAL_MS)
    first.close()
    see_tokens(page)
    page.keyboard.press("Escape")


def test_who_waits_for_a_load_sees_how_long_it_takes(page: Page, model: OllamaServer) -> None:
    model.limits.cold_load_s = 4.0

    ask(page, QUESTIONS[0])

    expect(page.locator("[data-turn-words]")).to_have_text(f"Loading {MODEL}…", timeout=ARRIVAL_MS)
    expect(page.locator("[data-turn-clock]")).to_have_text(re.compile(r"^ \d+ s"))
    see_tokens(page)
    page.keyboard.press("Escape")


def assert_abandoned() -> None:
    deadline = time.monotonic() + 10
    while not Generation.objects.filter(outcome="abandoned").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert Answer.objects.filter(outcome="abandoned").exists()
