"""Let a websocket open only from our own pages, or from a program. A browser always names the page's origin."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from channels.security.websocket import WebsocketDenier
from django.conf import settings
from django.http.request import split_domain_port, validate_host

Application = Callable[[dict[str, Any], Any, Any], Awaitable[None]]


class SameOrigin:
    """Refuse a handshake from another site's page, or from another port of this machine: cookies know no ports.

    A program sends no `Origin`; it carries no one's cookies by accident and must bring a key of its own.
    """

    def __init__(self, application: Application) -> None:
        self.application = application

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        headers = {name.decode("latin1").lower(): value.decode("latin1") for name, value in scope.get("headers", ())}
        application = self.application if is_welcome(headers) else WebsocketDenier()
        await application(scope, receive, send)


def is_welcome(headers: Mapping[str, str]) -> bool:
    """Return whether the handshake addresses one of our hosts, and comes from a page of that host and port."""
    host, origin = headers.get("host", ""), headers.get("origin")
    domain, _ = split_domain_port(host)
    if not domain or not validate_host(domain, settings.ALLOWED_HOSTS):
        return False
    if origin is None or origin in settings.CSRF_TRUSTED_ORIGINS:
        return True
    return urlsplit(origin).netloc.lower() == host.lower()
