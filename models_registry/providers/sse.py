"""Cut a byte stream into server-sent events. Bytes in, bytes out: what is in an event is for others to read.

Lines end with a newline, with or without a carriage return before it; no server we speak to ends them otherwise.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

from models_registry.domain.errors import ProviderUnavailable
from models_registry.providers.framing import LONGEST_LINE, lines_of


@dataclass(frozen=True, slots=True)
class ServerEvent:
    """One event. `name` is `message` when the server gave none."""

    name: str
    payload: bytes


class _Collected:
    """The fields of the event in work."""

    def __init__(self, *, longest: int) -> None:
        self._longest = longest
        self._name = ""
        self._rows: list[bytes] = []
        self._size = 0

    def take(self, line: bytes) -> None:
        """Keep a field; comments and fields nobody needs are passed over.

        :raises ProviderUnavailable: when the event grows beyond the cap.
        """
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"event":
            self._name = value.decode("utf-8", "replace")
        elif field in (b"data", b"error"):  # llama.cpp before late 2025 wrote a failure as `error: {…}`
            self._name = "error" if field == b"error" else self._name
            self._rows.append(value)
            self._size += len(value)
        if self._size > self._longest:
            raise ProviderUnavailable(f"The host sent an event of more than {self._longest} bytes.")

    def event(self) -> ServerEvent | None:
        """Return the event and begin anew; None when no data came."""
        name, rows = self._name or "message", self._rows
        self._name, self._rows, self._size = "", [], 0
        return ServerEvent(name, b"\n".join(rows)) if rows else None


async def events_of(
    chunks: AsyncGenerator[bytes, None], *, longest: int = LONGEST_LINE
) -> AsyncGenerator[ServerEvent, None]:
    """Yield the events of a byte stream, wherever it was cut; the last one may lack its blank line.

    :raises ProviderUnavailable: when a line or an event grows beyond the cap.
    """
    collected = _Collected(longest=longest)
    async with aclosing(lines_of(chunks, longest=longest, keeps_blank=True)) as lines:
        async for line in lines:
            if line:
                collected.take(line)
            elif event := collected.event():
                yield event
    if event := collected.event():
        yield event
