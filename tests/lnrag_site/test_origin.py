"""A websocket opens from our own pages and from programs, never from somebody else's page."""

import pytest

from lnrag_site.origin import is_welcome


@pytest.mark.parametrize(
    ("host", "origin", "expected"),
    [
        ("127.0.0.1:8000", "http://127.0.0.1:8000", True),
        ("localhost:8000", "http://localhost:8000", True),
        ("127.0.0.1:8000", None, True),
        ("127.0.0.1:8000", "http://127.0.0.1:9999", False),
        ("127.0.0.1:8000", "https://evil.example", False),
        ("127.0.0.1:8000", "null", False),
        ("evil.example", "http://evil.example", False),
        ("", None, False),
    ],
)
def test_only_our_own_origin_or_none(host, origin, expected):
    headers = {"host": host} | ({} if origin is None else {"origin": origin})

    assert is_welcome(headers) is expected


def test_a_trusted_origin_behind_a_proxy_is_welcome(settings):
    settings.CSRF_TRUSTED_ORIGINS = ["https://node.example"]

    assert is_welcome({"host": "127.0.0.1:8000", "origin": "https://node.example"})
