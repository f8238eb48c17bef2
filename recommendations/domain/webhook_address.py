"""Which addresses a webhook may have: https anywhere on the internet, or this very machine, named as such. Pure.

A name that merely leads to this machine is not this machine: names may lead elsewhere tomorrow.
"""

import ipaddress
from urllib.parse import urlsplit

from recommendations.domain.delivery_errors import DeliveryRefused

LONGEST = 1_000  # characters
THIS_MACHINE = "localhost"
NO_ADDRESS = "This is no web address. Write it as https://example.org/hook."
NOT_HTTPS = "The address has to begin with https://. Only a program on this machine (127.0.0.1) may do without."
WITH_LOGIN = "Leave the name and password out of the address; put a key into its path or query instead."


def checked_webhook(address: str) -> str:
    """Return the address of a webhook, trimmed.

    :raises DeliveryRefused: when no webhook may stand there.
    """
    text = address.strip()
    try:
        parts = urlsplit(text)
        host, _port = parts.hostname, parts.port
    except ValueError as exc:
        raise DeliveryRefused(NO_ADDRESS) from exc
    is_odd = len(text) > LONGEST or any(sign.isspace() or not sign.isprintable() for sign in text)
    if parts.scheme not in ("http", "https") or not host or is_odd:
        raise DeliveryRefused(NO_ADDRESS)
    if parts.username or parts.password:
        raise DeliveryRefused(WITH_LOGIN)
    if parts.scheme == "http" and not is_this_machine(text):
        raise DeliveryRefused(NOT_HTTPS)
    return text


def is_this_machine(address: str) -> bool:
    """Tell whether an address names this machine itself: localhost, or a loopback number."""
    host = urlsplit(address).hostname or ""
    if host == THIS_MACHINE:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def shown(address: str) -> str:
    """Return as much of an address as a page may show: its host, for the path may hold a key."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}/…"
