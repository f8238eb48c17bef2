"""Handing documents in on the pages: several files, their limits, addresses, progress, and what could not be read."""

import io
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from rag import tasks
from rag.models import DeadLetter, Document, Ingestion, Parcel, Source
from rag.services import handed_in
from rag.services.handed_in import shown_name
from tests.page_rules import HOSTILE_ALIASES, blocked_by_policy

pytestmark = pytest.mark.django_db
ADD = "/library/add/"
MARKDOWN = b"# Peer notes\n\nKeep a list of peers that closed channels without a word."
HTMX = {"HX-Request": "true"}


@pytest.fixture
def signed_in(client, reader):
    client.force_login(reader)
    return client


@pytest.fixture
def staff(client, django_user_model):
    client.force_login(django_user_model.objects.create_user("boss", is_staff=True))
    return client


def hand_in(client, *files, htmx=False, **place):
    uploads = [SimpleUploadedFile(name, content) for name, content in files]
    return client.post(ADD, {"files": uploads, **place}, headers=HTMX if htmx else {})


def taken_in() -> Ingestion:
    """Do the job of the latest intake, as the queue would."""
    intake = Ingestion.objects.order_by("-created_at").first()
    assert intake is not None
    tasks.take_in(ingestion_id=str(intake.pk))
    intake.refresh_from_db()
    return intake


def test_without_scripts_files_go_up_and_the_page_tells_how_far_they_are(signed_in, reader, library):
    response = hand_in(signed_in, ("peers.md", MARKDOWN), ("more.txt", b"Rebalance on Sundays, when fees are low."))

    waiting = signed_in.get(response["Location"]).content.decode()
    assert "Waiting for its turn" in waiting
    assert '<noscript><meta http-equiv="refresh"' in waiting
    intake = taken_in()
    done = signed_in.get(response["Location"]).content.decode()
    assert "2 new" in done
    assert "http-equiv" not in done
    assert blocked_by_policy(waiting) == blocked_by_policy(done) == []
    assert (intake.source.owner, intake.source.name, intake.source.is_public) == (reader, "My documents", False)
    assert set(Document.objects.filter(source=intake.source).values_list("title", flat=True)) >= {"Peer notes"}


def test_htmx_gets_the_part_that_follows_the_work_until_it_is_over(signed_in, library):
    html = hand_in(signed_in, ("peers.md", MARKDOWN), htmx=True).content.decode()

    intake = Ingestion.objects.get()
    path = reverse("rag:intake", args=[intake.pk])
    assert f'hx-get="{path}"' in html
    assert "<html" not in html
    taken_in()
    over = signed_in.get(path, headers=HTMX).content.decode()
    assert "hx-get" not in over
    assert "1 new" in over


def test_htmx_stops_asking_for_an_intake_whose_source_is_gone(signed_in, reader, library):
    hand_in(signed_in, ("peers.md", MARKDOWN))
    path = reverse("rag:intake", args=[Ingestion.objects.get().pk])
    Source.objects.filter(owner=reader).delete()

    response = signed_in.get(path, headers=HTMX)

    assert (response.status_code, "is gone" in response.content.decode()) == (286, True)
    assert signed_in.get(path).status_code == 404


def test_a_running_intake_shows_its_step(signed_in, reader, library):
    hand_in(signed_in, ("peers.md", MARKDOWN))
    Ingestion.objects.update(state="running", step="embed", done=3, total=12)

    html = signed_in.get(reverse("rag:intake", args=[Ingestion.objects.get().pk])).content.decode()

    assert "Embed: 3 of 12" in html
    assert 'max="12" value="3"' in html


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ((), "Choose a file first"),
        (tuple((f"{n}.md", b"# x\n\ny") for n in range(51)), "At most 50 files at once"),
    ],
    ids=["none", "too many"],
)
def test_what_cannot_be_taken_is_refused_with_the_next_step(signed_in, library, files, said):
    page, part = hand_in(signed_in, *files), hand_in(signed_in, *files, htmx=True)

    for response in (page, part):
        assert response.status_code == 400
        assert 'role="alert"' in response.content.decode()
        assert said in response.content.decode()
    assert not Ingestion.objects.exists()


def test_a_file_that_is_too_large_is_left_out_and_named_and_the_others_come_in(signed_in, library, monkeypatch):
    monkeypatch.setattr(handed_in, "MOST_FILE_BYTES", 1000)

    response = hand_in(signed_in, ("big.md", b"x" * 1001), ("peers.md", MARKDOWN))
    html = signed_in.get(response["Location"]).content.decode()

    assert list(Parcel.objects.values_list("name", flat=True)) == ["peers.md"]
    assert "Too large, and left out: big.md" in html


def test_files_that_are_together_too_large_are_left_out(signed_in, library, monkeypatch):
    monkeypatch.setattr(handed_in, "MOST_BYTES", 1000)

    hand_in(signed_in, ("one.md", b"# one\n" * 100), ("two.md", b"# two\n" * 100), ("three.md", b"# three\n" * 10))

    assert list(Parcel.objects.values_list("name", flat=True)) == ["one.md"]


def test_nothing_is_taken_without_the_token_of_the_page(reader, library):
    client = Client(enforce_csrf_checks=True)
    client.force_login(reader)

    assert hand_in(client, ("peers.md", MARKDOWN)).status_code == 403
    assert client.post("/library/add/addresses/", {"addresses": "https://example.org"}).status_code == 403
    token = client.get(ADD).context["csrf_token"]
    assert hand_in(client, ("peers.md", MARKDOWN), csrfmiddlewaretoken=str(token)).status_code == 302


def test_a_stranger_is_asked_to_sign_in(client, library):
    for path in (ADD, "/library/add/addresses/", "/library/retry/"):
        response = client.post(path)
        assert response.status_code == 302
        assert response["Location"].startswith("/signin/")
    assert "Add documents" not in client.get("/library/").content.decode()


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd.md", "passwd.md"),
        ("C:\\Users\\me\\notes.md", "notes.md"),
        ("a\u202emd.exe", "amd.exe"),
        ("\u200b", "file"),
        ("x" * 400 + ".pdf", "x" * 188 + ".pdf"),
        (None, "file"),
    ],
)
def test_the_name_of_a_file_is_a_strangers_text(name, shown):
    assert shown_name(name) == shown


@pytest.mark.parametrize("alias", HOSTILE_ALIASES)
def test_a_hostile_file_name_is_shown_as_text(signed_in, library, alias):
    hand_in(signed_in, (f"{alias}.bin", b"\x00\x01\x02 no text"))
    intake = taken_in()

    html = signed_in.get(reverse("rag:intake", args=[intake.pk])).content.decode()

    assert DeadLetter.objects.count() == 1
    assert "<script>alert" not in html
    assert "<img" not in html
    assert blocked_by_policy(html) == []


def test_what_failed_is_listed_with_the_next_step_and_tried_again_on_request(signed_in, library):
    response = hand_in(signed_in, ("broken.pdf", b"%PDF-1.4 nothing"), ("peers.md", MARKDOWN))
    taken_in()
    letter = DeadLetter.objects.get()

    told = signed_in.get(response["Location"]).content.decode()
    listed = signed_in.get(ADD).content.decode()
    again = signed_in.post("/library/retry/", {"letter": letter.pk})

    for html in (told, listed):
        assert "broken.pdf" in html
        assert letter.message.split(".")[0] in html
        assert f'name="letter" value="{letter.pk}"' in html
    assert "1 new, 1 failed" in told
    assert "1 item could not be taken in" in signed_in.get("/library/").content.decode()
    assert again.status_code == 302
    taken_in()
    letter.refresh_from_db()
    assert letter.tries == 2


@pytest.mark.parametrize("letter", ["", "x", "0", "99999999999999999999999", "-1"])
def test_a_letter_that_is_not_there_is_not_found(signed_in, library, letter):
    assert signed_in.post("/library/retry/", {"letter": letter}).status_code == 404


def test_nobody_tries_the_letters_of_another_again(signed_in, library, django_user_model):
    other = django_user_model.objects.create_user("other")
    source = Source.objects.create(slug="theirs", name="Theirs", kind="upload", owner=other)
    letter = DeadLetter.objects.create(source=source, uid="their.pdf", code="broken", message="Save it anew.")

    assert signed_in.post("/library/retry/", {"letter": letter.pk}).status_code == 404
    assert "their.pdf" not in signed_in.get(ADD).content.decode()
    assert "could not be taken in" not in signed_in.get("/library/").content.decode()


def test_an_archive_brings_each_file_in_it(signed_in, library):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a/one.md", "# One\n\nText of the first.")
        archive.writestr("two.txt", "Text of the second.")

    hand_in(signed_in, ("notes.zip", packed.getvalue()))

    assert taken_in().report["created"] == 2


@pytest.mark.parametrize("audience", ["signed_in", "everybody"])
def test_only_staff_shares_documents(signed_in, library, audience):
    response = hand_in(signed_in, ("peers.md", MARKDOWN), name="For all", audience=audience)

    assert response.status_code == 400
    assert "Only staff" in response.content.decode()
    assert not Source.objects.filter(name="For all").exists()
    assert 'name="audience"' not in signed_in.get(ADD).content.decode()


@pytest.mark.parametrize(("audience", "is_public"), [("signed_in", False), ("everybody", True)])
def test_staff_shares_documents_with_whom_they_choose(staff, library, audience, is_public):
    hand_in(staff, ("peers.md", MARKDOWN), name="For all", audience=audience)

    source = Source.objects.get(name="For all")
    assert (source.owner, source.is_public, source.slug) == (None, is_public, "for-all")


def test_the_second_upload_goes_into_the_same_source(signed_in, reader, library):
    hand_in(signed_in, ("one.md", MARKDOWN), name="Notes!")
    hand_in(signed_in, ("two.md", MARKDOWN), name="notes?")
    source = Source.objects.get(owner=reader)
    hand_in(signed_in, ("three.md", MARKDOWN), source=source.slug)

    assert Parcel.objects.filter(source=source).count() == 3


@pytest.mark.parametrize("name", ["", "  ", "日本語", "x" * 120, "///", "Ünïcödé"])
def test_any_name_makes_a_source_of_ones_own(signed_in, reader, library, name):
    assert hand_in(signed_in, ("peers.md", MARKDOWN), name=name).status_code == 302
    assert Source.objects.get(owner=reader).slug.startswith(f"u{reader.pk}-")


@pytest.mark.parametrize("slug", ["tests", "no-such-source", "library"])
def test_nobody_fills_a_source_that_is_not_theirs(signed_in, library, slug):
    assert hand_in(signed_in, ("peers.md", MARKDOWN), source=slug).status_code == 404
    assert not Parcel.objects.exists()


def test_addresses_are_added_and_read_in_the_background(signed_in, reader, library):
    lines = "https://example.org/one\n\n  https://example.org/two  \nhttps://example.org/one"

    response = signed_in.post("/library/add/addresses/", {"addresses": lines, "name": "Manuals"})

    source = Source.objects.get(owner=reader)
    assert response["Location"] == reverse("rag:intake", args=[Ingestion.objects.get().pk])
    assert (source.kind, source.location.split()) == ("web", ["https://example.org/one", "https://example.org/two"])


@pytest.mark.parametrize("lines", ["", "example.org", "file:///etc/passwd", "javascript:alert(1)", "http://"])
def test_what_is_no_address_is_refused_and_kept_in_the_field(signed_in, library, lines):
    response = signed_in.post("/library/add/addresses/", {"addresses": lines})

    assert response.status_code == 400
    assert 'role="alert"' in response.content.decode()
    assert not Ingestion.objects.exists()


def test_the_addresses_of_a_source_are_read_again_on_request(signed_in, reader, library):
    source = Source.objects.create(slug="u1-web-x", name="X", kind="web", owner=reader, location="https://a.example/")

    response = signed_in.post(reverse("rag:read_again", args=[source.slug]))

    assert response["Location"] == reverse("rag:intake", args=[Ingestion.objects.get().pk])
    assert signed_in.post(reverse("rag:read_again", args=["tests"])).status_code == 404
