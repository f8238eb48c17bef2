"""Write the rows of a batch of documents, in one statement that has one parameter.

The ORM's has one for each field of each row, since lists cannot be unnested: to put those in took much of the time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import msgspec
from django.db import connection

COLUMNS = {  # as the statement reads each of a row
    "uid": "text", "title": "text", "lang": "text", "content": "text", "content_sha256": "text", "url": "text",
    "tags": "jsonb", '"references"': "jsonb", "node_pubkey": "text", "channel_id": "text", "media_type": "text",
    "metrics": "jsonb", "flags": "jsonb", "dated_at": "date", "ingested_at": "timestamptz", "quality": "float8",
}  # fmt: skip
LISTS = ("tags", "flags")
VALUES = ", ".join(
    f"ARRAY(SELECT jsonb_array_elements_text(r.{name}))" if name in LISTS else f"r.{name}" for name in COLUMNS
)
WRITE = f"""
INSERT INTO rag_document (source_id, cited_count, {", ".join(COLUMNS)})
SELECT %(source)s, 0, {VALUES}
FROM jsonb_to_recordset(%(rows)s::jsonb) AS r({", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())})
ON CONFLICT (source_id, uid) DO UPDATE
SET {", ".join(f"{name} = EXCLUDED.{name}" for name in COLUMNS if name != "uid")}
RETURNING uid, id
"""  # noqa: S608 - made of constants only


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """A document as it is stored: all of its columns but its source, its number and how often it was cited."""

    uid: str
    title: str
    lang: str
    content: str
    content_sha256: str
    url: str
    tags: Sequence[str]
    references: Sequence[Mapping[str, str]]
    node_pubkey: str
    channel_id: str
    media_type: str
    metrics: Mapping[str, object]
    flags: Sequence[str]
    dated_at: date | None
    ingested_at: datetime
    quality: float | None


def write_documents(source_id: int, rows: Sequence[DocumentRow]) -> dict[str, int]:
    """Store new documents of a source, and those of known names in place of what they were; return ids by name."""
    with connection.cursor() as cursor:
        cursor.execute(WRITE, {"source": source_id, "rows": msgspec.json.encode(rows).decode()})
        return dict(cursor.fetchall())
