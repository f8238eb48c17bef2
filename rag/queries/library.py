"""The library's pages and its numbers."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.paginator import Page, Paginator
from django.db import connection
from django.db.models import Avg, Count, Max, Q, QuerySet

from rag.models import Answer, Chunk, Document, IndexVersion, Source
from rag.queries.reader import Reader

PAGE_SIZE = 20
CITED_SHOWN = 5
CITED = """
SELECT c.id, c.breadcrumb, said.times FROM (
    SELECT (cited ->> 'chunk_id')::bigint AS chunk_id, count(*) AS times
    FROM rag_answer a, jsonb_array_elements(a.citations) AS cited
    WHERE a.asked_at >= %(since)s AND jsonb_typeof(cited -> 'chunk_id') = 'number'
      AND cited -> 'document_id' = to_jsonb(%(document)s::bigint)
    GROUP BY 1
) AS said JOIN rag_chunk c ON c.id = said.chunk_id AND c.document_id = %(document)s
ORDER BY said.times DESC, c.ordinal LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class CitedPassage:
    """A passage, and how often answers cited it."""

    chunk_id: int
    breadcrumb: str
    times: int


@dataclass(frozen=True, slots=True)
class LibraryStats:
    """Counts from rows; a mean or share is None while there is nothing to count (WF-06)."""

    documents: int
    passages: int
    sources: int
    queries: int
    mean_processing_ms: float | None
    cache_hit_rate: float | None
    degraded_rate: float | None
    abstention_rate: float | None
    latest_update: datetime | None
    index_version: str | None
    embedded_passages: int


def readable_documents(user: Reader) -> QuerySet[Document]:
    """Return the documents that `user` may read, in order of titles."""
    return Document.objects.filter(source__in=Source.objects.visible_to(user)).order_by("title", "pk")


def library_page(
    user: Reader,
    *,
    search: str = "",
    source: Source | None = None,
    lang: str = "",
    number: int = 1,
    size: int = PAGE_SIZE,
) -> Page[Any]:
    """Return one page of documents without their texts, with `chunk_count` each; `search` looks in titles and tags.

    Two statements, whatever the page. A search in the texts is `rag.services.retrieve.retrieve`.
    """
    rows = readable_documents(user)
    rows = rows.filter(source=source) if source else rows
    rows = rows.filter(lang=lang) if lang else rows
    if words := search.split():
        named = Q()
        for word in words:
            named &= Q(title__icontains=word) | Q(tags__icontains=word)
        rows = rows.filter(named)
    rows = rows.select_related("source").defer("content").annotate(chunk_count=Count("chunks"))
    return Paginator(rows, size).get_page(number)


def document_page(user: Reader, *, document_id: int) -> Document | None:
    """Return one document with its source, or None when there is none that `user` may read."""
    return readable_documents(user).select_related("source").filter(pk=document_id).first()


def changeable_document(user: Reader, *, document_id: int, may_share: bool) -> Document | None:
    """Return a document, without its text, of a source that `user` may fill, or None."""
    sources = Source.objects.changeable_by(user, may_share=may_share)
    rows = Document.objects.filter(source__in=sources).select_related("source").defer("content")
    return rows.filter(pk=document_id).first()


def passage_of(user: Reader, *, chunk_id: int) -> Chunk | None:
    """Return a passage of a document that `user` may read, or None."""
    return Chunk.objects.filter(pk=chunk_id, document__source__in=Source.objects.visible_to(user)).first()


def successor_of(user: Reader, *, chunk_id: int) -> tuple[Document, Chunk | None] | None:
    """Return the document that an answer cited a passage of which is no more, and the passage that holds its words now.

    None where no answer cited it, or `user` may not read the document.
    """
    answer = Answer.objects.filter(citations__contains=[{"chunk_id": chunk_id}]).order_by("-asked_at").first()
    cited = next((one for one in answer.citations if one["chunk_id"] == chunk_id), None) if answer else None
    document = document_page(user, document_id=cited.get("document_id") or 0) if cited else None
    if cited is None or document is None:
        return None
    return document, document.chunks.filter(text__contains=cited["quote"]).order_by("ordinal").first()


def cited_passages(document: Document, *, since: datetime, limit: int = CITED_SHOWN) -> tuple[CitedPassage, ...]:
    """Return the passages of a document that answers have cited since then, most often first. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(CITED, {"document": document.pk, "since": since, "limit": limit})
        return tuple(CitedPassage(*row) for row in cursor.fetchall())


def library_stats(user: Reader = None) -> LibraryStats:
    """Return the numbers of what `user` may read, and of all questions asked. Four statements."""
    sources = Source.objects.visible_to(user)
    held = sources.aggregate(sources=Count("pk"), latest=Max("ingested_at"))
    asked = Answer.objects.aggregate(
        queries=Count("pk"),
        mean=Avg("processing_ms"),
        cached=Count("pk", filter=Q(is_cached=True)),
        degraded=Count("pk", filter=Q(is_degraded=True)),
        abstained=Count("pk", filter=Q(is_abstention=True)),
    )
    texts = Chunk.objects.filter(document__source__in=sources).aggregate(
        passages=Count("pk"), documents=Count("document", distinct=True)
    )
    index = IndexVersion.objects.filter(is_active=True).annotate(vectors=Count("embeddings")).first()
    return LibraryStats(
        documents=texts["documents"],
        passages=texts["passages"],
        sources=held["sources"],
        queries=asked["queries"],
        mean_processing_ms=asked["mean"],
        cache_hit_rate=_share(asked["cached"], of=asked["queries"]),
        degraded_rate=_share(asked["degraded"], of=asked["queries"]),
        abstention_rate=_share(asked["abstained"], of=asked["queries"]),
        latest_update=held["latest"],
        index_version=index.slug if index else None,
        embedded_passages=index.vectors if index else 0,
    )


def _share(part: int, *, of: int) -> float | None:
    return part / of if of else None
