"""Open a source to put documents into, and remove one with everything in it. Reads no document."""

import hashlib

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.text import slugify

from rag.domain.audience import Audience
from rag.domain.errors import SourceUnreadable
from rag.models import Source

Owner = AbstractBaseUser | AnonymousUser | None
NAMES = {Source.Kind.UPLOAD: "My documents", Source.Kind.WEB: "My web addresses"}
SHARED_NAMES = {Source.Kind.UPLOAD: "Shared documents", Source.Kind.WEB: "Shared web addresses"}
SLUG_PART = 30  # characters of the name


def open_source(
    name: str, *, user: Owner, audience: Audience = Audience.OWNER, may_share: bool = False, kind: str = "upload"
) -> Source:
    """Return the source of this name, made when it is new; one that is there keeps its readers. No name: the usual one.

    For `Audience.OWNER` it belongs to `user`, else to nobody: staff looks after it.

    :raises PermissionDenied: when others are to read it and `user` may not share, or it should be nobody's own.
    :raises SourceUnreadable: when the name belongs to a source of another kind, or one that is switched off.
    """
    is_own = audience is Audience.OWNER
    if (is_own and (user is None or user.pk is None)) or not (is_own or may_share):
        raise PermissionDenied
    wanted, owner_id = Source.Kind(kind), user.pk if is_own and user else None
    name = " ".join(name.split())[:120] or (NAMES if is_own else SHARED_NAMES)[wanted]
    values = {"name": name, "kind": wanted, "owner_id": owner_id, "is_public": audience is Audience.EVERYBODY}
    source, _ = Source.objects.get_or_create(slug=_slug(name, owner_id=owner_id, kind=wanted), defaults=values)
    if source.kind != wanted or not source.is_enabled or source.owner_id != owner_id:
        raise SourceUnreadable(f"“{name}” is the name of another source: choose a different one.")
    return source


def remove_source(source: Source) -> None:
    """Delete a source with its documents, passages and whatever waits to be taken in."""
    with transaction.atomic():
        source.delete()


def _slug(name: str, *, owner_id: int | None, kind: Source.Kind) -> str:
    """Return an address that is unique by owner, kind and name, whatever signs the name is made of."""
    whole = slugify(name)
    part = whole[:SLUG_PART].strip("-_")
    if not part or part != whole:
        part = f"{part}-{hashlib.sha256(name.casefold().encode()).hexdigest()[:8]}".strip("-")
    owner = f"u{owner_id}-" if owner_id is not None else ""
    return f"{owner}{'web-' if kind is Source.Kind.WEB else ''}{part}"
