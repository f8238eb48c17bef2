"""Which key opens which door: a view names its scope, a key lists the scopes it was made for (SE-03)."""

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from models_registry.models import ApiKey
from models_registry.services import keys

EVERY_KEY = ""  # the scope of a door that any key may use


class KeyScope(BasePermission):
    """Refuses a key that was not made for this door. Says nothing of callers without a key; others do."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Return True.

        :raises ScopeMissing: when the key lists scopes, and not the view's; a view that names none is for no such key.
        """
        scope = getattr(view, "scope", None)
        if isinstance(request.auth, ApiKey) and scope != EVERY_KEY:
            keys.require(request.auth, scope)
        return True
