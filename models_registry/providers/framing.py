"""Cut a byte stream into lines at newline bytes only. Knows nothing of JSON.

`str.splitlines` and httpx's line iterator also break at U+0085 and U+2028, which Go may send raw inside a JSON string.
"""

from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing

from models_registry.domain.errors import ProviderUnavailable

LONGEST_LINE = 16 * 1024 * 1024  # bytes; a final line with a token array reaches several MB


class LineCutter:
    """Collects bytes and gives back whole lines; blank ones only when they mean something."""

    def __init__(self, *, longest: int = LONGEST_LINE, keeps_blank: bool = False) -> None:
        self._longest = longest
        self._keeps_blank = keeps_blank
        self._rest = bytearray()
        self._searched = 0  # a long line arrives in thousands of pieces; look at each byte once

    def feed(self, received: bytes) -> Iterator[bytes]:
        """Yield the lines that the received bytes complete.

        :raises ProviderUnavailable: when a line grows beyond the cap.
        """
        self._rest += received
        while (end := self._rest.find(b"\n", self._searched)) >= 0:
            line = bytes(self._rest[:end]).strip()
            del self._rest[: end + 1]
            self._searched = 0
            if line or self._keeps_blank:
                yield line
        self._searched = len(self._rest)
        if self._searched > self._longest:
            raise ProviderUnavailable(f"The host sent a line of more than {self._longest} bytes.")

    def rest(self) -> bytes:
        """Return the last line when it lacks its newline, else nothing."""
        return bytes(self._rest).strip()


async def lines_of(
    chunks: AsyncGenerator[bytes, None], *, longest: int = LONGEST_LINE, keeps_blank: bool = False
) -> AsyncGenerator[bytes, None]:
    """Yield the lines of a byte stream, wherever it was cut; the last one may lack its newline.

    :raises ProviderUnavailable: when a line grows beyond the cap.
    """
    cutter = LineCutter(longest=longest, keeps_blank=keeps_blank)
    async with aclosing(chunks):
        async for chunk in chunks:
            for line in cutter.feed(chunk):
                yield line
    if last := cutter.rest():
        yield last
