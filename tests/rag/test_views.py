"""The pages of the knowledge floor: open to read, asked by who is signed in, safe whatever a document holds."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from rag.domain.documents import RawDocument
from rag.models import Answer, Document, Source
from rag.services.ingest import ingest_documents
from rag.templatetags.prose import anchor
from tests.page_rules import HOSTILE_ALIASES, blocked_by_policy
from tests.rag.conftest import DOCUMENTS, NOW

pytestmark = pytest.mark.django_db
QUESTION = "What is the default base fee?"


@pytest.fixture
def signed_in(client, reader):
    client.force_login(reader)
    return client


@pytest.mark.django_db(transaction=True)
def test_without_scripts_a_question_is_answered_with_numbered_sources(signed_in, library):
    html = signed_in.post(reverse("rag:ask"), {"question": QUESTION}, follow=True).content.decode()

    answer = Answer.objects.get()
    assert QUESTION in html
    assert "base fee" in answer.text
    assert f'id="s-{answer.pk}-1"' in html
    assert f'href="#s-{answer.pk}-1"' in html
    assert blocked_by_policy(html) == []


def test_a_stranger_may_read_but_not_ask(client, library):
    response = client.post(reverse("rag:ask"), {"question": QUESTION})

    assert response.status_code == 400
    assert b"Sign in to ask" in response.content
    assert client.get(reverse("rag:ask")).status_code == 200
    assert not Answer.objects.exists()


@pytest.mark.parametrize("question", ["", "  ", "hi", "x" * 2001])
def test_a_question_that_cannot_be_asked_is_explained_and_kept(signed_in, library, question):
    response = signed_in.post(reverse("rag:ask"), {"question": question})

    assert response.status_code == 400
    assert b'role="alert"' in response.content


def test_nobody_sees_the_questions_of_another(signed_in, library, django_user_model):
    other = django_user_model.objects.create_user("other")
    Answer.objects.create(question="What of my secret node?", user=other, unit=f"user:{other.pk}", outcome="completed")

    assert "secret node" not in signed_in.get(reverse("rag:ask")).content.decode()


def test_a_streamed_answer_comes_back_laid_out(signed_in, library):
    said = {
        "answer_id": "a1",
        "answer": f"It is 1,000 msat [1]. {HOSTILE_ALIASES[0]}",
        "citations": [{"number": 1, "breadcrumb": "Fees > Base fee", "quote": HOSTILE_ALIASES[1], "document_id": 3}],
        "degraded": True,
        "note": "",
        "confidence_score": 0.5,
    }

    html = signed_in.post(
        reverse("rag:answer_fragment"), json.dumps(said), content_type="application/json"
    ).content.decode()

    assert 'href="#s-a1-1"' in html
    assert "/library/3/#base-fee" in html
    assert "<script" not in html
    assert "<img" not in html
    assert "No local model answered" in html


@pytest.mark.parametrize("body", ["", "[]", "x" * 500_000])
def test_what_is_no_answer_is_refused(signed_in, library, body):
    assert signed_in.post(reverse("rag:answer_fragment"), body, content_type="application/json").status_code == 400


def test_the_library_lists_documents_and_finds_passages(client, library):
    listed = client.get(reverse("rag:library")).content.decode()
    found = client.get(reverse("rag:library"), {"q": "default base fee"}).content.decode()

    assert "Circular rebalancing" in listed
    document = Document.objects.get(uid="fees.md")
    assert any(reverse("rag:passage", args=[key]) in found for key in document.chunks.values_list("pk", flat=True))
    assert "Passages for" in found


def test_a_citation_of_a_section_points_at_a_heading_that_is_there(client, library):
    document = Document.objects.get(uid="fees.md")

    html = client.get(reverse("rag:document", args=[document.pk])).content.decode()

    assert all(
        f'id="{anchor(breadcrumb)}"' in html
        for breadcrumb in document.chunks.values_list("breadcrumb", flat=True)
        if breadcrumb.count(" > ") >= 2
    )


def test_a_hostile_document_is_shown_as_text(client, library):
    text = "# Fees\n\n" + "\n\n".join(HOSTILE_ALIASES) + "\n\n[x](javascript:alert(1))"
    ingest_documents(library, (*DOCUMENTS, RawDocument("hostile.md", HOSTILE_ALIASES[0], text, origin="Tests")), at=NOW)
    document = Document.objects.get(uid="hostile.md")

    html = client.get(reverse("rag:document", args=[document.pk])).content.decode()

    assert blocked_by_policy(html) == []
    assert "<script>alert" not in html


def test_a_document_of_a_closed_source_does_not_exist_for_strangers(client, library):
    document = Document.objects.get(uid="fees.md")
    Source.objects.filter(pk=library.pk).update(is_public=False)

    assert client.get(reverse("rag:document", args=[document.pk])).status_code == 404
    assert client.get(reverse("rag:document", args=[999_999])).status_code == 404


def test_more_documents_cost_no_more_queries(client, library):
    def count():
        with CaptureQueriesContext(connection) as captured:
            client.get(reverse("rag:library"))
        return len(captured)

    before = count()
    more = tuple(RawDocument(f"more-{n}.md", f"More {n}", "# More\n\nText of it.", origin="Tests") for n in range(12))
    ingest_documents(library, (*DOCUMENTS, *more), at=NOW)

    assert count() == before
