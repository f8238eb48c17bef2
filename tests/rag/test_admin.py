"""The administrator sees every table of the floor, and can change what is theirs to change."""

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.forms.models import model_to_dict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from rag.models import Document, LibraryPolicy, PromptRevision, Source
from rag.queries.policy import library_policy

pytestmark = pytest.mark.django_db
TABLES = (
    *("source", "document", "chunk", "glossaryentry", "promptrevision", "answer", "indexversion"),
    "librarypolicy",
)


@pytest.fixture
def administrator(client: Client) -> Client:
    client.force_login(get_user_model().objects.create_superuser("administrator"))
    return client


@pytest.mark.parametrize("table", TABLES)
def test_every_list_page_opens(library: Source, administrator: Client, table: str) -> None:
    assert administrator.get(reverse(f"admin:rag_{table}_changelist")).status_code == 200


@pytest.mark.parametrize("table", ["document", "chunk", "answer"])
def test_what_the_program_writes_cannot_be_added_by_hand(library: Source, administrator: Client, table: str) -> None:
    assert administrator.get(reverse(f"admin:rag_{table}_add")).status_code == 403


def test_the_document_list_costs_the_same_for_any_number(library: Source, administrator: Client) -> None:
    address = reverse("admin:rag_document_changelist")
    administrator.get(address)

    def statements() -> int:
        with CaptureQueriesContext(connection) as captured:
            administrator.get(address)
        return len(captured)

    many = statements()
    Document.objects.filter(uid__in=("backup.md", "frais.md")).delete()

    assert statements() == many


def test_activating_a_revision_acts_at_once(library: Source, administrator: Client) -> None:
    second = PromptRevision.objects.create(purpose="answer", lang="en", text="Other words.")

    response: Any = administrator.post(
        reverse("admin:rag_promptrevision_changelist"),
        {"action": "activate_revision", "_selected_action": [second.pk]},
        follow=True,
    )

    second.refresh_from_db()
    assert response.status_code == 200
    assert second.is_active


def test_two_revisions_of_one_purpose_cannot_both_be_activated(library: Source, administrator: Client) -> None:
    first = PromptRevision.objects.get(purpose="answer", lang="en")
    second = PromptRevision.objects.create(purpose="answer", lang="en", text="Other words.")

    administrator.post(
        reverse("admin:rag_promptrevision_changelist"),
        {"action": "activate_revision", "_selected_action": [first.pk, second.pk]},
    )

    assert list(PromptRevision.objects.filter(purpose="answer", lang="en", is_active=True)) == [first]


def test_the_words_of_a_revision_cannot_be_changed(library: Source, administrator: Client) -> None:
    first = PromptRevision.objects.get(purpose="answer", lang="en")

    administrator.post(reverse("admin:rag_promptrevision_change", args=[first.pk]), {"text": "hacked", "note": "n"})

    first.refresh_from_db()
    assert first.text != "hacked"


def test_the_policy_is_one_row_that_can_be_changed(library: Source, administrator: Client) -> None:
    assert administrator.get(reverse("admin:rag_librarypolicy_add")).status_code == 403
    assert administrator.post(reverse("admin:rag_librarypolicy_delete", args=[1]), {"post": "yes"}).status_code == 403
    address = reverse("admin:rag_librarypolicy_change", args=[1])

    fields = {key: value for key, value in model_to_dict(LibraryPolicy.objects.get()).items() if key != "id"}
    fields["languages"] = ",".join(fields["languages"])
    refused = administrator.post(address, {**fields, "top_k": 21, "confidence_threshold": 1.5, "answer_ttl_s": -1})
    assert refused.status_code == 200
    administrator.post(address, {**fields, "top_k": 4, "confidence_threshold": 0.4, "answer_ttl_s": 60})

    assert (library_policy().top_k, library_policy().least_cosine, library_policy().answer_ttl_s) == (4, 0.4, 60)
    LibraryPolicy.objects.all().delete()
    assert administrator.get(reverse("admin:rag_librarypolicy_add")).status_code == 200
