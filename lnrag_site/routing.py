"""Every websocket address the server answers."""

websocket_urlpatterns: list[object] = []
