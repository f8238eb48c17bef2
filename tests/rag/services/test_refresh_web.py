"""Addresses are read politely, only when they changed, and never from a network that is not theirs to read."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from rag.models import DeadLetter, Document, Source
from rag.services import intake
from rag.services.take_in import take_in
from tests.rag.conftest import NOW

pytestmark = pytest.mark.django_db
PAGE = b"<html><title>Fees</title><body><h1>Fees</h1><p>A node charges a base fee for each payment.</p></body></html>"


class Site:
    """A web server on a real socket: `pages` by path as (status, headers, body); `asked` holds (path, headers)."""

    def __init__(self) -> None:
        self.pages: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
                status, headers, body = site.pages.get(self.path, (404, {}, b"not here"))
                if headers.get("ETag") and self.headers.get("If-None-Match") == headers["ETag"]:
                    status, body = 304, b""
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_given: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    thread = threading.Thread(target=site.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield site
    site.server.shutdown()
    site.server.server_close()
    thread.join()


@pytest.fixture
def web(db: None, settings) -> Source:
    settings.FETCH_PRIVATE = True  # the site of these tests is on this machine
    return Source.objects.create(slug="web", name="Web", kind=Source.Kind.WEB)


def read(source: Source, *addresses: str):
    row = intake.add_addresses(addresses, source=source, user=None, unit="", at=NOW)
    take_in(row.pk, at=NOW)
    row.refresh_from_db()
    source.refresh_from_db()
    return row


def test_a_page_becomes_a_document_with_its_address(web: Source, site: Site) -> None:
    site.pages["/fees"] = (200, {"Content-Type": "text/html; charset=utf-8", "ETag": '"1"'}, PAGE)

    row = read(web, f"{site.url}/fees")

    document = Document.objects.get(source=web)
    assert (row.state, row.report["created"]) == ("done", 1)
    assert (document.title, document.url, document.media_type) == ("Fees", f"{site.url}/fees", "text/html")
    assert site.paths() == ["/robots.txt", "/fees"]
    assert site.asked[1][1]["user-agent"].startswith("lnrag/")
    assert site.asked[1][1]["host"] == site.url.removeprefix("http://")
    assert web.checked_at == NOW


def test_what_has_not_changed_is_not_sent_again(web: Source, site: Site) -> None:
    site.pages["/fees"] = (200, {"Content-Type": "text/html", "ETag": '"1"', "Last-Modified": "yesterday"}, PAGE)
    read(web, f"{site.url}/fees")

    row = read(web, f"{site.url}/fees")

    assert site.asked[-1][1]["if-none-match"] == '"1"'
    assert site.asked[-1][1]["if-modified-since"] == "yesterday"
    assert (row.report["unchanged"], row.report["deleted"], row.report["embedded"]) == (1, 0, 0)
    assert Document.objects.filter(source=web).count() == 1


def test_robots_are_respected(web: Source, site: Site) -> None:
    site.pages["/robots.txt"] = (200, {}, b"User-agent: *\nDisallow: /private\n\nUser-agent: lnrag\nDisallow: /ours\n")
    for path in ("/private", "/ours"):
        site.pages[path] = (200, {"Content-Type": "text/html"}, PAGE)

    read(web, f"{site.url}/private", f"{site.url}/ours")

    assert "/ours" not in site.paths()
    assert "/private" in site.paths()  # the rules that name us stand in the place of those for all
    assert DeadLetter.objects.get().code == "address_refused"


@pytest.mark.parametrize(
    ("path", "answer", "code"),
    [
        ("/gone", (404, {}, b""), "address_unreachable"),
        ("/broken", (500, {}, b""), "address_unreachable"),
        ("/loop", (302, {"Location": "/loop"}, b""), "address_unreachable"),
        ("/file", (302, {"Location": "file:///etc/passwd"}, b""), "address_refused"),
        ("/metadata", (302, {"Location": "http://169.254.169.254/latest/"}, b""), "address_refused"),
        ("/picture", (200, {"Content-Type": "image/png"}, b"\x89PNG"), "format_unknown"),
        ("/large", (200, {"Content-Type": "text/plain"}, b"words " * (4 << 20)), "too_large"),
        ("/script", (200, {"Content-Type": "text/html"}, b"<html><script>x</script></html>"), "no_text"),
    ],
)
def test_an_address_that_fails_has_a_letter_and_the_others_are_read(
    web: Source, site: Site, path: str, answer: tuple[int, dict[str, str], bytes], code: str
) -> None:
    site.pages["/fees"] = (200, {"Content-Type": "text/html"}, PAGE)
    site.pages[path] = answer

    row = read(web, f"{site.url}{path}", f"{site.url}/fees")

    letter = DeadLetter.objects.get()
    assert (letter.code, letter.uid) == (code, f"{site.url}{path}")
    assert (row.state, row.report["created"], row.report["failed"]) == ("done", 1, 1)


def test_a_redirect_is_followed_and_a_page_that_fails_later_keeps_its_document(web: Source, site: Site) -> None:
    site.pages["/old"] = (301, {"Location": "/fees"}, b"")
    site.pages["/fees"] = (200, {"Content-Type": "text/html"}, PAGE)
    read(web, f"{site.url}/old")
    site.pages["/fees"] = (503, {}, b"")

    row = read(web, f"{site.url}/old")

    document = Document.objects.get(source=web)
    assert (document.uid, document.url) == (f"{site.url}/old", f"{site.url}/fees")
    assert (row.report["failed"], row.report["deleted"]) == (1, 0)


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:{port}/fees",
        "http://localhost:{port}/fees",
        "http://[::1]:{port}/fees",
        "http://[::ffff:127.0.0.1]:{port}/fees",
        "http://2130706433:{port}/fees",
        "http://10.0.0.1/",
        "http://192.168.1.1/",
        "http://169.254.169.254/latest/meta-data",
        "http://[fe80::1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://0.0.0.0:{port}/fees",
    ],
)
def test_private_networks_are_not_read_unless_allowed(web: Source, site: Site, settings, address: str) -> None:
    settings.FETCH_PRIVATE = False
    site.pages["/fees"] = (200, {"Content-Type": "text/html"}, PAGE)

    read(web, address.format(port=site.server.server_port))

    assert site.asked == []
    assert DeadLetter.objects.get().code == "address_refused"


def test_a_removed_document_takes_its_address_along(web: Source, site: Site) -> None:
    site.pages["/fees"] = (200, {"Content-Type": "text/html"}, PAGE)
    read(web, f"{site.url}/fees")

    intake.remove_document(Document.objects.get(source=web), at=NOW)

    web.refresh_from_db()
    assert web.location == ""
