"""What every page's shell shows: the version and the default network. Costs no query on a page that shows neither."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from recommendations.models import Network


def shell(request: HttpRequest) -> dict[str, Any]:
    """Return `lnrag_version` and `default_network` (falsy when there is none)."""
    return {
        "lnrag_version": settings.VERSION,
        "default_network": SimpleLazyObject(lambda: Network.objects.filter(is_default=True).first()),
    }
