"""What the pages know of who asks."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails


class Request(HttpRequest):
    """A request as django-htmx's middleware hands it on."""

    htmx: HtmxDetails


def may_share(request: HttpRequest) -> bool:
    """Return whether who asks may fill and remove the sources that everybody reads."""
    return bool(request.user.is_authenticated and request.user.is_staff)
