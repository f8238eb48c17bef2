"""Whom a credential is shown to: exactly the node whose certificate was handed in, or nobody."""

from dataclasses import replace

import pytest

from recommendations.domain.source_errors import SourceUntrusted
from recommendations.sources.catalog import connect
from recommendations.sources.trust import base_url, is_this_machine
from tests.recommendations.sources.sources import AT, manners
from tests.servers.cln import ClnServer
from tests.servers.lnd import LndServer
from tests.servers.simulated import self_signed, signed_by_own_root, simulated

OTHER = self_signed("localhost", "127.0.0.1")
ELSEWHERE = self_signed("node.example")
BY_ROOT = signed_by_own_root("localhost", "127.0.0.1")
BY_ROOT_ELSEWHERE = signed_by_own_root("cln", "node.example")


async def pubkey_behind(server, certificate):
    endpoint = replace(server.endpoint, certificate=certificate)
    async with connect(endpoint, manners=manners()) as source:
        return (await source.node()).pubkey


@pytest.mark.parametrize(
    ("identity", "certificate"),
    [
        pytest.param(OTHER, OTHER.certificate, id="it signed itself and names the host"),
        pytest.param(ELSEWHERE, ELSEWHERE.certificate, id="it is the one handed in, whatever it names"),
        pytest.param(BY_ROOT, BY_ROOT.certificate, id="the leaf alone was handed in"),
        pytest.param(BY_ROOT, BY_ROOT.root, id="what signed it was handed in"),
        pytest.param(BY_ROOT, OTHER.certificate + BY_ROOT.root, id="one of several"),
        pytest.param(BY_ROOT_ELSEWHERE, BY_ROOT_ELSEWHERE.certificate, id="the leaf, whatever it names"),
    ],
)
async def test_a_certificate_that_was_handed_in_is_trusted(identity, certificate):
    with ClnServer(simulated(at=AT), identity=identity) as server:
        assert await pubkey_behind(server, certificate) == server.node.pubkey


@pytest.mark.parametrize(
    ("identity", "certificate"),
    [
        pytest.param(OTHER, self_signed("localhost", "127.0.0.1").certificate, id="another node's"),
        pytest.param(OTHER, "", id="none, and no public authority signed it"),
        pytest.param(OTHER, BY_ROOT.root, id="another authority's"),
        pytest.param(BY_ROOT, signed_by_own_root("localhost").root, id="another root of the same name"),
        pytest.param(BY_ROOT_ELSEWHERE, BY_ROOT_ELSEWHERE.root, id="its root signed it for another host"),
    ],
)
async def test_any_other_is_not_and_nothing_is_sent(identity, certificate):
    with LndServer(simulated(at=AT), identity=identity) as server:
        with pytest.raises(SourceUntrusted, match=r"tls\.cert"):
            await pubkey_behind(server, certificate)

        assert server.requests == []


@pytest.mark.parametrize("certificate", ["nonsense", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
async def test_what_is_no_certificate_is_said_to_be_none(certificate):
    with LndServer(simulated(at=AT)) as server, pytest.raises(SourceUntrusted, match="BEGIN CERTIFICATE"):
        await pubkey_behind(server, certificate)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://node.example:8080", "https://node.example:8080"),
        (" https://192.168.1.7:8080/ ", "https://192.168.1.7:8080"),
        ("https://[2001:db8::1]:3010", "https://[2001:db8::1]:3010"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://localhost:3010", "http://localhost:3010"),
        ("http://[::1]:3010", "http://[::1]:3010"),
    ],
)
def test_an_address_is_scheme_host_and_port(address, expected):
    assert base_url(address) == expected


@pytest.mark.parametrize(
    "address",
    [
        "",
        "node.example:8080",
        "ftp://node.example",
        "https://",
        "https://user:word@node.example",
        "https://node.example/v1/",
        "https://node.example?x=1",
        "https://node.example#x",
        "https://node.example:99999",
        "https://node.example:port",
        "https://no de.example",
        "https://nöde.example",
        "https://node.example\r\nHost: other",
        "https://[::1",
        "https://a..b:8080",
        "https://" + "a" * 64 + ".example",
        "https://-a.example",
        "https://node.example:0",
        "https://" + "a" * 400,
    ],
)
def test_what_is_no_address_is_said_to_be_none(address):
    with pytest.raises(SourceUntrusted, match="https://host:port"):
        base_url(address)


@pytest.mark.parametrize("address", ["http://192.168.1.7:8080", "http://node.example", "http://0.0.0.0:8080"])
def test_a_credential_never_travels_in_clear(address):
    with pytest.raises(SourceUntrusted, match="in clear"):
        base_url(address)


@pytest.mark.parametrize(
    ("host", "expected"),
    [("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("localhost", True), ("localhost.example", False)],
)
def test_only_loopback_is_this_machine(host, expected):
    assert is_this_machine(host) is expected
