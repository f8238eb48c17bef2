"""Turn the body of an embedding request into a typed question, or refuse it in Ollama's words."""

from dataclasses import dataclass
from typing import Any

from tests.servers.ollama.catalog import InstalledModel, Shelf
from tests.servers.ollama.fields import field, keep_alive_s
from tests.servers.ollama.gojson import Json
from tests.servers.ollama.options import Options, read_options
from tests.servers.ollama.refusals import Refused, not_found_try_pulling


@dataclass(frozen=True, slots=True)
class EmbedAsk:
    """One valid request to embed."""

    name: str
    model: InstalledModel
    texts: tuple[str, ...]
    options: Options
    keep_alive_s: float | None
    truncates: bool
    dimensions: int


def read_embed_ask(body: Json, shelf: Shelf, *, default_num_ctx: int, under: str = "input") -> EmbedAsk:
    """Return the question of an embedding request; `under` names the texts ("prompt" on the legacy route).

    :raises Refused: with the status and text of the real server.
    """
    name = field(body, "model", str, "")
    texts = _texts(body.get(under))
    model = shelf.find(name)
    if model is None:
        raise not_found_try_pulling(name)
    return EmbedAsk(
        name=name,
        model=model,
        texts=texts,
        options=read_options(field(body, "options", dict, {}), model, default_num_ctx=default_num_ctx, shift=True),
        keep_alive_s=keep_alive_s(body),
        truncates=field(body, "truncate", bool, True),
        dimensions=field(body, "dimensions", int, 0),
    )


def _texts(value: Any) -> tuple[str, ...]:
    if value is None or value == "":
        return ()
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise Refused(400, "invalid input type")
    return tuple(texts)
