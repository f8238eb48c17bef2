"""What the pages know of who asks."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails


class Request(HttpRequest):
    """A request as django-htmx's middleware hands it on."""

    htmx: HtmxDetails


def require_staff(request: Request) -> None:
    """Refuse whoever may not change what everybody sees.

    :raises PermissionDenied: for everybody but staff.
    """
    if not request.user.is_staff:
        raise PermissionDenied
