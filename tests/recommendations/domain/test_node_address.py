"""Which addresses a connected node may have."""

from ipaddress import ip_address

import pytest

from recommendations.domain import node_address
from recommendations.domain.errors import NodeAddressRefused
from recommendations.domain.node_address import check_machine, parsed


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://192.168.1.20:8080", "https://192.168.1.20:8080"),
        (" https://node.lan:8080/ ", "https://node.lan:8080"),
        ("https://node.lan", "https://node.lan:443"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("https://[fd12::1]:3010", "https://[fd12::1]:3010"),
    ],
)
def test_an_address_is_stored_as_scheme_host_and_port(text, url):
    assert parsed(text).url == url


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("192.168.1.20:8080", node_address.SHAPE),
        ("ftp://node:8080", node_address.SHAPE),
        ("https://:8080", node_address.SHAPE),
        ("https://node:99999", node_address.SHAPE),
        ("https://no de:1", node_address.SHAPE),
        (f"https://{'a' * 300}:1", node_address.SHAPE),
        ("https://user:secret@node:8080", node_address.WITH_LOGIN),
        ("https://node:8080/v1/getinfo", node_address.NO_PATH),
        ("https://node:8080/?a=1", node_address.NO_PATH),
    ],
)
def test_what_is_no_address_of_a_node_is_refused_with_what_to_write(text, words):
    with pytest.raises(NodeAddressRefused) as refused:
        parsed(text)

    assert str(refused.value) == words
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "machine",
    [
        "169.254.169.254",
        "fe80::1",
        "::ffff:169.254.169.254",
        "fd00:ec2::254",
        "100.100.100.200",
        "0.0.0.0",
        "224.0.0.1",
    ],
)
def test_link_local_multicast_and_metadata_machines_are_never_read(machine):
    with pytest.raises(NodeAddressRefused, match="never read"):
        check_machine(parsed("https://node:8080"), ip_address(machine))


@pytest.mark.parametrize("machine", ["192.168.1.20", "10.0.0.1", "127.0.0.1", "100.64.0.7", "fd12::1", "203.0.113.5"])
def test_private_networks_are_read_with_encryption(machine):
    check_machine(parsed("https://node:8080"), ip_address(machine))


def test_only_this_machine_is_read_without_encryption():
    check_machine(parsed("http://node:8080"), ip_address("127.0.0.1"))
    check_machine(parsed("http://node:8080"), ip_address("::1"))

    with pytest.raises(NodeAddressRefused, match="https://"):
        check_machine(parsed("http://node:8080"), ip_address("192.168.1.20"))
