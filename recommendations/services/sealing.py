"""Keep secrets of operators at rest: sealed by a key that is not in the database, and never shown again."""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings

from recommendations.domain.errors import SealBroken


def seal(secret: str) -> str:
    """Return what may be stored in place of `secret`; "" for nothing."""
    return _fernet().encrypt(secret.encode()).decode() if secret else ""


def unseal(sealed: str) -> str:
    """Return the secret again.

    :raises SealBroken: when it was sealed by another key: the secret has to be entered again.
    """
    if not sealed:
        return ""
    try:
        return _fernet().decrypt(sealed.encode()).decode()
    except InvalidToken as exc:
        raise SealBroken from exc


def _fernet() -> Fernet:
    digest = hashlib.sha256(settings.CREDENTIAL_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(digest))
