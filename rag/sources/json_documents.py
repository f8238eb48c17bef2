"""Read JSON: a document record, a list or lines of them; JSON that holds no document is written out readably as one."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from rag.domain.documents import Outcome, RawDocument, Reference, Unread, short_uid
from rag.domain.errors import DocumentBroken, DocumentEmpty, DocumentInvalid
from rag.domain.hygiene import strip_invisible
from rag.domain.language import language_of_document
from rag.domain.records import date_of, readable, storable
from rag.sources.charset import decode
from rag.sources.kinds import Kind
from rag.sources.texts import first_heading, parse_document, to_date, web_address

MOST_RECORDS = 50_000  # of one file
MOST_METRICS = 20_000  # characters of JSON
TEXT_FIELDS = ("content", "text", "body", "markdown")
NOT_JSON = "It is not valid JSON near line {line}. Check it with a JSON editor."


def read_json(
    content: bytes,
    *,
    uid: str,
    kind: Kind,
    origin: str = "",
    url: str = "",
    charset: str = "",
    only_records: bool = False,
) -> Iterator[Outcome]:
    """Yield the documents of a JSON or JSON Lines file, uid `file#record`; a record that is wrong is told, not fatal.

    `only_records`: JSON that holds no document yields nothing, such as a manifest in a folder of texts.

    :raises DocumentInvalid: when it is no JSON, or too much of it.
    """
    text = decode(content, declared=charset)
    value = _lines(text) if kind is Kind.JSON_LINES else _parsed(text)
    records = value if isinstance(value, list) else [value]
    if len(records) > MOST_RECORDS:
        raise DocumentInvalid(f"It holds more than {MOST_RECORDS} records. Divide it.")
    if any(_text_field(record) for record in records):
        yield from _records(records, uid=uid, origin=origin, url=url, is_list=isinstance(value, list))
    elif not only_records:
        yield _written_out(value, uid=uid, origin=origin, url=url)


def _lines(text: str) -> list[Any]:
    return [_line(line, number=number) for number, line in enumerate(text.split("\n"), 1) if line.strip()]


def _line(line: str, *, number: int) -> Any:
    """Return the value of a line, or what is wrong with it: the other lines stand."""
    try:
        return _parsed(line, number=number)
    except DocumentBroken as exc:
        return exc


def _parsed(text: str, *, number: int | None = None) -> Any:
    try:
        return json.loads(text, parse_constant=lambda _name: None)  # NaN and infinities: PostgreSQL keeps none
    except json.JSONDecodeError as exc:
        raise DocumentBroken(NOT_JSON.format(line=number or exc.lineno)) from exc
    except (RecursionError, ValueError) as exc:
        raise DocumentBroken("It is nested too deep, or holds a number that is too long. Simplify it.") from exc


def _records(records: Sequence[Any], *, uid: str, origin: str, url: str, is_list: bool) -> Iterator[Outcome]:
    for number, record in enumerate(records, 1):
        name = _record_uid(record, uid=uid, number=number) if is_list else uid
        try:
            yield _document(record, uid=name, origin=origin, url=url)
        except DocumentInvalid as exc:
            yield Unread(name, exc.code, str(exc))


def _record_uid(record: Any, *, uid: str, number: int) -> str:
    own = record.get("uid") if isinstance(record, Mapping) else None
    own = own if isinstance(own, str | int) and str(own).strip() else number
    return short_uid(f"{uid}#{strip_invisible(str(own)).strip()}")


def _document(record: Any, *, uid: str, origin: str, url: str) -> RawDocument:
    """Return a record with the fields of IX-18 as a document.

    :raises DocumentInvalid: naming the field.
    """
    if isinstance(record, DocumentInvalid):
        raise record
    field = _text_field(record)
    if not field:
        raise DocumentEmpty(f"The record has no text. Give it one of the fields {', '.join(TEXT_FIELDS)}.")
    body = parse_document(str(record[field]), uid=uid, media_type=Kind.JSON.value)
    return RawDocument(
        uid=uid,
        title=(_words(record, "title") or first_heading(body.content) or uid.rpartition("#")[2])[:300],
        content=body.content,
        lang=(_words(record, "lang") or _words(record, "language") or body.lang)[:8].lower(),
        origin=_words(record, "source") or origin,
        url=web_address(record.get("url")) or url,
        tags=_tags(record.get("tags")) or body.tags,
        references=body.references or _references(record.get("references")),
        dated_at=to_date(_moment(record), name="timestamp") or body.dated_at,
        node_pubkey=(_words(record, "node_pubkey") or _words(record, "pubkey"))[:66],
        channel_id=_words(record, "channel_id")[:24],
        media_type=Kind.JSON.value,
        metrics=_metrics(record.get("metrics")),
        quality=_quality(record.get("quality")),
        flags=body.flags,
    )


def _written_out(value: Any, *, uid: str, origin: str, url: str) -> RawDocument:
    body = readable(value)
    if not body.strip():
        raise DocumentEmpty("The file holds no values.")
    title = PurePosixPath(uid).stem
    lang = language_of_document(body)
    return RawDocument(uid, title, f"# {title}\n\n{body}\n", lang, origin, web_address(url), media_type=Kind.JSON.value)


def _text_field(record: Any) -> str:
    if not isinstance(record, Mapping):
        return ""
    return next((name for name in TEXT_FIELDS if isinstance(record.get(name), str) and record[name].strip()), "")


def _words(record: Mapping[str, Any], name: str) -> str:
    value = record.get(name)
    return strip_invisible(str(value)).strip() if isinstance(value, str | int) else ""


def _moment(record: Mapping[str, Any]) -> Any:
    value = next((record[name] for name in ("timestamp", "updated", "date") if record.get(name)), None)
    if not isinstance(value, int | float):
        return value
    return date_of(value)


def _tags(value: Any) -> tuple[str, ...]:
    parts = value.split(",") if isinstance(value, str) else value if isinstance(value, list) else []
    return tuple(str(part).strip()[:60] for part in parts[:50] if isinstance(part, str | int) and str(part).strip())


def _references(value: Any) -> tuple[Reference, ...]:
    items = [item for item in value[:50] if isinstance(item, Mapping)] if isinstance(value, list) else []
    return tuple(Reference(_words(item, "name"), web_address(item.get("url"))) for item in items if item.get("name"))


def _metrics(value: Any) -> Mapping[str, object]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise DocumentInvalid('metrics is not an object. Write "metrics": {"name": value}.')
    if len(json.dumps(value)) > MOST_METRICS:
        raise DocumentInvalid(f"metrics is longer than {MOST_METRICS} characters. Keep the figures that matter.")
    kept: Mapping[str, object] = storable(value)
    return kept


def _quality(value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise DocumentInvalid("quality is not a number from 0 to 1.")
    return float(value)
