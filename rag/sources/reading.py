"""Read any file: told apart by content and name, then read by format. What fails is told, never raised."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath

from rag.domain.documents import Outcome, RawDocument, Unread, short_uid
from rag.domain.errors import DocumentInvalid, DocumentTooLarge, FormatUnknown
from rag.domain.hygiene import strip_invisible
from rag.sources.archives import members
from rag.sources.html import read_html
from rag.sources.json_documents import read_json
from rag.sources.kinds import ARCHIVES, Kind, kind_of
from rag.sources.pdf import read_pdf
from rag.sources.texts import read_text

MOST_TEXT_BYTES = 8 * 1024 * 1024  # of one text; a longer one is a dump, not a document
MOST_BYTES = 100 * 1024 * 1024  # of a PDF or an archive
UNKNOWN = "No reader takes this format. Hand in Markdown, text, HTML, JSON, PDF, or an archive of these."


def read_file(
    content: bytes,
    *,
    uid: str,
    origin: str = "",
    url: str = "",
    claimed: str = "",
    lang: str = "",
    only_records: bool = False,
) -> Iterator[Outcome]:
    """Yield the documents of a file, and what could not be read. `claimed`: the media type its sender gave.

    `lang` overrules detection. `only_records`: JSON that holds no document record is passed over.
    """
    uid = clean_uid(uid)
    try:
        for item in _outcomes(content, uid, origin=origin, url=url, claimed=claimed, only_records=only_records):
            yield replace(item, lang=lang) if lang and isinstance(item, RawDocument) else item
    except DocumentInvalid as exc:
        yield Unread(uid, exc.code, str(exc))


def clean_uid(name: str) -> str:
    """Return a file's name as it can be stored and shown."""
    return short_uid(" ".join(strip_invisible(name).split()) or "unnamed")


def _outcomes(
    content: bytes, uid: str, *, origin: str, url: str, claimed: str, only_records: bool
) -> Iterator[Outcome]:
    kind = kind_of(content, name=url.partition("?")[0] or uid, claimed=claimed)
    if kind is None:
        raise FormatUnknown(UNKNOWN)
    most = MOST_BYTES if kind in (Kind.PDF, *ARCHIVES) else MOST_TEXT_BYTES
    if len(content) > most:
        raise DocumentTooLarge(f"It is larger than {most >> 20} MB. Divide it.")
    charset = claimed.partition("charset=")[2].partition(";")[0].strip(" \"'")
    if kind in ARCHIVES:
        yield from _archived(content, uid, kind=kind, only_records=only_records)
    elif kind in (Kind.JSON, Kind.JSON_LINES):
        yield from read_json(
            content, uid=uid, kind=kind, origin=origin, url=url, charset=charset, only_records=only_records
        )
    elif kind is Kind.PDF:
        yield read_pdf(content, uid=uid, origin=origin, url=url)
    elif kind is Kind.HTML:
        yield read_html(content, uid=uid, origin=origin, url=url, charset=charset)
    else:
        yield read_text(content, uid=uid, kind=kind, origin=origin, url=url, charset=charset)


def _archived(content: bytes, uid: str, *, kind: Kind, only_records: bool) -> Iterator[Outcome]:
    """Yield what is in an archive; the folder a member lies in opens its breadcrumb."""
    found = 0
    for member in members(content, kind=kind):
        found += 1
        name = clean_uid(f"{uid}/{member.name}")
        if member.fault:
            yield Unread(name, member.fault.code, str(member.fault))
            continue
        parts = PurePosixPath(member.name).parts
        origin = parts[0] if len(parts) > 1 else ""
        yield from read_file(member.content, uid=name, origin=origin, only_records=only_records)
    if not found:
        raise FormatUnknown("There is no file in the archive that a reader takes: Markdown, text, HTML, JSON or PDF.")
