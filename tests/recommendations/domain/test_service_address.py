"""Where an optional service may be: https anywhere, http only at home."""

import pytest

from recommendations.domain.service_address import ServiceAddressRefused, checked


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://mempool.space", "https://mempool.space"),
        (" https://mempool.space/ ", "https://mempool.space"),
        ("https://example.org/mempool/", "https://example.org/mempool"),
        ("http://192.168.1.20:4080", "http://192.168.1.20:4080"),
        ("http://umbrel.local:3006", "http://umbrel.local:3006"),
        ("http://localhost:5000", "http://localhost:5000"),
        ("http://[::1]:5000", "http://[::1]:5000"),
    ],
)
def test_these_are_addresses(address, expected):
    assert checked(address) == expected


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("", "Write the address"),
        ("mempool.space", "Write the address"),
        ("ftp://mempool.space", "Write the address"),
        ("https://", "Write the address"),
        ("https://a b.org", "Write the address"),
        ("https://[::1", "Write the address"),
        ("https://host:port", "Write the address"),
        ("https://" + "a" * 300, "Write the address"),
        ("https://me:secret@mempool.space", "name and password"),
        ("https://mempool.space/?api-key=1", "after a \\?|follows a \\?"),
        ("https://mempool.space/#x", "follows a \\?"),
        ("http://mempool.space", "only https"),
        ("http://8.8.8.8", "only https"),
        ("https://169.254.169.254", "never read"),
        ("http://[fe80::1]", "never read"),
        ("https://[::ffff:169.254.169.254]", "never read"),
        ("http://0.0.0.0:80", "never read"),
    ],
)
def test_these_are_not_and_the_next_step_is_named(address, words):
    with pytest.raises(ServiceAddressRefused, match=words):
        checked(address)
