"""Connect two nodes in a real browser, watch them being read, get advice from what they told, and unplug one."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Literal

import pytest
from django.db import connections
from playwright.sync_api import Browser, Page, expect

from recommendations.services.remove_network import remove_network
from tests.browser.conftest import sign_in
from tests.servers.cln import ClnServer
from tests.servers.lnd import LndServer
from tests.servers.simulated import Fault, Kind, NodeServer, simulated

pytestmark = [pytest.mark.browser, pytest.mark.django_db]  # without the second, pytest-django makes no test database
LND_KEY, CLN_KEY = "02" + "ab" * 32, "03" + "cd" * 32
ARRIVAL_MS = 60_000
NARROW = 375


@pytest.fixture(scope="module", autouse=True)
def taken_away(stocked: str, django_db_blocker: Any) -> Iterator[None]:
    """The nodes that were connected are gone after the last test."""
    yield
    with django_db_blocker.unblock():
        remove_network("mainnet")
        connections.close_all()


@pytest.fixture(scope="module")
def nodes() -> Iterator[tuple[LndServer, ClnServer]]:
    """Two nodes with two channels between them, so that either stands in the other's graph."""
    now = datetime.now(UTC)
    lnd = simulated(LND_KEY, forwards=300, at=now, peers=(CLN_KEY,))
    cln = simulated(CLN_KEY, forwards=300, at=now, peers=(LND_KEY,), seed=2)
    lnd.now = cln.now = None
    for node, name, other in ((lnd, "harbor", "lighthouse"), (cln, "lighthouse", "harbor")):
        node.alias = name
        for channel in list(node.channels.values())[:2]:
            channel.peer_alias = other
    with LndServer(lnd) as first, ClnServer(cln) as second:
        yield first, second


def enter(page: Page, server: NodeServer, *, kind: str) -> None:
    page.goto("/nodes/connect/")
    page.get_by_label(kind, exact=True).check()
    page.get_by_label("Address of its REST interface").fill(server.address)
    page.get_by_label("Credential: macaroon or rune").fill(server.credential)
    page.get_by_label("Certificate of the node").fill(server.certificate)


def watch_first_reading(page: Page, server: NodeServer) -> None:
    """See the bar while the history is read, then what was read; the page is not loaded anew."""
    page.evaluate("window.stayed = true")
    expect(page.get_by_text("Reading the forwarding history")).to_be_visible(timeout=ARRIVAL_MS)
    assert int(page.get_by_label("Reading the node").get_attribute("value") or 0) >= 15
    expect(page.get_by_text("Up to date.")).to_be_visible(timeout=ARRIVAL_MS)
    assert page.evaluate("window.stayed")
    assert server.credential not in page.content()


def wrong_at_width(page: Page, width: int) -> int:
    page.set_viewport_size({"width": width, "height": 800})
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def test_from_connecting_two_nodes_to_private_advice_and_to_data_marked_as_old(
    page: Page, nodes: tuple[LndServer, ClnServer], worker: None
) -> None:
    lnd, cln = nodes
    page.goto("/")
    page.get_by_role("link", name="Connect a node").click()
    for server, kind, path in ((lnd, "LND", "/v1/switch"), (cln, "Core Lightning", "/v1/listforwards")):
        enter(page, server, kind=kind)
        page.get_by_role("button", name="Check connection").click()
        expect(page.get_by_text("It works.")).to_be_visible()
        server.use(Fault(Kind.SLOW, path=path, delay_s=2.5))

        page.get_by_role("button", name="Connect", exact=True).click()
        watch_first_reading(page, server)

        server.recover()
    page.goto("/nodes/")
    expect(page.get_by_role("link", name="harbor")).to_be_visible()
    page.get_by_role("link", name="lighthouse").click()
    page.get_by_role("link", name="See its advice").click()
    expect(page).to_have_url(re.compile(f"/node/{CLN_KEY}/"))
    for key, source in ((CLN_KEY, "your Core Lightning node"), (LND_KEY, "your LND node")):
        page.goto(f"/node/{key}/")
        page.get_by_role("button", name="Get recommendations").click()
        expect(page.locator("#recommendations [data-turn-words]")).to_have_text(
            re.compile(r"^\d+ recommendations? in"), timeout=ARRIVAL_MS
        )
        expect(page.locator("article.advice", has_text=source).first).to_be_attached()
    expect(page.locator("[data-private=fresh]")).to_contain_text("as of")

    lnd.unplug()
    page.locator("[data-private=fresh] a").click()
    page.get_by_role("button", name="Read now").click()

    expect(page.get_by_text("The node does not answer.")).to_be_visible(timeout=ARRIVAL_MS)
    expect(page.get_by_text("What you see is as of")).to_be_visible()
    assert [wrong_at_width(page, width) for width in (NARROW, 1280)] == [0, 0]
    page.goto("/")
    expect(page.get_by_text("may be old")).to_be_visible()
    page.goto(f"/node/{LND_KEY}/")
    expect(page.locator("[data-private=old]")).to_contain_text("the node does not answer")
    expect(page.locator("#channels")).to_contain_text("Mallory")  # what was read stays
    lnd.plug_in()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_of_connecting_work_on_a_phone_and_without_scripts(
    browser: Browser, site: str, nodes: tuple[LndServer, ClnServer], scheme: Literal["light", "dark"]
) -> None:
    context = browser.new_context(
        viewport={"width": NARROW, "height": 800}, base_url=site, java_script_enabled=False, color_scheme=scheme
    )
    page = context.new_page()
    sign_in(page)
    _, cln = nodes

    enter(page, cln, kind="Core Lightning")
    page.get_by_role("button", name="Check connection").click()

    expect(page.get_by_text("It works.")).to_be_visible()
    expect(page.get_by_text("enter it once more")).to_be_visible()
    assert page.get_by_label("Credential: macaroon or rune").input_value() == ""
    page.goto("/nodes/files/")
    expect(page.get_by_label("Files of one node")).to_be_visible()
    context.close()
