"""Where a citation leads: to its passage, highlighted; to where its words stand now; or it says that they are gone."""

import pytest
from django.urls import reverse

from rag.models import Answer, Chunk, Document
from tests.rag.conftest import NOW
from tests.rag.test_library_pages import own_source, page

pytestmark = pytest.mark.django_db


def test_a_citation_leads_to_its_passage_highlighted(client, library):
    passage = Chunk.objects.get(breadcrumb__endswith="> Fee rate")

    response = client.get(reverse("rag:passage", args=[passage.pk]))
    html = page(client, response["Location"].split("#")[0].split("?")[0], passage=passage.pk)

    assert response["Location"].endswith(f"?passage={passage.pk}#passage-{passage.pk}")
    highlighted = html.split(f'id="passage-{passage.pk}"')[1].split("</section>")[0]
    assert "parts per million" in highlighted
    assert "flat charge" not in highlighted
    assert html.count("parts per million") == 1


@pytest.mark.parametrize(
    ("quote", "said"),
    [("flat charge", "What was quoted stands here now."), ("no longer said", "what was quoted is not in it")],
)
def test_a_citation_of_a_text_that_changed_since_leads_to_where_its_words_stand_now(client, library, quote, said):
    now = Chunk.objects.filter(text__contains="flat charge").order_by("ordinal")[0]
    cited = {"number": 1, "chunk_id": 2**40, "document_id": now.document_id, "quote": quote}
    Answer.objects.create(question="?", asked_at=NOW, citations=[cited])

    response = client.get(reverse("rag:passage", args=[2**40]), follow=True)

    place, _ = response.redirect_chain[-1]
    assert said in response.content.decode()
    assert place.split("?")[0] == reverse("rag:document", args=[now.document_id])
    assert place.endswith(f"#passage-{now.pk}") is (quote == "flat charge")


def test_a_citation_of_a_text_one_may_not_read_leads_nowhere(client, reader):
    document = own_source(reader).documents.get()
    Answer.objects.create(question="?", citations=[{"chunk_id": 2**40, "document_id": document.pk, "quote": "peers"}])

    assert client.get(reverse("rag:passage", args=[2**40])).status_code == 404


def test_a_passage_of_another_document_highlights_nothing(client, library):
    document = Document.objects.get(uid="fees.md")
    passage = Document.objects.get(uid="backup.md").chunks.all()[0]

    html = page(client, reverse("rag:document", args=[document.pk]), passage=passage.pk)

    assert 'class="passage' not in html


def test_a_passage_whose_place_is_not_known_stands_above_the_text(client, library):
    passage = Chunk.objects.get(breadcrumb__endswith="> Fee rate")
    Chunk.objects.filter(pk=passage.pk).update(start=None, end=None, text="Other words, parts per million.")

    html = page(client, reverse("rag:document", args=[passage.document_id]), passage=passage.pk)

    assert html.count("parts per million") == 2
    assert f'id="passage-{passage.pk}"' in html


@pytest.mark.parametrize("key", [0, 999_999, 2**63, 2**70])
def test_a_passage_or_document_that_is_not_there_is_not_found(client, library, key):
    assert client.get(f"/library/passages/{key}/").status_code == 404
    assert client.get(f"/library/{key}/").status_code == 404
