"""The main job in a real browser: find the demo node, watch advice arrive, decide on it, ask about it."""

import re
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from feedback.models import Rating
from rag.models import Answer
from recommendations.models import Recommendation, RecommendationRun

pytestmark = [pytest.mark.browser, pytest.mark.django_db]  # without the second, pytest-django makes no test database
ARRIVAL_MS = 60_000
NARROW = 375
PATHS = ("/ask/", "/library/", "/status/", "/search/?q=a", "/recommendations/")


def find_demo_node(page: Page, pubkey: str) -> None:
    """Search as a person does: a slash, some letters, arrow down, enter."""
    page.goto("/")
    page.keyboard.press("/")
    page.keyboard.type(pubkey[:10], delay=20)
    expect(page.locator("#home-suggestions [role=option]").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/node/{pubkey}/"))


def watch_arrivals(page: Page) -> None:
    """Note, in the page, how many cards stood there at each change."""
    page.evaluate(
        """() => {
          const list = document.querySelector("[data-advice-list]");
          window.counts = [];
          new MutationObserver(() => window.counts.push(list.children.length)).observe(list, { childList: true });
        }"""
    )


def ask_for_advice(page: Page) -> None:
    page.get_by_role("button", name="Get recommendations").click()
    expect(page.locator("#recommendations [data-turn-words]")).to_have_text(
        re.compile(r"^\d+ recommendations in"), timeout=ARRIVAL_MS
    )


def test_from_home_to_advice_that_is_dismissed_taken_back_and_asked_about(page: Page, stocked: str) -> None:
    find_demo_node(page, stocked)
    watch_arrivals(page)

    ask_for_advice(page)

    cards = page.locator("article.advice")
    assert cards.count() >= 4
    assert page.evaluate("window.counts.slice(0, 4)") == [1, 2, 3, 4]
    for number in range(4):
        expect(cards.nth(number).get_by_text(re.compile("^Evidence: [1-9]"))).to_be_visible()
    expect(page.get_by_text("Sources:").first).to_be_visible()
    expect(page.get_by_text("checked against the allow-list").first).to_be_visible()
    expect(page.get_by_text("No local model answered").first).to_be_visible()

    first = cards.first
    first.locator("summary", has_text="Dismiss").click()
    first.get_by_label("Why?").fill("too risky")
    first.get_by_role("button", name="Dismiss", exact=True).click()
    expect(first.get_by_text("Dismissed")).to_be_visible()
    assert Recommendation.objects.get(state="rejected").reject_reason == "too risky"
    first.get_by_role("button", name="Undo").click()
    expect(first.locator("summary", has_text="Dismiss")).to_be_visible()
    first.get_by_role("button", name="Useful", exact=True).click()
    expect(first.get_by_role("button", name="Useful", exact=True)).to_have_attribute("aria-pressed", "true")
    assert Rating.objects.filter(thumb=1).exists()

    page.locator("#ask").get_by_label("Your question").fill("Which channel should I look at first?")
    page.keyboard.press("Enter")
    expect(page.locator("#ask [data-turn-words]")).to_have_text(re.compile("^Answered"), timeout=ARRIVAL_MS)
    assert Answer.objects.filter(node_pubkey=stocked, outcome="completed").exists()
    assert RecommendationRun.objects.filter(outcome="completed").exists()


def test_advice_is_still_there_after_a_reload_in_the_same_order(page: Page, stocked: str) -> None:
    page.goto(f"/node/{stocked}/")
    ask_for_advice(page)
    streamed = page.locator("article.advice").evaluate_all("cards => cards.map(card => card.id)")

    page.reload()

    assert page.locator("article.advice").evaluate_all("cards => cards.map(card => card.id)") == streamed


def test_a_question_to_the_library_ends_with_sources_that_open_in_it(page: Page) -> None:
    page.goto("/ask/")

    page.get_by_label("Your question").fill("What does a zero base fee change?")
    page.get_by_role("button", name="Ask").click()

    expect(page.locator("[data-turn-words]")).to_have_text(re.compile("^Answered"), timeout=ARRIVAL_MS)
    source = page.locator(".citations li").first
    source.locator("summary").click()
    source.get_by_role("link").click()
    expect(page).to_have_url(re.compile(r"/library/\d+/\?passage=\d+#passage-\d+"))
    expect(page.locator("h1").first).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_makes_a_narrow_page_scroll_sideways(
    page: Page, stocked: str, scheme: Literal["light", "dark"]
) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": NARROW, "height": 800})
    library = page.goto("/library/")
    first = page.locator("tbody a").first.get_attribute("href")
    assert library is not None
    assert library.ok

    for path in (
        "/",
        f"/node/{stocked}/",
        "/ask/",
        "/library/",
        str(first),
        "/status/",
        "/search/?q=a",
        "/recommendations/",
    ):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW, path


def test_the_theme_button_goes_round_and_is_remembered(page: Page) -> None:
    root = page.locator("html")

    page.get_by_role("button", name="Theme").click()
    expect(root).to_have_attribute("data-theme", "light")
    page.get_by_role("button", name="Theme").click()
    page.reload()

    expect(root).to_have_attribute("data-theme", "dark")


def test_a_lost_connection_says_so_and_offers_another_try(page: Page, stocked: str) -> None:
    page.route_web_socket(re.compile("/ws/"), lambda socket: socket.close(code=1011))
    page.goto(f"/node/{stocked}/")

    page.get_by_role("button", name="Get recommendations").click()

    expect(page.get_by_role("alert").first).to_contain_text("The connection to lnrag was lost.")
    expect(page.get_by_role("button", name="Try again")).to_be_visible()


def test_without_scripts_advice_still_comes(browser: Browser, page: Page, stocked: str, site: str) -> None:
    context = browser.new_context(java_script_enabled=False, base_url=site, storage_state=page.context.storage_state())
    plain = context.new_page()
    plain.goto(f"/node/{stocked}/")

    plain.get_by_role("button", name="Show recommendations").click()

    assert plain.locator("article.advice").count() >= 4
    context.close()
