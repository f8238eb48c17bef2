"""The library's pages and its numbers."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Avg, Count, Max, Q, QuerySet

from rag.models import Answer, Chunk, Document, IndexVersion, Source
from rag.queries.reader import Reader

PAGE_SIZE = 20


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


def library_page(user: Reader, *, search: str = "", number: int = 1, size: int = PAGE_SIZE) -> Page[Any]:
    """Return one page of documents without their texts, with `chunk_count` each; `search` looks in titles and tags.

    Two statements, whatever the page. A search in the texts is `rag.services.retrieve.retrieve`.
    """
    rows = readable_documents(user)
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
