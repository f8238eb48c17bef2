"""Tell what a file is: by its first bytes, then by its name. What a sender claims is only believed of text."""

import re
from enum import StrEnum

from rag.sources.charset import is_text


class Kind(StrEnum):
    """What a reader is there for."""

    MARKDOWN = "text/markdown"
    TEXT = "text/plain"
    HTML = "text/html"
    JSON = "application/json"
    JSON_LINES = "application/x-ndjson"
    PDF = "application/pdf"
    ZIP = "application/zip"
    TAR = "application/x-tar"


SUFFIXES = {
    ".md": Kind.MARKDOWN, ".markdown": Kind.MARKDOWN, ".mdown": Kind.MARKDOWN, ".mkd": Kind.MARKDOWN,
    ".txt": Kind.TEXT, ".text": Kind.TEXT,
    ".html": Kind.HTML, ".htm": Kind.HTML, ".xhtml": Kind.HTML,
    ".json": Kind.JSON, ".jsonl": Kind.JSON_LINES, ".ndjson": Kind.JSON_LINES,
    ".pdf": Kind.PDF,
    ".zip": Kind.ZIP,
    ".tar": Kind.TAR, ".tgz": Kind.TAR, ".tbz2": Kind.TAR, ".txz": Kind.TAR,
    ".tar.gz": Kind.TAR, ".tar.bz2": Kind.TAR, ".tar.xz": Kind.TAR,
}  # fmt: skip
ARCHIVES = frozenset({Kind.ZIP, Kind.TAR})
PACKED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00")  # gzip, bzip2, xz: a tar is expected within
HTML_START = re.compile(
    rb"\s*(?:<!--.{0,2000}?-->\s*)?<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL
)
CLAIMED = {kind.value: kind for kind in (Kind.HTML, Kind.MARKDOWN, Kind.JSON)} | {
    "application/xhtml+xml": Kind.HTML,
    "text/x-markdown": Kind.MARKDOWN,
    "application/jsonl": Kind.JSON_LINES,
    "application/x-ndjson": Kind.JSON_LINES,
}


def kind_of(content: bytes, *, name: str, claimed: str = "") -> Kind | None:
    """Return what `content` is, or None when no reader takes it. `claimed`: the media type its sender gave."""
    head = content[:1024]
    if b"%PDF-" in head:
        return Kind.PDF
    if content.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return Kind.ZIP
    if content.startswith(PACKED) or content[257:262] == b"ustar":
        return Kind.TAR
    if not is_text(content):
        return None
    named = kind_by_name(name)
    if HTML_START.match(content[:4096]) and named not in (Kind.MARKDOWN, Kind.TEXT):
        return Kind.HTML
    if named in (Kind.MARKDOWN, Kind.TEXT, Kind.HTML, Kind.JSON, Kind.JSON_LINES):
        return named
    return CLAIMED.get(claimed.partition(";")[0].strip().lower(), Kind.TEXT) if named is None else None


def kind_by_name(name: str) -> Kind | None:
    """Return what a file is by its name alone, or None when the name does not tell."""
    lower = name.lower()
    return next((kind for suffix, kind in SUFFIXES.items() if lower.endswith(suffix)), None)
