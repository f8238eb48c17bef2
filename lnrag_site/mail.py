"""Read the address of a mail server. A bad one stops the start; its password is repeated nowhere."""

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

PORTS = {"smtp": 25, "smtp+tls": 587, "smtps": 465}
EXPECTED = "EMAIL_URL: expected smtp+tls://name:password@mail.example.org:587 (or smtps://, or smtp:// without TLS)."


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed in, in the words of Django's settings. `host` "": nowhere, no mail is sent."""

    host: str = ""
    port: int = 25
    user: str = ""
    password: str = ""
    starts_tls: bool = False
    is_tls: bool = False


def mail_server(url: str) -> MailServer:
    """Return the server behind `url`; none for "".

    :raises ImproperlyConfigured: when it is no address of a mail server.
    """
    if not url:
        return MailServer()
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as exc:
        raise ImproperlyConfigured(EXPECTED) from exc
    if parts.scheme not in PORTS or not host:
        raise ImproperlyConfigured(EXPECTED)
    return MailServer(
        host=host,
        port=port or PORTS[parts.scheme],
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        starts_tls=parts.scheme == "smtp+tls",
        is_tls=parts.scheme == "smtps",
    )
