"""What if and alerts in a real browser: ask, see both columns, share the link; read an alert; fit a phone."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db import connections
from django.utils import timezone
from playwright.sync_api import Page, expect

from recommendations.models import Alert, Node, NodeConnection, NodeView
from recommendations.services.snapshot import node_facts

pytestmark = [pytest.mark.browser, pytest.mark.django_db]
NARROW = 375


@pytest.fixture(scope="module", autouse=True)
def alert(stocked: str, django_db_blocker: Any) -> Iterator[None]:
    """An alert of a node of the operator's."""
    with django_db_blocker.unblock():
        add_alert(get_user_model().objects.get(username="operator"), stocked)
        yield
        NodeConnection.objects.filter(kind="files").delete()
        connections.close_all()


def add_alert(owner: User, pubkey: str) -> None:
    other, now = Node.objects.exclude(pubkey=pubkey)[0], timezone.now()
    own = NodeConnection.objects.create(node=other, owner=owner, kind="files")
    words = {"kind": "stale", "severity": "medium", "target": other.pubkey, "title": "Data is stale", "text": "Old."}
    Alert.objects.create(connection=own, key="stale:02", began_at=now, opened_at=now, seen_at=now, **words)


@pytest.fixture
def dearest(stocked: str) -> str:
    """The channel of the demo node that charges most."""
    facts = node_facts(stocked, user=get_user_model().objects.get(username="operator"), at=timezone.now())
    return max(facts.channels, key=lambda one: one.own_policy.fee_ppm if one.own_policy else 0).scid


def test_a_question_is_answered_in_place_and_its_link_can_be_shared(page: Page, stocked: str, dearest: str) -> None:
    page.goto(f"/node/{stocked}/")
    viewed = list(NodeView.objects.values_list("count", flat=True))
    page.get_by_role("link", name="What if…").click()
    page.evaluate("window.stays = true")

    page.get_by_label("Channel", exact=True).fill(dearest)
    page.get_by_label("Rate, ppm").fill("50")
    page.get_by_role("button", name="Show what would follow").click()

    expect(page.get_by_role("heading", name="Findings side by side")).to_be_visible()
    expect(page.locator(".what-if-gone, .what-if-changed").first).to_be_visible()
    expect(page).to_have_url(re.compile("fee_ppm=50"))
    assert page.evaluate("window.stays") is True
    assert parse_qs(urlsplit(page.url).query)["channel"] == [dearest]
    expect(page.locator(".what-if-factors svg").first).to_be_visible()

    page.reload()
    expect(page.get_by_label("Rate, ppm")).to_have_value("50")
    expect(page.get_by_role("heading", name="Findings side by side")).to_be_visible()
    assert list(NodeView.objects.values_list("count", flat=True)) == viewed


def test_an_alert_is_counted_until_it_is_read(page: Page) -> None:
    page.goto("/recommendations/")
    page.get_by_role("link", name="Alerts, 1 unread").click()
    page.get_by_role("button", name="Mark as read: Data is stale").click()

    expect(page.get_by_role("heading", name="Data is stale")).to_be_visible()
    expect(page.get_by_role("link", name="Alerts, 1 unread")).to_have_count(0)


def test_the_pages_fit_a_phone(page: Page, stocked: str, dearest: str) -> None:
    page.set_viewport_size({"width": NARROW, "height": 800})

    for path in (
        f"/node/{stocked}/what-if/?channel={dearest}&fee_ppm=50",
        "/recommendations/alerts/",
        "/recommendations/alerts/settings/",
    ):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW, path
