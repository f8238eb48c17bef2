"""Know which paths the server has, which verbs they take, and who answers. Sends nothing."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from tests.servers.ollama import discovery, embedding, shelving
from tests.servers.ollama.speaking import speak
from tests.servers.ollama.state import Exchange

Handler = Callable[[Exchange], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Route:
    """Who answers which verb. `reads_json` routes refuse a body that is no JSON object."""

    handlers: Mapping[str, Handler]
    reads_json: bool = False

    @property
    def verbs(self) -> tuple[str, ...]:
        return tuple(self.handlers)


def _read(handler: Handler, *verbs: str) -> Route:
    return Route(dict.fromkeys(verbs or ("GET", "HEAD"), handler))


def _write(handler: Handler, verb: str = "POST") -> Route:
    return Route({verb: handler}, reads_json=True)


ROUTES: dict[str, Route] = {
    "/": _read(discovery.greet),
    "/api/version": _read(discovery.tell_version),
    "/api/tags": _read(discovery.list_installed),
    "/api/status": _read(discovery.tell_status, "GET"),
    "/api/ps": _read(discovery.list_resident, "GET"),
    "/api/show": _write(discovery.show),
    "/api/chat": _write(speak),
    "/api/generate": _write(speak),
    "/api/embed": _write(embedding.embed),
    "/api/embeddings": _write(embedding.embed_legacy),
    "/api/pull": _write(shelving.pull),
    "/api/push": _write(shelving.push),
    "/api/create": _write(shelving.create),
    "/api/copy": _write(shelving.copy),
    "/api/delete": _write(shelving.delete, "DELETE"),
    "/v1/models": _read(discovery.list_openai, "GET"),
    "/v1/chat/completions": _write(speak),
    "/v1/completions": _write(speak),
    "/v1/embeddings": _write(embedding.embed_openai),
}
WITH_A_NAME: dict[str, Route] = {
    "/api/blobs/": Route({"HEAD": shelving.ask_blob, "POST": shelving.keep_blob}),
    "/v1/models/": _read(discovery.show_openai, "GET"),
}


def route_of(path: str) -> Route | None:
    """Return the route of a path, None when there is no such path."""
    found = ROUTES.get(path)
    if found is not None:
        return found
    return next((route for start, route in WITH_A_NAME.items() if path.startswith(start) and path != start), None)
