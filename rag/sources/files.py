"""Read documents from Markdown and text files, with YAML front matter where there is some. Follows no link out."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import yaml

from rag.domain.documents import RawDocument, Reference
from rag.domain.errors import DocumentInvalid, SourceUnreadable
from rag.domain.language import detect_language
from rag.domain.markdown import plain_heading

SUFFIXES = frozenset({".md", ".markdown", ".txt"})
MOST_BYTES = 8 * 1024 * 1024  # of one file; a longer text is a dump, not a document
FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)\n---[ \t]*(?:\n|\Z)", re.DOTALL)
FIRST_HEADING = re.compile(r"^ {0,3}#[ \t]+(.+)$|\A(.+)\n=+[ \t]*$", re.MULTILINE)


def find_files(path: Path) -> tuple[Path, ...]:
    """Return the readable files at or below `path`, in order of their names; hidden folders are left out.

    :raises SourceUnreadable: when there is no such path.
    """
    if path.is_file():
        return (path,)
    if not path.is_dir():
        raise SourceUnreadable(f"There is no file or folder {path}.")
    found = (file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES and file.is_file())
    return tuple(sorted(file for file in found if not _is_hidden(file.relative_to(path))))


def _is_hidden(relative: Path) -> bool:
    return any(part.startswith(".") for part in relative.parts)


def read_documents(root: Path, *, origin: str | None = None) -> Iterator[RawDocument]:
    """Yield the documents at or below `root`; uid = path below it. Without `origin`, the top folder opens breadcrumbs.

    :raises SourceUnreadable: naming the file that is too large or cannot be read.
    """
    base = root if root.is_dir() else root.parent
    for file in find_files(root):
        relative = file.relative_to(base)
        top = relative.parts[0] if len(relative.parts) > 1 else ""
        yield read_document(file, uid=relative.as_posix(), origin=top if origin is None else origin)


def read_document(file: Path, *, uid: str, origin: str = "") -> RawDocument:
    """Return one file as a document; bytes that are not UTF-8 become U+FFFD.

    :raises DocumentInvalid: naming the file and what is wrong with its front matter.
    """
    try:
        if file.stat().st_size > MOST_BYTES:
            raise DocumentInvalid(f"{uid}: larger than {MOST_BYTES // 1024 // 1024} MB.")
        text = file.read_text(encoding="utf-8", errors="replace").removeprefix("\ufeff")
    except OSError as exc:
        raise SourceUnreadable(f"{uid}: cannot be read.") from exc
    return parse_document(text, uid=uid, origin=origin)


def parse_document(text: str, *, uid: str, origin: str = "") -> RawDocument:
    """Return `text` as a document, its front matter taken off and understood.

    :raises DocumentInvalid: naming the field.
    """
    text = text.replace("\r\n", "\n")
    header = FRONT_MATTER.match(text)
    fields = _fields(header[1], uid=uid) if header else {}
    body = text[header.end() :] if header else text
    return RawDocument(
        uid=uid[:200],
        title=str(fields.get("title") or first_heading(body) or Path(uid).stem)[:300],
        content=body.strip() + "\n",
        lang=str(fields.get("lang") or detect_language(body))[:8],
        origin=origin,
        url=str(fields.get("url") or "")[:500],
        tags=tuple(str(tag)[:60] for tag in _listing(fields, "tags", uid=uid)),
        references=tuple(_reference(item, uid=uid) for item in _listing(fields, "sources", uid=uid)),
        dated_at=_date(fields.get("updated"), uid=uid),
    )


def first_heading(body: str) -> str:
    """Return the words of the first top heading, or ""."""
    found = FIRST_HEADING.search(body)
    return plain_heading(found[1] or found[2]) if found else ""


def _fields(header: str, *, uid: str) -> Mapping[str, Any]:
    try:
        fields = yaml.safe_load(header)
    except yaml.YAMLError as exc:
        raise DocumentInvalid(f"{uid}: the front matter is not valid YAML.") from exc
    if fields is None or isinstance(fields, dict):
        return fields or {}
    return {}  # a text that opens with a rule, not a header


def _listing(fields: Mapping[str, Any], name: str, *, uid: str) -> list[Any]:
    value = fields.get(name) or []
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    if not isinstance(value, list):
        raise DocumentInvalid(f"{uid}: {name} is not a list.")
    return value


def _reference(item: Any, *, uid: str) -> Reference:
    if isinstance(item, str):
        return Reference(item, item if item.startswith("http") else "")
    if not isinstance(item, dict) or not item.get("name"):
        raise DocumentInvalid(f"{uid}: a source has no name: {json.dumps(item, default=str)[:80]}")
    return Reference(str(item["name"]), str(item.get("url") or ""))


def _date(value: Any, *, uid: str) -> date | None:
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError as exc:
        raise DocumentInvalid(f"{uid}: updated is not a date: {str(value)[:40]}") from exc
