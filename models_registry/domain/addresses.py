"""What an address tells by its look: this machine, a private network, or the internet. Resolves nothing. Pure."""

import ipaddress
from urllib.parse import urlsplit

PRIVATE_ENDINGS = (".local", ".localhost", ".internal", ".lan", ".home", ".home.arpa", ".test")


def host_name(base_url: str) -> str:
    """Return the host of an address in lower case, empty when it has none."""
    try:
        return (urlsplit(base_url).hostname or "").lower().rstrip(".")
    except ValueError:  # a bracket that is not closed
        return ""


def is_public(base_url: str) -> bool:
    """Return whether the address looks reachable from the internet."""
    host = host_name(base_url)
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return "." in host and not host.endswith(PRIVATE_ENDINGS)


def is_this_machine(base_url: str) -> bool:
    """Return whether the address is this machine's own."""
    host = host_name(base_url)
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
