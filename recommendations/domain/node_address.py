"""Which addresses a connected node may have. Nodes live at home, so private networks may be read; clouds' own may not.

Whoever connects a node is signed in, and what it answers is never shown: only typed values of a node that knows its
key. So unlike the library, which reads any page of the web, this machine and its network are allowed.
"""

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from recommendations.domain.errors import NodeAddressRefused

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
LONGEST = 300  # characters
SHAPE = "Write the address as https://host:port, for example https://192.168.1.20:8080."
WITH_LOGIN = "Leave the name and password out of the address; the credential has a field of its own."
NO_PATH = "Leave out what follows the port: the address ends with host:port."
ONLY_HERE = "Without encryption (http://) only this machine itself may be read. Use https:// for any other."
REFUSED = "This address is not one of a node: link-local, multicast and cloud metadata addresses are never read."
# What clouds tell their machines, credentials among it, beside the link-local 169.254.169.254.
METADATA = frozenset(map(ipaddress.ip_address, ("fd00:ec2::254", "100.100.100.200", "192.0.0.192", "168.63.129.16")))


@dataclass(frozen=True, slots=True)
class NodeAddress:
    """A checked address. `url` has neither path nor a slash at its end."""

    url: str
    host: str
    port: int
    is_encrypted: bool


def parsed(text: str) -> NodeAddress:
    """Return an address as it was typed, checked for its shape only.

    :raises NodeAddressRefused: saying what to write instead.
    """
    try:
        parts = urlsplit(text.strip())
        host, port = parts.hostname, parts.port
    except ValueError as exc:
        raise NodeAddressRefused(SHAPE) from exc
    if parts.scheme not in ("http", "https") or not host or len(text) > LONGEST or any(map(str.isspace, text.strip())):
        raise NodeAddressRefused(SHAPE)
    if parts.username is not None or parts.password is not None:
        raise NodeAddressRefused(WITH_LOGIN)
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise NodeAddressRefused(NO_PATH)
    number = port or (443 if parts.scheme == "https" else 80)
    shown = f"[{host}]" if ":" in host else host
    return NodeAddress(f"{parts.scheme}://{shown}:{number}", host, number, parts.scheme == "https")


def check_machine(address: NodeAddress, machine: IpAddress) -> None:
    """Check one machine that an address leads to.

    :raises NodeAddressRefused: when it may not be read, or not without encryption.
    """
    plain = machine.ipv4_mapped or machine if isinstance(machine, ipaddress.IPv6Address) else machine
    if plain.is_link_local or plain.is_multicast or plain.is_unspecified or plain in METADATA:
        raise NodeAddressRefused(REFUSED)
    if not address.is_encrypted and not plain.is_loopback:
        raise NodeAddressRefused(ONLY_HERE)
