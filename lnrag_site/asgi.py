"""The served application: HTTP by Django, the gateway past its middleware, websockets of our own pages only."""

import os
import sys

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lnrag_site.settings")
http = get_asgi_application()  # sets Django up: consumers may be imported only after it

from lnrag_site.content_types import remember_content_types  # noqa: E402 - see the line above
from lnrag_site.express import Express, ShortWay  # noqa: E402 - likewise
from lnrag_site.origin import SameOrigin  # noqa: E402 - likewise
from lnrag_site.routing import websocket_urlpatterns  # noqa: E402 - likewise
from lnrag_site.warmth import warm_in_background  # noqa: E402 - likewise
from models_registry.api.openai.doors import ADDRESSES  # noqa: E402 - likewise
from recommendations.api import short_way  # noqa: E402 - likewise

remember_content_types()

# Whoever comes back from the database waits for the interpreter until it is handed over: 5 ms each time by default,
# several times per request, while the event loop is busy with the tokens of others.
sys.setswitchinterval(0.0005)

told_again = ShortWay(
    short_way.answer_again,
    prefix="/api/v1/node/",
    endpoint=short_way.ENDPOINT,
    headers=short_way.HEADERS,
    otherwise=http,
)
application = ProtocolTypeRouter(
    {
        "http": Express(ADDRESSES, prefix="v1/", otherwise=told_again),
        "websocket": SameOrigin(AuthMiddlewareStack(URLRouter(websocket_urlpatterns))),
    }
)
warm_in_background()
