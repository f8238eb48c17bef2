"""The one-time sign-in link of an administrator. It opens the door once, for SIGN_IN_LINK_SECONDS."""

from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.urls import reverse
from sesame.utils import get_parameters

from lnrag_site.ports import HOST

FIRST_NAME = "admin"


def ensure_administrator() -> bool:
    """Create the first administrator, without a password, when there is none. Tell whether one was created."""
    if User.objects.filter(is_superuser=True).exists():
        return False
    User.objects.create_superuser(FIRST_NAME)  # no password given: unusable
    return True


def sign_in_link(*, port: int, username: str | None = None) -> str:
    """Return a link that signs the named user in, or the first active administrator.

    :raises User.DoesNotExist: when there is no such user.
    """
    chosen = {"username": username} if username else {"is_superuser": True}
    user = User.objects.filter(is_active=True, **chosen).order_by("pk").first()
    if user is None:
        raise User.DoesNotExist(username or "administrator")
    return f"http://{HOST}:{port}{reverse('signin')}?{urlencode(get_parameters(user))}"
