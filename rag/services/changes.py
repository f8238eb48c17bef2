"""Compare documents with what a source holds, batch by batch, and store the difference. Follows renames."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F

from rag.domain.chunking import ChunkSizes
from rag.domain.documents import Outcome, RawDocument, Unread, Untouched, combined_sha256, enclosing
from rag.domain.ingesting import IngestReport
from rag.models import Document, Source
from rag.services.postings import update_source_sums
from rag.services.store import CHANGING, begin_change, chunk_sizes, store_batch

HELD_CHARACTERS = 16_000_000  # of new documents that may be renamed ones; beyond it they count as new
AT_ONCE = 100  # documents in one transaction
TWICE = "Two documents of one source have the same uid; the first was taken. Give each its own."
Pair = tuple[RawDocument, str]  # a document and its hash


@dataclass(slots=True)
class Counts:
    """What has been done so far, in documents and passages."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    renamed: int = 0
    deleted: int = 0
    chunks: int = 0
    flagged: int = 0

    @property
    def has_changed(self) -> bool:
        return bool(self.created or self.updated or self.renamed or self.deleted)


class Changes:
    """One ingestion of one source: what was seen, what failed, what may be a rename. `is_dry`: nothing is stored.

    With `keeps_others` only what stood in one of the `files` that came again, an archive or a list, can be gone.
    """

    def __init__(
        self,
        source: Source,
        *,
        at: datetime,
        keeps_others: bool = False,
        files: frozenset[str] = frozenset(),
        is_dry: bool = False,
    ) -> None:
        self._source, self._at, self._files = source, at, files
        self._documents = Document.objects.filter(source_id=source.pk)
        self._keeps_others, self._is_dry = keeps_others, is_dry
        self._sizes: ChunkSizes | None = None
        self._held: list[Pair] = []
        self._held_characters = 0
        self._untouched: list[str] = []
        self.seen: dict[str, str] = {}
        self.failed: list[Unread] = []
        self.counts = Counts()
        self.is_complete = False

    def take(self, batch: Sequence[Outcome]) -> tuple[int, ...]:
        """Store what is new or changed in `batch`; return the passages that need a vector."""
        documents = self._unseen(batch)
        uids = [raw.uid for raw, _ in documents]
        known = dict(self._documents.filter(uid__in=uids).values_list("uid", "content_sha256")) if uids else {}
        changed = [(raw, sha) for raw, sha in documents if known.get(raw.uid, sha) != sha]
        new = [pair for pair in documents if pair[0].uid not in known]
        self.counts.updated += len(changed)
        self.counts.unchanged += len(documents) - len(changed) - len(new)
        return self._store(changed) + self._create(self._not_renamed(new))

    def complete(self) -> tuple[int, ...]:
        """Follow renames and deletions, now that everything was seen; return the passages that need a vector."""
        self.is_complete = True
        if self._keeps_others and not self._files:
            return ()
        gone = self._gone()
        new = self._rename(gone)
        self._delete([pk for pks in gone.values() for pk in pks])
        return self._create(new)

    def close(self) -> None:
        """Note what the source now holds; a new revision makes every kept answer that rests on it expire.

        What a run that was killed had begun to change counts as changed.
        """
        if self._is_dry:
            return
        combined = combined_sha256(self.seen.values()) if self.is_complete and not self._keeps_others else ""
        source = Source.objects.filter(pk=self._source.pk)
        if self.counts.has_changed or self._source.content_sha256 == CHANGING:
            update_source_sums(self._source.pk)
            source.update(content_sha256=combined, revision=F("revision") + 1, ingested_at=self._at)
        elif self._source.content_sha256 != combined:
            source.update(content_sha256=combined, ingested_at=self._at)

    def report(self) -> IngestReport:
        """Return what was done so far."""
        told = asdict(self.counts)
        return IngestReport(
            source=self._source.slug,
            documents=len(self.seen) + len(self._untouched),
            failed=len(self.failed),
            failures=tuple(self.failed),
            is_complete=self.is_complete,
            **told | {"unchanged": self.counts.unchanged + len(self._untouched)},
        )

    def _unseen(self, batch: Sequence[Outcome]) -> list[Pair]:
        found: list[Pair] = []
        for item in batch:
            if isinstance(item, Unread):
                self.failed.append(item)
            elif isinstance(item, Untouched):
                self._untouched.append(item.uid)
            elif item.uid in self.seen:
                self.failed.append(Unread(item.uid, "duplicate_uid", TWICE))
            else:
                self.seen[item.uid] = item.sha256()
                found.append((item, self.seen[item.uid]))
        return found

    def _not_renamed(self, new: Sequence[Pair]) -> list[Pair]:
        """Return those that are new for sure; the others wait until it is known which documents are gone."""
        if self._keeps_others or not new or self._held_characters > HELD_CHARACTERS:
            return list(new)
        hashes = [sha for _, sha in new]
        twins = set(self._documents.filter(content_sha256__in=hashes).values_list("content_sha256", flat=True))
        held = [pair for pair in new if pair[1] in twins]
        self._held += held
        self._held_characters += sum(len(raw.content) for raw, _ in held)
        return [pair for pair in new if pair[1] not in twins]

    def _gone(self) -> dict[str, list[int]]:
        """Return the documents that were not seen, by hash; those of a file that cannot be read now are kept."""
        spared = {item.uid for item in self.failed} | set(self._untouched)
        gone: defaultdict[str, list[int]] = defaultdict(list)
        for pk, uid, sha in self._documents.values_list("pk", "uid", "content_sha256").iterator():
            if uid not in self.seen and spared.isdisjoint(enclosing(uid)) and self._may_go(uid):
                gone[sha].append(pk)
        return gone

    def _may_go(self, uid: str) -> bool:
        return not self._keeps_others or not self._files.isdisjoint(enclosing(uid))

    def _rename(self, gone: dict[str, list[int]]) -> list[Pair]:
        """Give documents whose text came again their new uid, take them out of `gone`, and return what is left."""
        renamed, new = [], []
        for raw, sha in self._held:
            if pks := gone.get(sha):
                renamed.append(Document(pk=pks.pop(), uid=raw.uid))
            else:
                new.append((raw, sha))
        if renamed and not self._is_dry:
            with transaction.atomic():
                begin_change(self._source)
                Document.objects.bulk_update(renamed, ["uid"], batch_size=500)
        self.counts.renamed += len(renamed)
        self._held = []
        return new

    def _delete(self, pks: Sequence[int]) -> None:
        self.counts.deleted += len(pks)
        for start in range(0, 0 if self._is_dry else len(pks), AT_ONCE):
            with transaction.atomic():
                begin_change(self._source)
                Document.objects.filter(pk__in=pks[start : start + AT_ONCE]).delete()

    def _create(self, new: Sequence[Pair]) -> tuple[int, ...]:
        self.counts.created += len(new)
        return self._store(new)

    def _store(self, pairs: Sequence[Pair]) -> tuple[int, ...]:
        if self._is_dry or not pairs:
            return ()
        self._sizes = self._sizes or chunk_sizes()
        new_ids: list[int] = []
        for start in range(0, len(pairs), AT_ONCE):
            stored = store_batch(self._source, pairs[start : start + AT_ONCE], sizes=self._sizes, at=self._at)
            self.counts.chunks += stored.chunks
            self.counts.flagged += stored.flagged
            new_ids += stored.new_chunk_ids
        return tuple(new_ids)
