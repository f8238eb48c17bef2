"""Store a batch of documents with their passages and postings. Passages that stay the same keep rows and vectors."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from rag.domain.chunking import ChunkSizes, ChunkText, Recut, StoredChunk, chunk_markdown, recut
from rag.domain.documents import RawDocument
from rag.domain.hygiene import CleanText, clean, strip_invisible
from rag.domain.markdown import tidy
from rag.models import Chunk, LibraryPolicy, Source
from rag.services.documents_sql import DocumentRow, write_documents
from rag.services.postings import write_chunks

CHUNKS_AT_ONCE = 1000  # in one statement
CHANGING = "changing"  # in the place of a source's hash
ASIDE = 1_000_000  # ordinals of passages that are being moved: two may not have one ordinal even for a moment
FILL_SHA256 = """
UPDATE rag_chunk SET sha256 = encode(sha256(convert_to(breadcrumb || E'\\n' || text, 'UTF8')), 'hex')
WHERE sha256 = '' AND document_id IN (SELECT id FROM rag_document WHERE source_id = %s)
"""
MOVE_ASIDE = "UPDATE rag_chunk SET ordinal = ordinal + %s WHERE id = ANY(%s)"
PLACE = """
UPDATE rag_chunk c SET ordinal = p.ordinal, start = p.start, "end" = p.stop
FROM unnest(%s::bigint[], %s::int[], %s::int[], %s::int[]) AS p (id, ordinal, start, stop) WHERE c.id = p.id
"""


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of a batch: passages cut, documents with flags, and the passages that have no vector yet."""

    chunks: int = 0
    flagged: int = 0
    new_chunk_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _Cut:
    """A document ready to be stored."""

    raw: RawDocument
    text: CleanText
    title: str
    pieces: tuple[ChunkText, ...]


def chunk_sizes() -> ChunkSizes:
    """Return the sizes that hold for what is ingested from now on, as shipped while there is no row."""
    row = LibraryPolicy.objects.values_list("chunk_words", "chunk_words_most").first()
    return ChunkSizes(row[0], max(row), min(ChunkSizes().smallest, row[0])) if row else ChunkSizes()


def begin_change(source: Source) -> None:
    """Mark a source as being changed, and be the only one to change it until the transaction ends.

    Two that cut the same document anew would fight for its ordinals. The mark outlives whoever is killed.
    """
    Source.objects.filter(pk=source.pk).update(content_sha256=CHANGING)


def store_batch(source: Source, batch: Sequence[tuple[RawDocument, str]], *, sizes: ChunkSizes, at: datetime) -> Stored:
    """Write (document, its hash) pairs with passages and postings, in one transaction."""
    cuts = [_cut(raw, sizes=sizes) for raw, _ in batch]
    with transaction.atomic():
        begin_change(source)
        stored = _stored_chunks(source, cuts)
        rows = [_row(cut, sha=sha, at=at) for cut, (_, sha) in zip(cuts, batch, strict=True)]
        ids = write_documents(source.pk, rows)
        new_ids = _recut_all([(ids[cut.raw.uid], recut(stored[cut.raw.uid], cut.pieces)) for cut in cuts])
    return Stored(
        chunks=sum(len(cut.pieces) for cut in cuts),
        flagged=sum(bool(cut.text.flags) for cut in cuts),
        new_chunk_ids=new_ids,
    )


def _cut(raw: RawDocument, *, sizes: ChunkSizes) -> _Cut:
    cleaned = clean(raw.content)
    text = CleanText(tidy(cleaned.text), tuple(dict.fromkeys((*cleaned.flags, *raw.flags))))
    title = strip_invisible(raw.title)
    return _Cut(
        raw, text, title, chunk_markdown(text.text, origin=strip_invisible(raw.origin), title=title, sizes=sizes)
    )


def _stored_chunks(source: Source, cuts: Sequence[_Cut]) -> dict[str, list[StoredChunk]]:
    """Return what is stored of these documents, by uid; nothing of one whose language changed: its words do too."""
    langs = {cut.raw.uid: cut.raw.lang for cut in cuts}
    found: defaultdict[str, list[StoredChunk]] = defaultdict(list)
    rows = Chunk.objects.filter(document__source=source, document__uid__in=list(langs))
    if rows.filter(sha256="").exists():  # from before passages had a hash
        with connection.cursor() as cursor:
            cursor.execute(FILL_SHA256, [source.pk])
    for pk, uid, lang, ordinal, sha in rows.values_list(
        "pk", "document__uid", "document__lang", "ordinal", "sha256"
    ).order_by():
        found[uid].append(StoredChunk(pk, ordinal, sha if lang == langs[uid] else ""))
    return found


def _recut_all(recuts: Iterable[tuple[int, Recut]]) -> tuple[int, ...]:
    """Bring the passages of documents up to date; return the ids of those that are new."""
    recuts = tuple(recuts)
    if gone := [pk for _, cut in recuts for pk in cut.gone]:
        Chunk.objects.filter(pk__in=gone).delete()
    _place([pair for _, cut in recuts for pair in cut.kept])
    added = [(document_id, piece) for document_id, cut in recuts for piece in cut.added]
    return tuple(pk for part in _parts(added) for pk in write_chunks(part))


def _parts(added: Sequence[tuple[int, ChunkText]]) -> Iterator[Sequence[tuple[int, ChunkText]]]:
    """Yield passages in groups: a single long document has thousands."""
    yield from (added[start : start + CHUNKS_AT_ONCE] for start in range(0, len(added), CHUNKS_AT_ONCE))


def _place(kept: Sequence[tuple[StoredChunk, ChunkText]]) -> None:
    """Give passages that stay their new ordinals and offsets."""
    if not kept:
        return
    moved = [stored.pk for stored, piece in kept if stored.ordinal != piece.ordinal]
    columns: list[list[int | None]] = [
        [stored.pk for stored, _ in kept],
        [piece.ordinal for _, piece in kept],
        [piece.start for _, piece in kept],
        [piece.end for _, piece in kept],
    ]
    with connection.cursor() as cursor:
        if moved:
            cursor.execute(MOVE_ASIDE, [ASIDE, moved])
        cursor.execute(PLACE, columns)


def _row(cut: _Cut, *, sha: str, at: datetime) -> DocumentRow:
    raw = cut.raw
    return DocumentRow(
        uid=raw.uid,
        title=cut.title,
        lang=raw.lang,
        content=cut.text.text,
        content_sha256=sha,
        url=raw.url,
        tags=tuple(strip_invisible(tag) for tag in raw.tags),
        references=tuple({"name": item.name, "url": item.url} for item in raw.references),
        node_pubkey=raw.node_pubkey,
        channel_id=raw.channel_id,
        media_type=raw.media_type,
        metrics=raw.metrics,
        flags=cut.text.flags,
        dated_at=raw.dated_at,
        ingested_at=at,
        quality=raw.quality,
    )
