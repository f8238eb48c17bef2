"""A document before it is stored: text with what is known about it. Pure."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

LAYOUT = "1"  # raise it when chunking or cleaning changes: every document is then ingested anew


@dataclass(frozen=True, slots=True)
class Reference:
    """A source that a text names."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class RawDocument:
    """One text as read. `uid` is stable within its source; `origin` opens the breadcrumb of its passages."""

    uid: str
    title: str
    content: str
    lang: str = "en"
    origin: str = ""
    url: str = ""
    tags: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()
    dated_at: date | None = None

    def sha256(self) -> str:
        """Return the hash of everything that would be stored, and of how it is cut."""
        fields: list[object] = [
            LAYOUT,
            self.uid,
            self.title,
            self.content,
            self.lang,
            self.origin,
            self.url,
            list(self.tags),
        ]
        fields += [[[item.name, item.url] for item in self.references], str(self.dated_at)]
        return hashlib.sha256(json.dumps(fields, ensure_ascii=True).encode()).hexdigest()


def combined_sha256(hashes: Iterable[str]) -> str:
    """Return one hash for a whole source, whatever the order of its documents."""
    return hashlib.sha256("\n".join(sorted(hashes)).encode()).hexdigest()
