"""Let programs in by bearer key. The browser's session is not accepted here, so no cookie can be ridden."""

import hashlib
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from models_registry.models import ApiKey
from models_registry.services import keys


class KeyPrincipal(AnonymousUser):
    """A key that belongs to no user: signed in, but without private data and permissions."""

    def __init__(self, key: ApiKey) -> None:
        super().__init__()
        self.key = key

    @property
    def is_authenticated(self) -> bool:  # type: ignore[override]  # a constant False in Django, True here
        return True

    @property
    def is_anonymous(self) -> bool:  # type: ignore[override]  # likewise
        return False

    def __str__(self) -> str:
        return f"API key {self.key.prefix}"


class BearerKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer lnr_…`. A wrong key is refused even where none is needed."""

    def authenticate(self, request: Request) -> tuple[Any, ApiKey] | None:
        header = request.headers.get("Authorization", "")
        if not header:
            return None
        key = keys.from_header(header, at=timezone.now())
        if key is None:
            raise AuthenticationFailed("This is no valid API key.")
        return key.user or KeyPrincipal(key), key

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="lnrag"'


class BearerKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # untyped base class
    """Tells the API description how to authenticate."""

    target_class = BearerKeyAuthentication
    name = "ApiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "lnr_…"}


def tier_of(request: Any) -> str | None:
    """Return the tier of the key that asks; None for people, whose tier their unit tells."""
    key = getattr(request, "auth", None)
    return str(key.tier) if isinstance(key, ApiKey) else None


def unit_of(request: Any) -> str:
    """Return who is asking, for sticky choices: the user, else the API key, else the browser's session, else nobody.

    Never the request, which would flip variants inside one conversation.
    """
    user, key = getattr(request, "user", None), getattr(request, "auth", None)
    if user is not None and user.pk is not None:
        return f"user:{user.pk}"
    if isinstance(key, ApiKey):
        return f"key:{key.pk}"
    session = getattr(getattr(request, "session", None), "session_key", None)
    return f"session:{hashlib.sha256(session.encode()).hexdigest()[:24]}" if session else "nobody"
