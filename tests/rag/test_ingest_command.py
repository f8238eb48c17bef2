"""The ingest command: what it takes, what it reports as JSON, and with which status it ends."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from rag.models import DeadLetter, Document, Source
from rag.services import intake
from tests.rag.conftest import NOW

pytestmark = pytest.mark.django_db


def test_the_ingest_command_reports_as_json(library: Source, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(
        "---\ntitle: A\ntags: [x]\nupdated: 2026-01-05\n---\n# A\n\nA text about channels.\n"
    )
    out = StringIO()

    call_command("ingest", str(tmp_path), "--source", "My notes", "--json", stdout=out)

    report = json.loads(out.getvalue().splitlines()[-1])
    assert (report["source"], report["created"], report["embedded"]) == ("my-notes", 1, 1)
    row = Document.objects.get(source__slug="my-notes")
    assert (row.title, row.tags, str(row.dated_at)) == ("A", ["x"], "2026-01-05")


@pytest.mark.parametrize(
    ("header", "named"),
    [
        ("title: [unclosed", "YAML"),
        ("sources: 5", "sources"),
        ("updated: soon", "updated"),
        ("sources: [{url: x}]", "name"),
    ],
)
def test_a_broken_front_matter_names_file_and_field(library: Source, tmp_path: Path, header: str, named: str) -> None:
    (tmp_path / "bad.md").write_text(f"---\n{header}\n---\n# A\ntext\n")

    (tmp_path / "good.md").write_text("# Good\n\nA text about channels.\n")
    out = StringIO()

    with pytest.raises(CommandError, match=r"1 failed") as failed:
        call_command("ingest", str(tmp_path), "--source", "bad", stdout=out)

    letter = DeadLetter.objects.get(source__slug="bad")
    assert failed.value.returncode == 1
    assert "bad.md" in out.getvalue()
    assert letter.uid == "bad.md"
    assert named in letter.message
    assert Document.objects.filter(source__slug="bad").count() == 1


def test_a_dry_run_stores_nothing_and_says_what_would_come(tmp_path: Path, db: None) -> None:
    (tmp_path / "a.md").write_text("# A\n\nA text about channels.\n")
    (tmp_path / "bad.md").write_text("---\ntitle: [unclosed\n---\n# A\n")
    out = StringIO()

    with pytest.raises(CommandError):
        call_command("ingest", str(tmp_path), "--source", "dry", "--dry-run", "--json", stdout=out)

    report = json.loads(out.getvalue().splitlines()[-1])
    assert (report["created"], report["failed"], report["embedded"]) == (1, 1, 0)
    assert not Source.objects.filter(slug="dry").exists()
    assert not DeadLetter.objects.exists()


def test_the_command_follows_renames_and_deletions_and_embeds_nothing_again(tmp_path: Path, db: None) -> None:
    def run(*given: str) -> dict[str, object]:
        out = StringIO()
        call_command("ingest", str(tmp_path), "--source", "notes", "--json", *given, stdout=out)
        return dict(json.loads(out.getvalue().splitlines()[-1]))

    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.md").write_text(f"# Note {name}\n\nA text about channels and {name}.\n")
    first, second = run(), run()
    (tmp_path / "a.md").rename(tmp_path / "z.md")
    (tmp_path / "b.md").unlink()
    kept, third = run("--keep"), run()

    source = Source.objects.get(slug="notes")
    assert (first["created"], first["embedded"], second["embedded"], second["unchanged"]) == (3, 3, 0, 3)
    assert (kept["deleted"], third["deleted"], third["embedded"]) == (0, 2, 0)
    assert set(source.documents.values_list("uid", flat=True)) == {"z.md", "c.md"}
    assert (source.kind, source.location) == (Source.Kind.FOLDER, str(tmp_path))


def test_the_command_leaves_the_work_to_the_queue_when_told_so(tmp_path: Path, db: None) -> None:
    (tmp_path / "a.md").write_text("# A\n\nA text about channels.\n")
    out = StringIO()

    call_command("ingest", str(tmp_path / "a.md"), "--source", "later", "--queue", "--json", stdout=out)

    told = json.loads(out.getvalue().splitlines()[-1])
    assert (told["source"], told["state"]) == ("later", "queued")
    assert not Document.objects.filter(source__slug="later").exists()


def test_a_folder_does_not_replace_uploads(tmp_path: Path, db: None) -> None:
    source = Source.objects.create(slug="mine", name="Mine", kind=Source.Kind.UPLOAD)
    intake.receive([("a.md", "", b"# A\n\nwords\n")], source=source, user=None, unit="", at=NOW)

    with pytest.raises(CommandError, match="another source"):
        call_command("ingest", str(tmp_path), "--source", "mine")
