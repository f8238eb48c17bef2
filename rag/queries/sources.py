"""Sources as their readers see them: what is in them, who may read them, what is on its way, what failed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from rag.domain.audience import Audience, audience_of
from rag.models import DeadLetter, Document, Ingestion, Source
from rag.models.sources import SourceQuerySet
from rag.queries.reader import Reader

INTAKES_SHOWN = 10
LETTERS_SHOWN = 50


@dataclass(frozen=True, slots=True)
class SourceLine:
    """One source in a list; `is_changeable` by who asks."""

    slug: str
    name: str
    kind: str
    audience: Audience
    documents: int
    passages: int
    ingested_at: datetime | None
    is_changeable: bool


def source_lines(user: Reader, *, may_share: bool = False) -> tuple[SourceLine, ...]:
    """Return the sources that `user` may read, by name. Two statements."""
    changeable = set(Source.objects.changeable_by(user, may_share=may_share).values_list("pk", flat=True))
    rows = _counted(Source.objects.visible_to(user)).order_by("name", "pk")
    return tuple(_line(row, is_changeable=row.pk in changeable) for row in rows)


def source_of(user: Reader, *, slug: str) -> Source | None:
    """Return a source that `user` may read, with `document_count`, or None."""
    return _counted(Source.objects.visible_to(user)).filter(slug=slug).first()


def readable_keys(user: Reader, *, slugs: Sequence[str]) -> tuple[int, ...]:
    """Return the keys of those of the named sources that `user` may read; the others are as if they were not."""
    return tuple(Source.objects.visible_to(user).filter(slug__in=slugs).values_list("pk", flat=True))


def is_changeable(source: Source, user: Reader, *, may_share: bool) -> bool:
    """Tell whether `user` may fill and remove this source."""
    return Source.objects.changeable_by(user, may_share=may_share).filter(pk=source.pk).exists()


def changeable_sources(user: Reader, *, may_share: bool, kind: str | None = None) -> SourceQuerySet:
    """Return the sources that `user` may fill, by name, with `document_count`; of one kind only when it is named."""
    rows = _counted(Source.objects.changeable_by(user, may_share=may_share)).order_by("name", "pk")
    return rows.filter(kind=kind) if kind else rows


def intake_of(user: Reader, *, key: UUID, unit: str, may_share: bool) -> Ingestion | None:
    """Return an intake into a source that `user` may fill, or one that `unit` asked for; None: none of theirs."""
    found = Ingestion.objects.select_related("source").filter(pk=key).first()
    if found is None:
        return None
    is_asker = found.unit == unit and Source.objects.visible_to(user).filter(pk=found.source_id).exists()
    sources = Source.objects.changeable_by(user, may_share=may_share)
    return found if is_asker or sources.filter(pk=found.source_id).exists() else None


def latest_intakes(source: Source, *, limit: int = INTAKES_SHOWN) -> Sequence[Ingestion]:
    """Return the latest intakes of a source, newest first."""
    return tuple(Ingestion.objects.filter(source=source).select_related("source").order_by("-created_at")[:limit])


def letters_of(user: Reader, *, may_share: bool) -> QuerySet[DeadLetter]:
    """Return what could not be taken in of the sources that `user` may fill, latest first."""
    sources = Source.objects.changeable_by(user, may_share=may_share)
    rows = DeadLetter.objects.filter(source__in=sources).select_related("source")
    return rows.order_by("-latest_at", "-pk")


def letters_page(user: Reader, *, may_share: bool, number: int = 1, size: int = LETTERS_SHOWN) -> Page[Any]:
    """Return one page of what could not be taken in. Two statements."""
    return Paginator(letters_of(user, may_share=may_share), size).get_page(number)


def letters_for(intake: Ingestion) -> tuple[DeadLetter, ...]:
    """Return what this intake could not take in, and nobody has since."""
    failures = intake.report.get("failures") or ()
    uids = [failure["uid"] for failure in failures if isinstance(failure, dict) and "uid" in failure]
    if not uids:
        return ()
    rows = DeadLetter.objects.filter(source_id=intake.source_id, uid__in=uids).select_related("source")
    return tuple(rows.order_by("uid")[:LETTERS_SHOWN])


def _counted(rows: SourceQuerySet) -> SourceQuerySet:
    documents = Document.objects.filter(source=OuterRef("pk")).order_by().values("source")
    return rows.annotate(document_count=Coalesce(Subquery(documents.annotate(n=Count("pk")).values("n")), 0))


def _line(row: Any, *, is_changeable: bool) -> SourceLine:
    return SourceLine(
        slug=row.slug,
        name=row.name,
        kind=row.get_kind_display(),
        audience=audience_of(is_public=row.is_public, has_owner=row.owner_id is not None),
        documents=row.document_count,
        passages=row.chunk_count,
        ingested_at=row.ingested_at,
        is_changeable=is_changeable,
    )
