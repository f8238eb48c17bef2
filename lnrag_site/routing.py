"""Every websocket address the server answers; each floor brings its own."""

from rag import consumers as rag
from recommendations import consumers as recommendations

websocket_urlpatterns = [*rag.websocket_urlpatterns, *recommendations.websocket_urlpatterns]
