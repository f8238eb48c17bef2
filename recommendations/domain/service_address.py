"""Which address an optional service may have: https, or plain http where it cannot leave the operator's own network."""

import ipaddress
from urllib.parse import urlsplit

from models_registry.domain.addresses import is_public
from recommendations.domain.errors import RecommendationsError

LONGEST = 300
SHAPE = "Write the address as https://host, for example https://mempool.space or http://192.168.1.20:4080."
WITH_LOGIN = "Leave name and password out of the address; the key has a field of its own."
BARE = "Leave out what follows a ? or # in the address."
PLAIN = "Over the internet only https:// is used, for the key would be read on the way. Use http:// at home only."
REFUSED = "This is no address of a service: link-local, multicast and cloud metadata addresses are never read."


class ServiceAddressRefused(RecommendationsError):
    code = "service_address_refused"


def checked(address: str) -> str:
    """Return the address without a slash at its end.

    :raises ServiceAddressRefused: saying what to write instead.
    """
    plain = address.strip()
    try:
        parts = urlsplit(plain)
        host, _port = parts.hostname, parts.port
    except ValueError as exc:
        raise ServiceAddressRefused(SHAPE) from exc
    if parts.scheme not in ("http", "https") or not host or len(plain) > LONGEST or any(map(str.isspace, plain)):
        raise ServiceAddressRefused(SHAPE)
    if parts.username is not None or parts.password is not None:
        raise ServiceAddressRefused(WITH_LOGIN)
    if parts.query or parts.fragment:
        raise ServiceAddressRefused(BARE)
    if _is_refused(host):
        raise ServiceAddressRefused(REFUSED)
    if parts.scheme == "http" and is_public(plain):
        raise ServiceAddressRefused(PLAIN)
    return plain.rstrip("/")


def _is_refused(host: str) -> bool:
    try:
        machine = ipaddress.ip_address(host)
    except ValueError:
        return False
    plain = machine.ipv4_mapped or machine if isinstance(machine, ipaddress.IPv6Address) else machine
    return plain.is_link_local or plain.is_multicast or plain.is_unspecified
