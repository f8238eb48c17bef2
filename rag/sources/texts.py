"""Read Markdown and plain text, with YAML front matter where there is some. What a reader would not see is left out."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import PurePosixPath
from typing import Any

import yaml

from rag.domain.documents import RawDocument, Reference
from rag.domain.errors import DocumentEmpty, DocumentInvalid
from rag.domain.hidden import without_hidden
from rag.domain.language import language_of_document
from rag.domain.markdown import plain_heading
from rag.sources.charset import decode
from rag.sources.kinds import Kind

FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)\n---[ \t]*(?:\n|\Z)", re.DOTALL)
FIRST_HEADING = re.compile(r"^ {0,3}#[ \t]+(.+)$|\A(.+)\n=+[ \t]*$", re.MULTILINE)
FLAG = "hidden_markup"
EMPTY = "There is no text in it. Hand in a file with words."


def read_text(
    content: bytes, *, uid: str, kind: Kind, origin: str = "", url: str = "", charset: str = ""
) -> RawDocument:
    """Return one text as a document.

    :raises DocumentInvalid: naming what is wrong with its front matter, or that there is no text.
    """
    return parse_document(decode(content, declared=charset), uid=uid, origin=origin, url=url, media_type=kind.value)


def parse_document(
    text: str, *, uid: str, origin: str = "", url: str = "", media_type: str = Kind.MARKDOWN.value
) -> RawDocument:
    """Return `text` as a document, its front matter taken off and understood.

    :raises DocumentInvalid: naming the field.
    """
    text = text.replace("\r\n", "\n")
    header = FRONT_MATTER.match(text)
    fields = _fields(header[1]) if header else {}
    body, has_hidden = without_hidden(text[header.end() :] if header else text)
    if not body.strip():
        raise DocumentEmpty(EMPTY)
    return RawDocument(
        uid=uid,
        title=(_words(fields.get("title")) or first_heading(body) or PurePosixPath(uid).stem)[:300],
        content=body.strip() + "\n",
        lang=(_words(fields.get("lang")) or language_of_document(body))[:8],
        origin=origin,
        url=web_address(fields.get("url")) or url,
        tags=tuple(_words(tag)[:60] for tag in _listing(fields, "tags")),
        references=tuple(_reference(item) for item in _listing(fields, "sources")),
        dated_at=to_date(fields.get("updated"), name="updated"),
        media_type=media_type,
        flags=(FLAG,) if has_hidden else (),
    )


def first_heading(body: str) -> str:
    """Return the words of the first top heading, or ""."""
    found = FIRST_HEADING.search(body)
    return plain_heading(found[1] or found[2]) if found else ""


def web_address(value: object) -> str:
    """Return `value` when it is an http(s) address that fits, else "": a link of another kind may run something."""
    text = _words(value).strip()
    return text if text.startswith(("https://", "http://")) and len(text) <= 500 and " " not in text else ""


def to_date(value: object, *, name: str) -> date | None:
    """Return a date, of a date, a moment or their ISO words; None for nothing.

    :raises DocumentInvalid: naming the field.
    """
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    words = _words(value).strip()
    try:
        return datetime.fromisoformat(words).date()
    except ValueError as exc:
        raise DocumentInvalid(f"{name} is not a date: {words[:40]!r}. Write it as 2026-01-31.") from exc


def _words(value: object) -> str:
    """Return a plain value as text, "" for a list or mapping: aliases make those as large as they like."""
    return str(value) if isinstance(value, str | int | float | date) else ""


def _fields(header: str) -> Mapping[str, Any]:
    try:
        fields = yaml.safe_load(header)
    except (yaml.YAMLError, ValueError, RecursionError) as exc:
        raise DocumentInvalid("The front matter is not valid YAML. Repair the lines between the --- signs.") from exc
    return fields if isinstance(fields, dict) else {}  # else a text that opens with a rule, not a header


def _listing(fields: Mapping[str, Any], name: str) -> list[Any]:
    value = fields.get(name) or []
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    if not isinstance(value, list):
        raise DocumentInvalid(f"{name} is not a list. Write {name}: [one, two].")
    return value


def _reference(item: Any) -> Reference:
    if isinstance(item, str):
        return Reference(item, web_address(item))
    if not isinstance(item, dict) or not _words(item.get("name")):
        raise DocumentInvalid("One of the sources has no name. Write - name: …, and url: … where it has an address.")
    return Reference(_words(item["name"]), web_address(item.get("url")))
