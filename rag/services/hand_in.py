"""Take in what somebody names at a terminal: a folder, a file, an archive or a web address; or say what would come."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from operator import length_hint
from pathlib import Path

from django.utils.text import slugify

from rag.domain.documents import Outcome, batches
from rag.domain.errors import SourceUnreadable
from rag.domain.ingesting import IngestReport
from rag.models import Ingestion, Source
from rag.services.changes import Changes
from rag.services.fetch import WebPages
from rag.services.ingest import BATCH, BATCH_CHARACTERS, Report, ingest_folder, upload_source
from rag.services.intake import add_addresses, list_addresses, read_again, receive
from rag.services.take_in import read_addresses
from rag.sources.files import Folder

SCHEMES = ("https://", "http://")
NAMELESS = "Give the source a name of letters: --source NAME."


@dataclass(frozen=True, slots=True)
class Order:
    """What was named. `keeps`: nothing is removed from the source, whatever is missing; files always keep others."""

    what: str
    source: str = ""
    name: str = ""
    lang: str = ""
    is_public: bool = False
    keeps: bool = False

    @property
    def is_address(self) -> bool:
        return self.what.startswith(SCHEMES)

    @property
    def path(self) -> Path:
        return Path(self.what).resolve()

    @property
    def kind(self) -> Source.Kind:
        if self.is_address:
            return Source.Kind.WEB
        return Source.Kind.FOLDER if self.path.is_dir() else Source.Kind.UPLOAD

    @property
    def keeps_others(self) -> bool:
        return self.keeps or self.kind != Source.Kind.FOLDER

    @property
    def slug(self) -> str:
        """Return the slug of the source, by default that of the folder's or file's name, or of the host.

        :raises SourceUnreadable: when that leaves nothing.
        """
        default = self.what.split("/")[2] if self.is_address else self.path.stem
        slug = slugify(self.source or default)[:50]
        if not slug:
            raise SourceUnreadable(NAMELESS)
        return slug


def hand_in(order: Order, *, at: datetime, report: Report | None = None) -> IngestReport:
    """Take it in now. A folder's source holds exactly its files afterwards; a file or address is added.

    :raises SourceUnreadable: when there is no such path, or the source is of another kind.
    """
    source = _source(order)
    if order.is_address:
        list_addresses([order.what], source=source)
        return read_addresses(source, at=at, report=report, lang=order.lang)
    return ingest_folder(
        order.path, source=source, at=at, report=report, lang=order.lang, keeps_others=order.keeps_others
    )


def queue(order: Order, *, at: datetime) -> Ingestion:
    """Queue a job that takes it in.

    :raises SourceUnreadable: when there is no such path, or the source is of another kind.
    """
    source = _source(order)
    if order.is_address:
        return add_addresses([order.what], source=source, user=None, unit="", at=at)
    if order.path.is_dir():
        return read_again(source, at=at)
    return receive([(order.path.name, "", order.path.read_bytes())], source=source, user=None, unit="", at=at)


def preview(order: Order, *, at: datetime, report: Report | None = None) -> IngestReport:
    """Read everything, store nothing, and return what taking it in would do.

    :raises SourceUnreadable: when there is no such path.
    """
    source = Source.objects.filter(slug=order.slug).first() or Source(slug=order.slug, kind=order.kind)
    changes = Changes(source, at=at, keeps_others=order.keeps_others, is_dry=True)
    documents = _documents(order, source)
    of, seen = length_hint(documents, 0), 0
    for batch in batches(documents, most=BATCH, most_characters=BATCH_CHARACTERS):
        changes.take(batch)
        seen += len(batch)
        if report:
            report("read", seen, max(of, seen))
    changes.complete()
    return changes.report()


def _documents(order: Order, source: Source) -> Iterable[Outcome]:
    if order.is_address:
        return WebPages(source, [order.what], lang=order.lang)
    return Folder(order.path, lang=order.lang)


def _source(order: Order) -> Source:
    """Return the source that is named, made when it is new; one that a folder was read into is that folder's.

    :raises SourceUnreadable: when it is of another kind, or there is no such path.
    """
    if not (order.is_address or order.path.is_dir() or order.path.is_file()):
        raise SourceUnreadable(f"There is no file or folder {order.path}.")
    name = order.name or order.source or order.slug
    source = upload_source(name, slug=order.slug, kind=order.kind, is_public=order.is_public)
    if order.kind == Source.Kind.FOLDER:
        _follow(source, str(order.path))
    elif source.kind != order.kind:
        raise SourceUnreadable(f"{source} is a source of another kind ({source.get_kind_display()}): --source NAME.")
    return source


def _follow(source: Source, location: str) -> None:
    """Note which folder a source follows.

    :raises SourceUnreadable: when it holds uploads or addresses, which following a folder would remove.
    """
    if source.kind == Source.Kind.WEB or _has_uploads(source):
        raise SourceUnreadable(f"{source} holds uploads or addresses. Give the folder another source: --source NAME.")
    if (source.kind, source.location) != (Source.Kind.FOLDER, location):
        source.kind, source.location = Source.Kind.FOLDER, location
        source.save(update_fields=["kind", "location"])


def _has_uploads(source: Source) -> bool:
    return source.kind == Source.Kind.UPLOAD and source.ingestions.exists()
