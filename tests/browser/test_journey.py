"""The main job in a real browser: find the demo node, watch advice arrive, decide on it, ask about it."""

import re

import pytest
from playwright.sync_api import Page, expect

from feedback.models import Rating
from rag.models import Answer
from recommendations.models import Recommendation, RecommendationRun
from tests.browser.conftest import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ARRIVAL_MS = 60_000
NARROW = {"width": 375, "height": 800}


def sign_in(page: Page) -> None:
    page.goto("/signin/")
    page.get_by_label("Name").fill("operator")
    page.get_by_label("Password").fill(PASSWORD)
    page.locator("main").get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


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
    sign_in(page)
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
    assert Rating.objects.get().thumb == 1

    page.locator("#ask").get_by_label("Your question").fill("Which channel should I look at first?")
    page.keyboard.press("Enter")
    expect(page.locator("#ask [data-turn-words]")).to_have_text(re.compile("^Answered"), timeout=ARRIVAL_MS)
    assert Answer.objects.get().node_pubkey == stocked
    assert RecommendationRun.objects.count() == 1


def test_advice_is_still_there_after_a_reload_in_the_same_order(page: Page, stocked: str) -> None:
    sign_in(page)
    page.goto(f"/node/{stocked}/")
    ask_for_advice(page)
    streamed = page.locator("article.advice").evaluate_all("cards => cards.map(card => card.id)")

    page.reload()

    assert page.locator("article.advice").evaluate_all("cards => cards.map(card => card.id)") == streamed


def test_a_question_to_the_library_ends_with_sources_that_open_in_it(page: Page) -> None:
    sign_in(page)
    page.goto("/ask/")

    page.get_by_label("Your question").fill("What does a zero base fee change?")
    page.get_by_role("button", name="Ask").click()

    expect(page.locator("[data-turn-words]")).to_have_text(re.compile("^Answered"), timeout=ARRIVAL_MS)
    source = page.locator(".citations li").first
    source.locator("summary").click()
    source.get_by_role("link").click()
    expect(page).to_have_url(re.compile(r"/library/\d+/#"))
    expect(page.locator("h1").first).to_be_visible()


@pytest.mark.parametrize("path", ["/", "/node/{key}/", "/ask/", "/library/", "/library/1/", "/status/", "/search/?q=a"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_makes_a_narrow_page_scroll_sideways(stocked_page: Page, path: str, scheme: str) -> None:
    page = stocked_page
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # pytest gives a str for the literal
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]  # likewise

    page.goto(path.format(key=page.context.pubkey))

    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
