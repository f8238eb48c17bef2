"""The served application: HTTP by Django, websockets by Channels for pages of our own hosts only."""

import os

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lnrag_site.settings")
http = get_asgi_application()  # sets Django up: consumers may be imported only after it

from lnrag_site.origin import SameOrigin  # noqa: E402 - see the line above
from lnrag_site.routing import websocket_urlpatterns  # noqa: E402 - likewise
from lnrag_site.warmth import warm_in_background  # noqa: E402 - likewise

application = ProtocolTypeRouter(
    {
        "http": http,
        "websocket": SameOrigin(AuthMiddlewareStack(URLRouter(websocket_urlpatterns))),
    }
)
warm_in_background()
