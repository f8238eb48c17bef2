"""Make and check the bearer keys of programs. A key is shown once; afterwards only its hash exists."""

import hashlib
import hmac
import secrets
import string
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import User

from models_registry.domain.errors import ScopeMissing
from models_registry.domain.scopes import Scope, is_allowed
from models_registry.models import ApiKey

ALPHABET = string.ascii_lowercase + string.digits
PREFIX_LENGTH = 8
SECRET_BYTES = 32
NO_KEY_SHA256 = hashlib.sha256(b"no key has this text").hexdigest()
USUAL_TIER = ApiKey.Tier.STANDARD.value
TIERS = tuple(ApiKey.Tier.values)
SCOPES = tuple(scope.value for scope in Scope)
# Written out: every call of a program begins with it, and composing it anew would cost more than running it. A key of
# somebody who was locked out is not found.
FIND = f"""
    SELECT one.* FROM {ApiKey._meta.db_table} AS one
    LEFT JOIN {User._meta.db_table} AS person ON person.id = one.user_id
    WHERE one.prefix = %s AND coalesce(person.is_active, true)
"""  # noqa: S608 - the names are of our own tables
USE_NOTED_EVERY = timedelta(minutes=1)  # one write a minute and key, not one a request


@dataclass(frozen=True, slots=True)
class NewKey:
    """A fresh key. `text` is the only copy of the key there will ever be."""

    text: str
    row: ApiKey


def create(
    name: str,
    *,
    user: User | None = None,
    tier: str = USUAL_TIER,
    expires_at: datetime | None = None,
    scopes: Sequence[str] = (),
    requests_per_minute: int | None = None,
    requests_per_hour: int | None = None,
) -> NewKey:
    """Store a new key and return it with its text, `lnr_<prefix>_<secret>`.

    No scopes: it opens every door. No limits of its own: those of its tier hold.
    """
    prefix = "".join(secrets.choice(ALPHABET) for _ in range(PREFIX_LENGTH))
    text = f"lnr_{prefix}_{secrets.token_urlsafe(SECRET_BYTES)}"
    row = ApiKey.objects.create(
        name=name,
        prefix=prefix,
        key_sha256=_sha256(text),
        user=user,
        tier=tier,
        expires_at=expires_at,
        scopes=list(scopes),
        requests_per_minute=requests_per_minute,
        requests_per_hour=requests_per_hour,
    )
    return NewKey(text=text, row=row)


def authenticate(text: str, *, at: datetime) -> ApiKey | None:
    """Return the active key with this text, its use noted, or None; a wrong key takes as long as a right one."""
    row = next(iter(ApiKey.objects.raw(FIND, (prefix_of(text),))), None)
    if not is_right(row, text, at=at) or row is None:
        return None
    if is_use_to_be_noted(row, at=at):
        ApiKey.objects.filter(pk=row.pk).update(latest_used_at=at)
        row.latest_used_at = at
    return row


def is_right(row: ApiKey | None, text: str, *, at: datetime) -> bool:
    """Return whether this row is the key with this text and may be used; it takes as long when there is no row."""
    is_same = hmac.compare_digest(_sha256(text), row.key_sha256 if row else NO_KEY_SHA256)
    return row is not None and is_same and row.is_usable(at=at)


def is_use_to_be_noted(row: ApiKey, *, at: datetime) -> bool:
    """Return whether the latest use that was noted is too long ago."""
    return row.latest_used_at is None or at - row.latest_used_at >= USE_NOTED_EVERY


def bearer_token(header: str | bytes) -> str | None:
    """Return the key's text in an Authorization header, or None when the header speaks of something else."""
    text = header.decode("latin-1") if isinstance(header, bytes) else header
    scheme, _, token = text.strip().partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


def from_header(header: str | bytes, *, at: datetime) -> ApiKey | None:
    """Return the active key in an Authorization header, or None. Serves websockets as it serves HTTP."""
    token = bearer_token(header)
    return authenticate(token, at=at) if token else None


def allows(key: ApiKey, scope: str) -> bool:
    """Return whether the key was made for this scope."""
    return is_allowed(key.scopes, scope)


def require(key: ApiKey, scope: str | None) -> None:
    """Let the key pass a door of this scope; a door without one opens only for keys that open every door.

    :raises ScopeMissing: naming the scope, when the key was not made for it.
    """
    if not allows(key, scope or ""):
        missing = f"the scope {scope}" if scope else "every scope"
        raise ScopeMissing(f"This key does not have {missing}. Use another key, or have its scopes changed.")


def revoke(keys: Iterable[ApiKey]) -> int:
    """Make the keys useless at once and return how many were active."""
    return ApiKey.objects.filter(pk__in=[key.pk for key in keys], is_active=True).update(is_active=False)


def prefix_of(text: str) -> str:
    """Return the part of a key's text that its row is found by, empty for what is no key of ours."""
    parts = text.split("_", 2)
    is_ours = len(parts) == 3 and parts[0] == "lnr" and parts[1].isascii() and parts[1].isalnum()
    return parts[1] if is_ours else ""


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
