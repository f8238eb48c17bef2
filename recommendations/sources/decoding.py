"""Turn an answer or a file into values, or say where it cannot be: the record and the field, never the text."""

import re
from typing import TypeVar

import msgspec

from recommendations.domain.source_errors import SourceBroken

T = TypeVar("T")
PLACE = re.compile(r"^(?P<reason>.*?)(?: - at `\$(?P<path>[^`]*)`)?$", re.DOTALL)
MISSING = re.compile(r"^Object missing required field `(?P<field>\w+)`$")
LAST_INDEX = re.compile(r"^(?P<record>.*\])\.?(?P<field>[^\]]*)$")


def decoded(body: bytes | msgspec.Raw, shape: type[T], *, record: str) -> T:
    """Return the JSON as a value of this shape; numbers may be text. `record` names the whole for people.

    :raises SourceBroken: when it is no such JSON.
    """
    try:
        return msgspec.json.decode(body, type=shape, strict=False)
    except msgspec.ValidationError as exc:
        raise _misfit(str(exc), record=record) from exc
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
        reason = "it is cut off" if "truncated" in str(exc) else "it is not valid JSON"
        raise SourceBroken(record=record, field="JSON", reason=reason) from exc


def _misfit(message: str, *, record: str) -> SourceBroken:
    match = PLACE.match(message)
    reason, path = (match["reason"], match["path"] or "") if match else (message, "")
    if missing := MISSING.match(reason):
        path, reason = f"{path}.{missing['field']}", "it is missing"
    place = LAST_INDEX.match(path)
    where, field = (place["record"].lstrip("."), place["field"]) if place else ("", path.lstrip("."))
    return SourceBroken(
        record=f"{record} {where}".rstrip(), field=field or "value", reason=reason[:1].lower() + reason[1:]
    )
