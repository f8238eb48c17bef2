"""Reads of the knowledge floor: the library's pages, its numbers, what was answered, and what people ask."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.contrib.postgres.expressions import ArraySubquery
from django.core.paginator import Page, Paginator
from django.db.models import Avg, Count, Max, Q, QuerySet
from django.db.models.functions import JSONObject

from rag.domain.policy import SHIPPED, Policy
from rag.models import Answer, Chunk, Document, IndexVersion, LibraryPolicy, PromptRevision, Source

Reader = AbstractBaseUser | AnonymousUser | None
PAGE_SIZE = 20
POPULAR_DAYS = 30


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


def library_epoch(user: Reader = None) -> str:
    """Return a mark of what `user` may read; any ingestion or change of access makes another. One statement."""
    return _mark(Source.objects.visible_to(user).order_by("pk").values_list("pk", "revision"))


def library_policy() -> Policy:
    """Return what holds for every question, as shipped while there is no row. One statement."""
    row = LibraryPolicy.objects.first()
    return _policy(row) if row else SHIPPED


def library_state(user: Reader = None) -> tuple[Policy, str]:
    """Return the policy and the epoch of what `user` may read. One statement, two while there is no policy."""
    revisions = Source.objects.visible_to(user).order_by("pk")
    pairs = ArraySubquery(revisions.values(pair=JSONObject(pk="pk", revision="revision")))
    row = LibraryPolicy.objects.annotate(pairs=pairs).first()
    if row is None:
        return SHIPPED, library_epoch(user)
    return _policy(row), _mark((pair["pk"], pair["revision"]) for pair in row.pairs)


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


def popular_questions(*, at: datetime, lang: str | None = None, limit: int = 8) -> tuple[str, ...]:
    """Return the questions answered most often in the latest 30 days, that more than one asker put.

    What only one asked may tell who asked; questions about a node always do, and are left out.
    """
    answered = Answer.objects.filter(
        asked_at__gte=at - timedelta(days=POPULAR_DAYS),
        outcome=Answer.Outcome.COMPLETED,
        node_pubkey="",
        is_abstention=False,
    )
    if lang:
        answered = answered.filter(lang=lang)
    counted = answered.values("question").annotate(askers=Count("unit", distinct=True), times=Count("pk"))
    popular = counted.filter(askers__gt=1).order_by("-times", "question")[:limit]
    return tuple(row["question"] for row in popular)


def recent_answers(
    user: Reader, *, unit: str = "", node_pubkey: str = "", limit: int = 10
) -> tuple[dict[str, Any], ...]:
    """Return the latest answers of this asker, newest first, under the names that the `answer` event uses.

    With a signed-in user the user decides, else the unit, which must not be empty. With a key: those about that node.
    """
    if user is not None and user.pk is not None:
        rows = Answer.objects.filter(user_id=user.pk)
    elif unit:
        rows = Answer.objects.filter(user__isnull=True, unit=unit)
    else:
        return ()
    if node_pubkey:
        rows = rows.filter(node_pubkey=node_pubkey)
    answered = rows.filter(outcome=Answer.Outcome.COMPLETED).order_by("-asked_at")[:limit]
    return tuple(_answer(row) for row in answered)


def answer_exists(answer_id: UUID, *, user: Reader) -> bool:
    """Tell whether there is such an answer that `user` may speak of: their own, or one without an owner."""
    own = Q(user__isnull=True)
    if user is not None and user.pk is not None:
        own |= Q(user_id=user.pk)
    return Answer.objects.filter(own, pk=answer_id).exists()


def answer_generation(answer_id: UUID) -> UUID | None:
    """Return the generation that said this answer; None where no model spoke, or it was kept from before."""
    return Answer.objects.filter(pk=answer_id).values_list("generation_id", flat=True).first()


def purposes_without_prompt(purposes: Sequence[str], *, lang: str) -> tuple[str, ...]:
    """Return those of `purposes` that have no active prompt in `lang`."""
    active = set(PromptRevision.objects.filter(is_active=True, lang=lang).values_list("purpose", flat=True))
    return tuple(purpose for purpose in purposes if purpose not in active)


def _policy(row: LibraryPolicy) -> Policy:
    return Policy(top_k=row.top_k, least_cosine=row.confidence_threshold, answer_ttl_s=row.answer_ttl_s)


def _mark(revisions: Iterable[tuple[int, int]]) -> str:
    return hashlib.sha256(json.dumps([list(pair) for pair in revisions]).encode()).hexdigest()[:16]


def _answer(row: Answer) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "answer_id": str(row.pk),
        "question": row.question,
        "asked_at": row.asked_at,
        "lang": row.lang,
        "answer": row.text,
        "citations": row.citations,
        "confidence_score": row.confidence,
        "model_used": row.model,
        "degraded": row.is_degraded,
        "abstained": row.is_abstention,
        "cached": row.is_cached,
    }


def _share(part: int, *, of: int) -> float | None:
    return part / of if of else None
