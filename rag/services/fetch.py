"""Read the addresses of a source, a few at a time, and only what changed since the latest reading."""

from collections.abc import Iterator, Sequence

import httpx
from asgiref.sync import async_to_sync
from django.conf import settings

from rag.domain.documents import Outcome, Unread, Untouched
from rag.models import Source
from rag.sources.reading import clean_uid, read_file
from rag.sources.web import Page, WebReader

PAGES_AT_ONCE = 8  # and in memory


class WebPages:
    """The documents at `addresses`; `validators` holds afterwards what to say at the next reading."""

    def __init__(self, source: Source, addresses: Sequence[str], *, lang: str = "") -> None:
        self._addresses, self._lang = addresses, lang
        self._known = {address: source.validators.get(address, {}) for address in addresses}
        self.validators: dict[str, dict[str, str]] = {}

    def __iter__(self) -> Iterator[Outcome]:
        for start in range(0, len(self._addresses), PAGES_AT_ONCE):
            part = self._addresses[start : start + PAGES_AT_ONCE]
            outcomes: list[Page | Unread] = async_to_sync(self._read)(part)
            for address, outcome in zip(part, outcomes, strict=True):
                yield from self._documents(address, outcome)

    def __length_hint__(self) -> int:
        return len(self._addresses)

    async def _read(self, addresses: Sequence[str]) -> list[Page | Unread]:
        async with httpx.AsyncClient(trust_env=False) as client:
            reader = WebReader(client, user_agent=user_agent(), allows_private=settings.FETCH_PRIVATE)
            return await reader.read_all(addresses, known=self._known)

    def _documents(self, address: str, outcome: Page | Unread) -> Iterator[Outcome]:
        uid = clean_uid(address)
        if isinstance(outcome, Unread):
            yield Unread(uid, outcome.code, outcome.message)
            return
        if outcome.content is None:
            self.validators[address] = self._known[address]
            yield Untouched(uid)
            return
        self.validators[address] = dict(outcome.validators)
        yield from read_file(outcome.content, uid=uid, url=outcome.url, claimed=outcome.media_type, lang=self._lang)


def user_agent() -> str:
    """Return how we introduce ourselves to web servers."""
    return f"lnrag/{settings.VERSION} (library reader; reads addresses its operator listed)"
