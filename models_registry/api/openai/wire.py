"""A call and its reply, whichever server took it; and a refusal in the shape OpenAI's clients read."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field

import msgspec

from models_registry.services.borrow import Visit, borrowing

JSON = "application/json"
EVENT_STREAM = "text/event-stream; charset=utf-8"
LARGEST_BODY = 4 * 1024 * 1024  # bytes; as much as settings.DATA_UPLOAD_MAX_MEMORY_SIZE allows elsewhere


@dataclass(frozen=True, slots=True)
class Call:
    """What a program asks: the body is whole, and `named` holds the variable parts of the path.

    `visit` runs a verb that needs the database, in a thread that suits the server that took the call.
    `is_at_home`: the event loop serves many calls, and has a database connection of its own.
    """

    method: str
    authorization: str = ""
    body: bytes = b""
    named: Mapping[str, str] = field(default_factory=dict)
    visit: Visit = borrowing
    is_at_home: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """What it is answered. `rest`, if any, is what follows the body bit by bit; it is closed whatever happens."""

    status: int
    body: bytes
    content_type: str = JSON
    headers: tuple[tuple[str, str], ...] = ()
    rest: AsyncGenerator[bytes, None] | None = None


Door = Callable[[Call], Awaitable[Reply]]


class Refused(Exception):
    """A call that is answered with an error. `param` names the parameter that is wrong."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        param: str | None = None,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.param, self.headers = status, code, message, param, headers

    @property
    def kind(self) -> str:
        """Return OpenAI's `type` of this error."""
        return KINDS.get(self.status, "invalid_request_error" if self.status < 500 else "server_error")

    @property
    def body(self) -> bytes:
        """Return the error as JSON; the same in a reply and in the midst of a stream."""
        error = {"message": self.message, "type": self.kind, "param": self.param, "code": self.code}
        return msgspec.json.encode({"error": error})

    def reply(self) -> Reply:
        """Return the error as a whole reply."""
        return Reply(self.status, self.body, headers=self.headers)


KINDS = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
}


def json_reply(value: object, *, headers: tuple[tuple[str, str], ...] = ()) -> Reply:
    """Return a value as a reply with status 200."""
    return Reply(200, msgspec.json.encode(value), headers=headers)
