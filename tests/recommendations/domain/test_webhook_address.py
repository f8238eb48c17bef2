"""A webhook stands on the internet behind https, or on this machine; a page shows no more than its host."""

import pytest

from recommendations.domain.delivery_errors import DeliveryRefused
from recommendations.domain.webhook_address import checked_webhook, is_this_machine, shown


@pytest.mark.parametrize(
    "address",
    [
        "https://example.org/hook",
        " https://example.org/hook?key=1 ",
        "https://example.org:8443/",
        "http://127.0.0.1:9000/hook",
        "http://[::1]:9000/hook",
        "http://localhost/hook",
        "https://localhost/hook",
        "http://127.9.9.9/",
    ],
)
def test_an_address_on_the_internet_or_on_this_machine_is_taken(address):
    assert checked_webhook(address) == address.strip()


@pytest.mark.parametrize(
    "address",
    [
        "",
        "example.org/hook",
        "http://example.org/hook",
        "http://10.0.0.1/",
        "http://169.254.169.254/latest/meta-data",
        "http://localhost.evil.org/",
        "http://127.0.0.1.evil.org/",
        "http://0.0.0.0/",
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "https://user:secret@example.org/",
        "https://exa mple.org/",
        "https://example.org/\nHost: x",
        "https://example.org:99999/",
        "https:///hook",
        f"https://example.org/{'x' * 1_000}",
        "http://[::ffff:10.0.0.1]/",
    ],
)
def test_every_other_address_is_refused_with_a_next_step(address):
    with pytest.raises(DeliveryRefused) as refused:
        checked_webhook(address)

    assert "secret" not in str(refused.value)
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize(
    ("address", "is_here"),
    [("http://127.0.0.1/", True), ("http://localhost/", True), ("https://localtest.me/", False)],
)
def test_only_what_names_this_machine_is_this_machine(address, is_here):
    assert is_this_machine(address) is is_here


def test_a_shown_address_holds_no_key():
    assert shown("https://hooks.example.org:8443/services/T0/B0/secret?token=2") == "https://hooks.example.org:8443/…"
