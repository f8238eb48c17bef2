"""Decide which machine may be spoken to: https only, and only to who presents the certificate that was handed in."""

import ipaddress
import re
import ssl
from collections.abc import Sequence
from typing import cast
from urllib.parse import SplitResult, urlsplit

from recommendations.domain.source_errors import SourceUntrusted

NO_ADDRESS = "This is no usable address. Write it as https://host:port."
IN_CLEAR = "http:// would send the credential in clear. Use https://; http:// is only for this machine itself."
NO_CERTIFICATE = "The certificate cannot be read. Paste the whole file, from BEGIN CERTIFICATE to END CERTIFICATE."
LONGEST = 300  # characters
LABEL = re.compile(r"^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$", re.IGNORECASE)
PEM = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


def base_url(address: str) -> str:
    """Return the address without what does not belong to it.

    :raises SourceUntrusted: when it is none, carries a login, or would go over the wire in clear.
    """
    parts = _split(address.strip())
    if parts.scheme == "http" and not is_this_machine(parts.hostname or ""):
        raise SourceUntrusted(IN_CLEAR)
    return f"{parts.scheme}://{parts.netloc}"


def is_this_machine(host: str) -> bool:
    """Return whether nothing sent to this host leaves the machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def context(certificate: str) -> ssl.SSLContext:
    """Return what a connection is verified by: this certificate alone, or public authorities without one.

    A certificate that equals the one handed in may be presented under any name, for nodes that sign their own leave
    out most addresses they are reached by. One that it merely signed must name the host.

    :raises SourceUntrusted: when it is no certificate.
    """
    if not certificate.strip():
        return ssl.create_default_context()
    made = _Context(ssl.PROTOCOL_TLS_CLIENT)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # a certificate that somebody else signed, handed in alone
    made.check_hostname = False  # done by _Verified, which knows which one was presented
    try:
        made.pins = frozenset(ssl.PEM_cert_to_DER_cert(pem) for pem in PEM.findall(certificate))
        made.load_verify_locations(cadata=certificate)
    except (ValueError, ssl.SSLError) as exc:
        raise SourceUntrusted(NO_CERTIFICATE) from exc
    return made


def _split(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        is_complete = parts.scheme in ("http", "https") and _is_host(parts.hostname or "") and parts.port != 0
    except ValueError as exc:
        raise SourceUntrusted(NO_ADDRESS) from exc
    has_more = parts.path not in ("", "/") or parts.query or parts.fragment or parts.username or parts.password
    if not is_complete or has_more or len(text) > LONGEST or not text.isascii() or any(map(str.isspace, text)):
        raise SourceUntrusted(NO_ADDRESS)
    return parts


def _is_host(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return len(name) <= 253 and all(LABEL.match(label) for label in name.split("."))
    return True


class _Verified(ssl.SSLObject):
    """A connection whose handshake fails unless the certificate is the one handed in, or names the host."""

    def do_handshake(self) -> None:
        """Shake hands, and hang up before anything is sent to whom it should not be sent."""
        super().do_handshake()
        pins = self.context.pins if isinstance(self.context, _Context) else frozenset()
        if self.getpeercert(binary_form=True) not in pins and not self._is_named():
            raise ssl.SSLCertVerificationError("the certificate is of another host")

    def _is_named(self) -> bool:
        host = (self.server_hostname or "").lower()
        names = cast(Sequence[tuple[str, str]], (self.getpeercert() or {}).get("subjectAltName", ()))
        return any(_same(kind, name, host) for kind, name in names)


class _Context(ssl.SSLContext):
    sslobject_class = _Verified
    pins: frozenset[bytes] = frozenset()


def _same(kind: str, name: str, host: str) -> bool:
    if kind != "IP Address":
        return kind == "DNS" and name.lower() == host
    try:
        return ipaddress.ip_address(name) == ipaddress.ip_address(host)
    except ValueError:
        return False
