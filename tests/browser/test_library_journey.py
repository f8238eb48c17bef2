"""The library's journey in a real browser, with a real worker: hand in, ask in two languages, follow the citation."""

import re
from collections.abc import Iterator
from typing import Any, Literal

import pytest
from django.db import connections
from playwright.sync_api import Browser, FilePayload, Page, expect

from rag.models import Document, Ingestion, Source
from tests.browser.pdf_writer import write_pdf

pytestmark = pytest.mark.browser  # without the mark for a database: its transaction would hide rows from the server
ARRIVAL_MS = 60_000
NARROW = 375
HANDBOOK = write_pdf(
    (
        "Blue Heron routing node: operator handbook",
        "The Blue Heron node opens channels only with peers that announce a clearnet address.",
        "Its operators meet every second Tuesday and write down what they changed.",
    ),
    (
        "Reserves",
        "The Blue Heron node keeps a reserve of 420,000 sat on chain, so that it can bump",
        "the fees of anchor channels when one of them is closed by force.",
        "The reserve is counted every morning, and refilled from the cold wallet.",
    ),
)
RULES = """# Peering rules of Blue Heron

## Offline peers

Blue Heron closes a channel when its peer has been offline for 21 days in a row. A message is sent to the peer on the
fourteenth day, and the channel is closed cooperatively where that is still possible.

## Fees toward new peers

A new peer pays 180 ppm during its first month. After that the fee rate follows the market.
"""
FILES: list[FilePayload] = [
    {"name": "handbook.pdf", "mimeType": "application/pdf", "buffer": HANDBOOK},
    {"name": "peering-rules.md", "mimeType": "text/markdown", "buffer": RULES.encode()},
]
BROKEN: FilePayload = {"name": "broken.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4 and nothing more"}
QUESTIONS = [
    ("How much does Blue Heron keep on chain as a reserve?", "420,000 sat", "handbook"),
    ("Quelle réserve le noeud Blue Heron garde-t-il sur la chaîne ?", "420,000 sat", "handbook"),
    ("After how many days offline does Blue Heron close a channel?", "21 days", "Peering rules"),
    ("Après combien de jours hors ligne Blue Heron ferme-t-il un canal ?", "21 days", "Peering rules"),
]


@pytest.fixture
def rows(django_db_blocker: Any) -> Iterator[None]:
    """The test itself may look at rows."""
    with django_db_blocker.unblock():
        yield
        connections.close_all()


def hand_in(page: Page, files: list[FilePayload], *, name: str = "") -> None:
    page.goto("/library/add/")
    if name:
        page.locator("#files-source").select_option("")
        page.locator("#files-name").fill(name)
    page.get_by_label("Choose files").set_input_files(files)
    page.get_by_role("button", name="Add files").click()
    lines = page.locator("[data-hand-in-list] li")
    expect(lines).to_have_count(len(files))
    expect(page.locator("[data-intake='done']")).to_have_count(len(files), timeout=ARRIVAL_MS)


def ask(page: Page, question: str) -> None:
    page.goto("/ask/")
    page.get_by_label("Your question").fill(question)
    page.keyboard.press("Enter")
    expect(page.locator("[data-turn-words]")).to_have_text(re.compile("^Answered"), timeout=ARRIVAL_MS)


@pytest.mark.usefixtures("rows", "worker")
def test_from_two_files_to_their_highlighted_passages(page: Page) -> None:
    hand_in(page, FILES, name="Blue Heron")
    expect(page.locator("[data-hand-in-said]")).to_have_text("2 of 2 sent; lnrag reads them now.")
    expect(page.get_by_text("1 new").first).to_be_visible()

    for question, fact, document in QUESTIONS:
        ask(page, question)
        exchange = page.locator("[data-exchanges] article").last
        expect(exchange).to_contain_text(fact)
        source = exchange.locator(".citations li").filter(has_text=fact).first
        expect(source).to_contain_text(document)
        source.locator("summary").click()
        source.get_by_role("link", name="Read it in the library").click()

        expect(page).to_have_url(re.compile(r"/library/\d+/\?passage=(\d+)#passage-\1$"))
        expect(page.locator(".passage")).to_contain_text(fact)
        expect(page.locator(".passage")).to_be_in_viewport()


@pytest.mark.usefixtures("rows", "worker")
def test_what_the_library_cannot_answer_is_said(page: Page) -> None:
    ask(page, "Who won the football match in Lisbon yesterday evening?")

    exchange = page.locator("[data-exchanges] article").last
    expect(exchange).to_contain_text("The library does not hold the answer")


@pytest.mark.usefixtures("rows", "worker")
def test_a_file_that_fails_is_told_and_the_others_come_in(page: Page) -> None:
    hand_in(page, [BROKEN, FILES[1]], name="Mixed")

    failed = page.locator("[data-hand-in-list] li").first
    expect(failed).to_contain_text("broken.pdf")
    expect(failed).to_contain_text("1 failed")
    failed.get_by_role("button", name="Retry").click()
    expect(page.locator("[data-intake='done']")).to_contain_text("1 failed", timeout=ARRIVAL_MS)


@pytest.mark.usefixtures("rows", "worker")
def test_files_can_be_dropped(page: Page) -> None:
    page.goto("/library/add/")
    content = page.evaluate_handle(
        """text => { const carried = new DataTransfer();
             carried.items.add(new File([text], "dropped.md", { type: "text/markdown" })); return carried; }""",
        "# Dropped\n\nA text that was dropped onto the page.",
    )
    zone = page.locator("[data-drop]")

    zone.dispatch_event("dragenter", {"dataTransfer": content})
    expect(zone).to_have_class(re.compile("is-over"))
    zone.dispatch_event("drop", {"dataTransfer": content})

    expect(page.locator("[data-intake='done']")).to_contain_text("1 new", timeout=ARRIVAL_MS)


@pytest.mark.usefixtures("rows", "worker")
def test_a_file_that_is_too_large_is_refused_before_it_is_sent(page: Page) -> None:
    page.goto("/library/add/")
    page.locator("form[data-hand-in]").evaluate("form => { form.dataset.mostBytes = 10; }")

    page.get_by_label("Choose files").set_input_files(FILES[1])
    page.get_by_role("button", name="Add files").click()

    expect(page.locator("[data-hand-in-list] [role=alert]")).to_contain_text("Too large")


@pytest.mark.usefixtures("rows", "worker")
def test_without_scripts_files_come_in_and_the_page_looks_again_by_itself(
    browser: Browser, page: Page, site: str
) -> None:
    context = browser.new_context(java_script_enabled=False, base_url=site, storage_state=page.context.storage_state())
    plain = context.new_page()
    plain.goto("/library/add/")
    plain.locator("#files-source").select_option("")
    plain.locator("#files-name").fill("Plain")
    plain.locator("input[type=file]").set_input_files(FILES)

    plain.get_by_role("button", name="Add files").click()

    expect(plain.locator("[data-intake='done']")).to_contain_text("2 new", timeout=ARRIVAL_MS)
    context.close()


@pytest.mark.usefixtures("rows", "worker")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [NARROW, 1280])
def test_no_page_of_the_library_scrolls_sideways(page: Page, width: int, scheme: Literal["light", "dark"]) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    if not Source.objects.filter(name="Blue Heron").exists():
        hand_in(page, FILES, name="Blue Heron")
    source = Source.objects.get(name="Blue Heron")
    document = Document.objects.get(source=source, media_type="application/pdf")
    passage = document.chunks.latest("ordinal")
    intake = Ingestion.objects.filter(source=source).latest("created_at")
    for path in (
        "/library/",
        "/library/?q=Blue+Heron+reserve",
        "/library/add/",
        f"/library/sources/{source.slug}/",
        f"/library/passages/{passage.pk}/",
        f"/library/intakes/{intake.pk}/",
        f"/library/sources/{source.slug}/remove/",
    ):
        page.goto(path)
        if "?q=" in path:
            page.locator(".why summary").first.click()
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
