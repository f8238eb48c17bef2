"""Read what LND means by an answer that is no success. It says most of it in words, with status 500."""

import re

import msgspec

from recommendations.domain.source_errors import SourceError, SourceLacks, SourceRefused, SourceUnreachable
from recommendations.sources.http import usual_refusal
from recommendations.sources.lnd_shapes import Refusal

DENIED = re.compile(r"permission denied", re.IGNORECASE)
UNKNOWN = re.compile(r"macaroon|verification failed|caveat|root key", re.IGNORECASE)
NOT_THERE = re.compile(r"not found|unable to find|unknown service|no such", re.IGNORECASE)
LOCKED = re.compile(r"wallet locked|wallet not created", re.IGNORECASE)
STARTING = re.compile(r"starting up|waiting to start|not yet ready", re.IGNORECASE)
UNIMPLEMENTED, PERMISSION_DENIED, UNAUTHENTICATED, NOT_FOUND = 12, 7, 16, 5  # codes of gRPC


def refusal(status: int, body: bytes, *, call: str, retry_after_s: float | None) -> SourceError:
    """Return the error; nothing of LND's words enters its message."""
    told = _told(body)
    if LOCKED.search(told.message):
        return SourceUnreachable("LND's wallet is locked. Unlock it: lncli unlock.")
    if STARTING.search(told.message):
        return SourceUnreachable("LND is starting. Try again in a minute.")
    if status == 401 or told.code == UNAUTHENTICATED or UNKNOWN.search(told.message):
        return SourceRefused("LND does not know this macaroon. Bake one on this node, and enter it again.")
    if status == 403 or told.code == PERMISSION_DENIED:
        return _denied(call)
    if status == 404 or told.code in (UNIMPLEMENTED, NOT_FOUND):
        return _absent(call)
    if status == 500 and DENIED.search(told.message):
        return _denied(call)
    if status == 500 and NOT_THERE.search(told.message):
        return _absent(call)
    return usual_refusal(status, call=call, retry_after_s=retry_after_s)


def _told(body: bytes) -> Refusal:
    try:
        return msgspec.json.decode(body, type=Refusal, strict=False)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Refusal()


def _denied(call: str) -> SourceRefused:
    return SourceRefused(f"The macaroon does not open {call}. Bake one that reads, and enter it again.", ability=call)


def _absent(call: str) -> SourceLacks:
    return SourceLacks(f"LND does not know {call}: an older version, or nothing of that name.", ability=call)
