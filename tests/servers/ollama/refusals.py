"""The refusals of Ollama: status and text. Texts follow the source; clients should match on the status first."""

from collections.abc import Mapping
from types import MappingProxyType

from tests.servers.ollama.gojson import Json, encode

NOTHING: Mapping[str, str] = MappingProxyType({})
OPENAI_TYPES = {400: "invalid_request_error", 404: "not_found_error"}

BUSY = "server busy, please try again.  maximum pending requests exceeded"  # two blanks, as in the source
LOAD_FAILED = "llama-server process has terminated: exit status 1"
TOO_LONG = "the input length exceeds the context length"


class Refused(Exception):
    """The request gets this status and `{"error": text}`; without a text the body is empty."""

    def __init__(self, status: int, text: str | None, *, more: Mapping[str, str] = NOTHING) -> None:
        super().__init__(status, text)
        self.status = status
        self.text = text
        self.more = more

    def body(self, *, path: str) -> Json:
        """Return the JSON of the refusal, in the form of the path that was asked."""
        if not path.startswith("/v1/"):
            return {"error": self.text, **self.more}
        kind = OPENAI_TYPES.get(self.status, "api_error")
        return {"error": {"message": self.text, "type": kind, "param": None, "code": None}}


def not_found(name: str) -> Refused:
    """Return the 404 of chat, generate and show."""
    return Refused(404, f"model '{name}' not found")


def not_found_plain(name: str) -> Refused:
    """Return the 404 of copy and create."""
    return Refused(404, f'model "{name}" not found')


def not_found_try_pulling(name: str) -> Refused:
    """Return the 404 of the embedding routes, which quote the name differently."""
    return Refused(404, f'model "{name}" not found, try pulling it first')


def does_not_support(name: str, ability: str) -> Refused:
    """Return the 400 for a capability the model lacks."""
    return Refused(400, f'"{name}" does not support {ability}')


def wrong_type(field: str, *, got: str, wanted: str) -> Refused:
    """Return the 400 of Go's JSON decoder."""
    return Refused(400, f"json: cannot unmarshal {got} into Go struct field {field} of type {wanted}")


def exceeds_context(prompt_tokens: int, num_ctx: int) -> Refused:
    """Return the 400 that llama-server words itself: a JSON text inside the error text."""
    error = {
        "code": 400,
        "message": "the request exceeds the available context size, try increasing it",
        "type": "exceed_context_size_error",
        "n_prompt_tokens": prompt_tokens,
        "n_ctx": num_ctx,
    }
    return Refused(400, encode({"error": error}).decode())
