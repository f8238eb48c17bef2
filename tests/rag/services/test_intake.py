"""What people hand in becomes documents: file by file, with a letter for each that fails, and nothing done twice."""

import io
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import AnonymousUser
from django_q.models import OrmQ

from rag.domain.errors import AddressRefused, DocumentTooLarge, SourceUnreadable
from rag.models import Chunk, ChunkEmbedding, DeadLetter, Document, Ingestion, Parcel, Source
from rag.services import intake
from rag.services.ingest import ingest_folder
from rag.services.refresh import refresh_due
from rag.services.take_in import give_up, take_in
from tests.rag.conftest import NOW
from tests.rag.sources.pdfs import pdf_of

pytestmark = pytest.mark.django_db
NOTE = b"# Note\n\nA channel holds sats on both sides.\n"
BROKEN = b"---\ntitle: [unclosed\n---\n# A\n"


@pytest.fixture
def uploads(db: None) -> Source:
    return Source.objects.create(slug="uploads", name="Uploads", kind=Source.Kind.UPLOAD)


def handed_in(source: Source, *files: tuple[str, bytes]) -> Ingestion:
    """Hand files in, and carry the job out."""
    row = intake.receive(
        [(name, "", content) for name, content in files], source=source, user=AnonymousUser(), unit="u", at=NOW
    )
    take_in(row.pk, at=NOW)
    row.refresh_from_db()
    return row


def uids(source: Source) -> set[str]:
    return set(source.documents.values_list("uid", flat=True))


def test_files_wait_as_parcels_and_a_job_is_queued(uploads: Source, reader) -> None:
    row = intake.receive([("a.md", "text/markdown", NOTE)], source=uploads, user=reader, unit="u", at=NOW)

    assert (row.state, row.requested_by, row.unit) == ("queued", reader, "u")
    assert bytes(Parcel.objects.get(ingestion=row).content) == NOTE
    assert [job.task["func"] for job in OrmQ.objects.all()] == ["rag.tasks.take_in"]
    assert uids(uploads) == set()


def test_taken_in_files_are_searchable_and_their_bytes_are_gone(uploads: Source) -> None:
    row = handed_in(uploads, ("a.md", NOTE), ("h.pdf", pdf_of([["Fees are paid per payment.", "By the sender."]])))

    assert (row.state, row.report["created"], row.report["failed"]) == ("done", 2, 0)
    assert row.finished_at
    assert uids(uploads) == {"a.md", "h.pdf"}
    assert not Parcel.objects.exists()
    passages = Chunk.objects.filter(document__source=uploads)
    assert passages.filter(breadcrumb__endswith="p. 1").exists()
    assert ChunkEmbedding.objects.filter(source=uploads).count() == passages.count()


def test_an_upload_removes_nothing_and_a_file_of_the_same_name_takes_its_place(uploads: Source) -> None:
    handed_in(uploads, ("a.md", NOTE), ("b.md", b"# B\n\nOther words.\n"))

    row = handed_in(uploads, ("a.md", NOTE.replace(b"both", b"two")))

    assert (row.report["updated"], row.report["deleted"]) == (1, 0)
    assert uids(uploads) == {"a.md", "b.md"}
    assert "two sides" in Document.objects.get(uid="a.md").content


def test_a_file_that_fails_has_a_letter_and_the_others_are_taken_in(uploads: Source) -> None:
    row = handed_in(uploads, ("good.md", NOTE), ("bad.md", BROKEN), ("p.png", b"\x89PNG\x00"))

    letters = {letter.uid: letter for letter in DeadLetter.objects.all()}
    assert row.state == "done"
    assert (row.report["created"], row.report["failed"]) == (1, 2)
    assert {item["uid"] for item in row.report["failures"]} == {"bad.md", "p.png"}
    assert set(letters) == {"bad.md", "p.png"}
    assert (letters["bad.md"].tries, letters["bad.md"].state) == (1, "waiting")
    assert letters["bad.md"].next_at == NOW + timedelta(minutes=10)
    assert letters["bad.md"].message.endswith(".")
    assert set(Parcel.objects.values_list("name", flat=True)) == {"bad.md", "p.png"}


def test_the_third_failure_gives_up_and_a_person_may_try_again(uploads: Source) -> None:
    handed_in(uploads, ("bad.md", BROKEN))
    for minutes in (11, 200):
        refresh_due(at=NOW + timedelta(minutes=minutes))
        take_in(Ingestion.objects.filter(state="queued").get().pk, at=NOW + timedelta(minutes=minutes))

    letter = DeadLetter.objects.get()
    assert (letter.state, letter.tries, letter.next_at) == ("dead", 3, None)
    assert refresh_due(at=NOW + timedelta(days=9)) == (0, 0, 0)

    (row,) = intake.retry([letter.pk], at=NOW)
    take_in(row.pk, at=NOW)

    letter.refresh_from_db()
    assert (letter.state, letter.tries) == ("dead", 4)


def test_success_takes_the_letter_and_the_bytes_away(uploads: Source) -> None:
    handed_in(uploads, ("note.md", BROKEN))

    handed_in(uploads, ("note.md", NOTE))

    assert not DeadLetter.objects.exists()
    assert not Parcel.objects.exists()
    assert uids(uploads) == {"note.md"}


def test_what_is_no_longer_in_an_archive_goes_when_it_comes_again_and_other_files_stay(uploads: Source) -> None:
    def zipped(*names: str) -> bytes:
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w") as archive:
            for name in names:
                archive.writestr(name, f"# {name}\n\nA base fee of {name}.\n")
        return target.getvalue()

    handed_in(uploads, ("other.md", NOTE), ("x.zip", zipped("a.md", "b.md")), ("x.zip.zip", zipped("c.md")))

    row = handed_in(uploads, ("x.zip", zipped("a.md")))

    assert uids(uploads) == {"other.md", "x.zip/a.md", "x.zip.zip/c.md"}
    assert row.report["deleted"] == 1


def test_a_member_that_fails_keeps_the_whole_archive_for_the_next_try(uploads: Source) -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("a.md", NOTE)
        archive.writestr("bad.md", BROKEN)

    handed_in(uploads, ("x.zip", target.getvalue()))
    letter = DeadLetter.objects.get()
    (row,) = intake.retry([letter.pk], at=NOW)
    take_in(row.pk, at=NOW)

    letter.refresh_from_db()
    assert uids(uploads) == {"x.zip/a.md"}
    assert (letter.uid, letter.tries) == ("x.zip/bad.md", 2)
    assert letter.parcel is not None
    assert letter.parcel.name == "x.zip"


def test_a_job_that_is_delivered_twice_does_nothing_twice(uploads: Source) -> None:
    row = handed_in(uploads, ("a.md", NOTE))
    vectors = set(ChunkEmbedding.objects.values_list("pk", flat=True))

    take_in(row.pk, at=NOW)

    assert set(ChunkEmbedding.objects.values_list("pk", flat=True)) == vectors


def test_an_intake_whose_worker_died_is_taken_up_and_a_living_one_is_not(uploads: Source) -> None:
    names = ("dead.md", "alive.md")
    rows = [intake.receive([(name, "", NOTE)], source=uploads, user=None, unit="", at=NOW) for name in names]
    Ingestion.objects.filter(pk=rows[0].pk).update(state="running", alive_at=NOW - timedelta(minutes=5))
    Ingestion.objects.filter(pk=rows[1].pk).update(state="running", alive_at=NOW - timedelta(seconds=5))
    OrmQ.objects.all().delete()

    resumed, _, _ = refresh_due(at=NOW)
    for row in rows:
        take_in(row.pk, at=NOW)

    assert resumed == 1
    assert [Ingestion.objects.get(pk=row.pk).state for row in rows] == ["done", "running"]
    assert uids(uploads) == {"dead.md"}


def test_a_long_intake_goes_on_in_slices(uploads: Source) -> None:
    files = [(f"{number}.md", "", b"# Note %d\n\nA channel holds sats.\n" % number) for number in range(60)]
    row = intake.receive(files, source=uploads, user=None, unit="", at=NOW)

    slices = 0
    while Ingestion.objects.get(pk=row.pk).state != "done":
        take_in(row.pk, at=NOW, slice_s=0.0)
        slices += 1
        assert slices < 10
        assert Ingestion.objects.get(pk=row.pk).state != "failed"

    assert slices > 1
    assert len(uids(uploads)) == 60


def test_an_unexpected_end_is_told(uploads: Source) -> None:
    row = intake.receive([("a.md", "", NOTE)], source=uploads, user=None, unit="", at=NOW)

    give_up(row.pk)

    row.refresh_from_db()
    assert row.state == "failed"
    assert row.message.endswith("Try again.")


def test_a_document_is_removed_with_its_passages(uploads: Source) -> None:
    handed_in(uploads, ("a.md", NOTE), ("b.md", b"# B\n\nOther words.\n"))
    revision = Source.objects.get(pk=uploads.pk).revision

    intake.remove_document(Document.objects.get(uid="a.md"), at=NOW)

    uploads.refresh_from_db()
    assert uids(uploads) == {"b.md"}
    assert uploads.chunk_count == Chunk.objects.filter(document__source=uploads).count() == 1
    assert uploads.revision == revision + 1


def test_removing_a_document_keeps_what_others_changed_in_its_source_meanwhile(db: None) -> None:
    source = Source.objects.create(slug="w", name="W", kind=Source.Kind.WEB, location="https://a.example/")
    document = Document.objects.create(source=source, uid="https://a.example/", title="A", content="words")
    Source.objects.filter(pk=source.pk).update(location="https://a.example/\nhttps://b.example/", revision=7)

    intake.remove_document(document, at=NOW)

    source.refresh_from_db()
    assert (source.location, source.revision) == ("https://b.example/", 8)


def test_what_follows_its_files_takes_no_uploads_and_loses_no_document(tmp_path: Path) -> None:
    folder = Source.objects.create(slug="f", name="F", kind=Source.Kind.FOLDER, location=str(tmp_path))
    (tmp_path / "a.md").write_bytes(NOTE)
    ingest_folder(tmp_path, source=folder, at=NOW)

    with pytest.raises(SourceUnreadable):
        intake.receive([("a.md", "", NOTE)], source=folder, user=None, unit="", at=NOW)
    with pytest.raises(SourceUnreadable):
        intake.remove_document(Document.objects.get(source=folder), at=NOW)


def test_too_large_a_file_keeps_none_of_them(uploads: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "MOST_BYTES", 100)

    with pytest.raises(DocumentTooLarge, match=r"big\.md"):
        intake.receive([("a.md", "", NOTE), ("big.md", "", NOTE * 9)], source=uploads, user=None, unit="", at=NOW)

    assert not Parcel.objects.exists()
    assert not Ingestion.objects.exists()


def test_a_folder_is_read_again_when_it_is_due(tmp_path: Path) -> None:
    folder = Source.objects.create(
        slug="f", name="F", kind=Source.Kind.FOLDER, location=str(tmp_path), refresh_every_h=24
    )
    (tmp_path / "a.md").write_bytes(NOTE)

    assert refresh_due(at=NOW)[2] == 1
    take_in(folder.ingestions.get().pk, at=NOW)
    (tmp_path / "a.md").unlink()
    soon, later = refresh_due(at=NOW + timedelta(hours=23)), refresh_due(at=NOW + timedelta(hours=25))
    take_in(folder.ingestions.filter(state="queued").get().pk, at=NOW + timedelta(hours=25))

    assert (soon[2], later[2]) == (0, 1)
    assert uids(folder) == set()


def test_a_folder_that_is_gone_fails_and_keeps_its_documents(tmp_path: Path) -> None:
    folder = Source.objects.create(slug="f", name="F", kind=Source.Kind.FOLDER, location=str(tmp_path / "x"))
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "a.md").write_bytes(NOTE)
    take_in(intake.read_again(folder, at=NOW).pk, at=NOW)
    (tmp_path / "x" / "a.md").unlink()
    (tmp_path / "x").rmdir()

    row = intake.read_again(folder, at=NOW)
    take_in(row.pk, at=NOW)

    row.refresh_from_db()
    assert row.state == "failed"
    assert "no file or folder" in row.message
    assert uids(folder) == {"a.md"}


@pytest.mark.parametrize("address", ["ftp://x.org/a", "javascript:alert(1)", "https://", "https://u:p@x.org/", "x y"])
def test_what_is_no_web_address_is_named_and_not_listed(address: str) -> None:
    web = Source.objects.create(slug="w", name="W", kind=Source.Kind.WEB)

    with pytest.raises(AddressRefused):
        intake.add_addresses(["https://example.org/a", address], source=web, user=None, unit="", at=NOW)

    web.refresh_from_db()
    assert web.location == ""
