"""A document before it is stored: text with what is known about it; and what could not be read. Pure."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

LAYOUT = "2"  # raise it when chunking or cleaning changes: every document is then cut anew
UID_LENGTH = 200
INSIDE = "/#"  # what follows a file's name in the uids of what is in it: a member, a record


@dataclass(frozen=True, slots=True)
class Reference:
    """A source that a text names."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class RawDocument:
    """One text as read. `uid` is stable within its source; `origin` opens the breadcrumb of its passages.

    `flags` name what its reader left out; `quality` is 0 to 1, None while nobody judged.
    """

    uid: str
    title: str
    content: str
    lang: str = "en"
    origin: str = ""
    url: str = ""
    tags: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()
    dated_at: date | None = None
    node_pubkey: str = ""
    channel_id: str = ""
    media_type: str = "text/markdown"
    metrics: Mapping[str, object] = field(default_factory=dict)
    quality: float | None = None
    flags: tuple[str, ...] = ()

    def sha256(self) -> str:
        """Return the hash of everything that would be stored but the uid, and of how it is cut."""
        fields = [
            LAYOUT, self.title, self.content, self.lang, self.origin, self.url, self.tags, str(self.dated_at),
            [[item.name, item.url] for item in self.references], self.node_pubkey, self.channel_id, self.media_type,
            self.metrics, self.quality, self.flags,
        ]  # fmt: skip
        return hashlib.sha256(json.dumps(fields, ensure_ascii=True, default=str).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Unread:
    """A file, address or record that could not be taken in; `message` tells what is wrong and what to do."""

    uid: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Untouched:
    """A file or address that is as it was: its documents stay."""

    uid: str


Outcome = RawDocument | Unread | Untouched


def combined_sha256(hashes: Iterable[str]) -> str:
    """Return one hash for a whole source, whatever the order of its documents."""
    return hashlib.sha256("\n".join(sorted(hashes)).encode()).hexdigest()


def short_uid(name: str) -> str:
    """Return `name` where it fits into a uid, else its beginning and a hash: long names stay apart."""
    if len(name) <= UID_LENGTH:
        return name
    digest = hashlib.sha256(name.encode(errors="replace")).hexdigest()[:16]
    return f"{name[: UID_LENGTH - 17]}~{digest}"


def batches(
    items: Iterable[Outcome], *, most: int, most_characters: int, first: int | None = None
) -> Iterator[tuple[Outcome, ...]]:
    """Yield `items` in groups that are bounded both ways; one that is too long alone is a group of its own.

    The `first` group may be a smaller one, so that whoever works on groups begins sooner.
    """
    group: list[Outcome] = []
    characters, bound = 0, first or most
    for item in items:
        size = len(item.content) if isinstance(item, RawDocument) else 0
        if group and (len(group) >= bound or characters + size > most_characters):
            yield tuple(group)
            group, characters, bound = [], 0, most
        group.append(item)
        characters += size
    if group:
        yield tuple(group)


def enclosing(uid: str) -> Iterator[str]:
    """Yield `uid`, then what it is in, from the nearest outward: a record's file, a member's archive, its folders."""
    yield uid
    for at in range(len(uid) - 1, 0, -1):
        if uid[at] in INSIDE:
            yield uid[:at]
