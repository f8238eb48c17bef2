"""The administrator's view of what comes in: progress, letters to try again, sources to read again or remove."""

import pytest
from django.urls import reverse
from django_q.models import OrmQ

from rag.models import DeadLetter, Document, Ingestion, Parcel, Source

pytestmark = pytest.mark.django_db


@pytest.fixture
def letter(library: Source) -> DeadLetter:
    parcel = Parcel.objects.create(source=library, name="broken.pdf", content=b"%PDF" * 1000)
    return DeadLetter.objects.create(source=library, uid="broken.pdf", parcel=parcel, code="broken", message="Save it.")


def act(client, table: str, action: str, *keys: object):
    path = reverse(f"admin:rag_{table}_changelist")
    return client.post(path, {"action": action, "_selected_action": [str(key) for key in keys]}, follow=True)


def test_intakes_are_listed_with_their_progress(admin_client, library):
    Ingestion.objects.create(source=library, state="running", step="embed", done=3, total=9, report={"created": 2})

    html = admin_client.get(reverse("admin:rag_ingestion_changelist")).content.decode()

    assert 'max="9" value="3"' in html
    assert "data-live" in html
    assert "2 created" in html


def test_letters_show_how_much_waits_but_not_what(admin_client, letter):
    listed = admin_client.get(reverse("admin:rag_deadletter_changelist")).content.decode()
    one = admin_client.get(reverse("admin:rag_deadletter_change", args=[letter.pk])).content.decode()

    for html in (listed, one):
        assert "3.9\xa0KB" in html
        assert "%PDF" not in html


def test_a_letter_is_tried_again(admin_client, letter):
    html = act(admin_client, "deadletter", "retry", letter.pk).content.decode()

    assert "1 item queued for another try" in html
    assert OrmQ.objects.get().task["func"] == "rag.tasks.take_in"


def test_a_folder_is_read_again_and_an_upload_says_why_not(admin_client, library):
    folder = Source.objects.create(slug="folder", name="Folder", kind="folder", location="/nowhere")

    html = act(admin_client, "source", "read_again", folder.pk, library.pk).content.decode()

    assert "1 source queued" in html
    assert "no origin that can be read again" in html
    assert Ingestion.objects.get().source == folder


def test_a_source_goes_with_everything_in_it_after_a_summary(admin_client, library):
    path = reverse("admin:rag_source_delete", args=[library.pk])

    asked = admin_client.get(path).content.decode()
    admin_client.post(path, {"post": "yes"})

    assert "its documents, passages, vectors" in asked
    assert not Document.objects.exists()


def test_the_page_of_a_source_explains_who_may_read_it(admin_client, library):
    html = admin_client.get(reverse("admin:rag_source_change", args=[library.pk])).content.decode()

    assert "every signed-in user may search it" in html
    assert "Readable without login" in html
