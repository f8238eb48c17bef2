"""Decide which web addresses may be read, and to which machine to connect: names are resolved once, then held to."""

import asyncio
import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from rag.domain.errors import AddressRefused, AddressUnreachable

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # the last four bytes are an IPv4 address
PORTS = {"http": 80, "https": 443}
LONGEST = 2_000  # characters
NO_ADDRESS = "This is no web address. Write it as https://example.org/page."
WITH_LOGIN = "An address with a password in it is not read: it would stand in the library. Leave it out."
PRIVATE = (
    "This address is in a private network, or this machine's own. The operator may allow that with "
    "LNRAG_FETCH_PRIVATE=true."
)


@dataclass(frozen=True, slots=True)
class Target:
    """A web address and the machine it was resolved to. `url` names that machine by number."""

    url: str
    host: str  # with its port where that is not the usual one: what the Host header says
    server_name: str  # what its certificate must name


def checked(address: str) -> str:
    """Return a web address without its fragment.

    :raises AddressRefused: when it is none, or carries a password.
    """
    text = address.strip()
    try:
        parts = urlsplit(text)
        host, _port = parts.hostname, parts.port
    except ValueError as exc:
        raise AddressRefused(NO_ADDRESS) from exc
    if parts.scheme not in PORTS or not host or len(text) > LONGEST or any(sign.isspace() for sign in text):
        raise AddressRefused(NO_ADDRESS)
    if parts.username or parts.password:
        raise AddressRefused(WITH_LOGIN)
    return urlunsplit((parts.scheme, parts.netloc, parts.path or "/", parts.query, ""))


async def resolved(address: str, *, allows_private: bool) -> Target:
    """Return where to connect to for an address.

    :raises AddressRefused: when it leads to a private network, this machine, or nowhere that may be read.
    :raises AddressUnreachable: when its name is not known.
    """
    parts = urlsplit(checked(address))
    name = parts.hostname or ""
    port = parts.port or PORTS[parts.scheme]
    try:
        ascii_name = name if ":" in name else name.encode("idna").decode("ascii")
        found = await asyncio.get_running_loop().getaddrinfo(ascii_name, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as exc:
        raise AddressUnreachable(f"The name {name} is not known. See whether the address is right.") from exc
    numbers = (str(entry[4][0]) for entry in found)
    allowed = [one for one in numbers if may_read(ipaddress.ip_address(one), allows_private=allows_private)]
    if not allowed:
        raise AddressRefused(PRIVATE)
    number = f"[{allowed[0]}]" if ":" in allowed[0] else allowed[0]
    shown = f"[{name}]" if ":" in name else ascii_name
    is_usual = port == PORTS[parts.scheme]
    return Target(
        url=urlunsplit((parts.scheme, f"{number}:{port}", parts.path, parts.query, "")),
        host=shown if is_usual else f"{shown}:{port}",
        server_name=ascii_name,
    )


def may_read(number: IpAddress, *, allows_private: bool) -> bool:
    """Tell whether a machine may be read: one on the internet; with `allows_private` also at home, never link-local."""
    number = _plain(number)
    if number.is_multicast or number.is_link_local or number.is_unspecified:
        return False
    if number.is_global:
        return True
    return allows_private and (number.is_private or number.is_loopback) and not number.is_reserved


def _plain(number: IpAddress) -> IpAddress:
    """Return the IPv4 address that an IPv6 one wraps, if it does: a private one does not become public by wrapping."""
    if isinstance(number, ipaddress.IPv4Address):
        return number
    if number in NAT64:
        return ipaddress.IPv4Address(number.packed[-4:])
    teredo = number.teredo[1] if number.teredo else None
    return number.ipv4_mapped or number.sixtofour or teredo or number
