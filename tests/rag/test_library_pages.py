"""The library's pages: what there is, who may read it, one passage pointed at, and what is removed on request."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from rag.domain.documents import RawDocument
from rag.models import Answer, Chunk, DeadLetter, Document, Ingestion, Source
from rag.services.ingest import ingest_documents
from tests.page_rules import HOSTILE_ALIASES, blocked_by_policy
from tests.rag.conftest import DOCUMENTS, NOW

pytestmark = pytest.mark.django_db
LIBRARY = "/library/"
NOTE = RawDocument("secret.md", "A secret plan", "# A secret plan\n\nOpen channels to hidden peers first.", origin="x")
LONG = "\n\n".join(f"## Section {n}\n\n{'word ' * 60}number {n}." for n in range(400))


@pytest.fixture
def signed_in(client, reader):
    client.force_login(reader)
    return client


@pytest.fixture
def other(django_user_model):
    return django_user_model.objects.create_user("other")


def own_source(owner, *, name="Notes") -> Source:
    source = Source.objects.create(slug=f"u{owner.pk}-notes", name=name, kind=Source.Kind.UPLOAD, owner=owner)
    ingest_documents(source, (NOTE,), at=NOW)
    return source


def page(client, path, **query) -> str:
    html: str = client.get(path, query).content.decode()
    assert blocked_by_policy(html) == []
    return html


def queries_of(client, path, **query) -> int:
    with CaptureQueriesContext(connection) as captured:
        client.get(path, query)
    return len(captured)


def test_sources_are_listed_with_their_readers_and_counts(signed_in, reader, library):
    own_source(reader)

    html = page(signed_in, LIBRARY)

    assert "Only me" in html
    assert "Everyone, also without signing in" in html
    assert re.search(r"Notes</bdi></a><br><span class=\"faint\">Only me</span></span>.{0,80}1 document<", html, re.S)


@pytest.mark.parametrize("kind", ["stranger", "other", "staff"])
def test_the_source_of_another_exists_nowhere(client, reader, other, library, django_user_model, kind):
    source = own_source(reader)
    document = Document.objects.get(uid="secret.md")
    intake = Ingestion.objects.create(source=source, unit=f"user:{reader.pk}")
    if kind != "stranger":
        staff = django_user_model.objects.create_user("boss", is_staff=True, is_superuser=True)
        client.force_login(other if kind == "other" else staff)

    assert "secret plan" not in page(client, LIBRARY)
    assert "secret plan" not in page(client, LIBRARY, q="open channels to hidden peers")
    assert "secret plan" not in page(client, LIBRARY, source=source.slug)
    for name, key in (
        ("rag:document", document.pk),
        ("rag:source", source.slug),
        ("rag:passage", document.chunks.get().pk),
        ("rag:intake", intake.pk),
        ("rag:remove_document", document.pk),
        ("rag:remove_source", source.slug),
    ):
        assert client.get(reverse(name, args=[key])).status_code in ((302, 404) if kind == "stranger" else (404,)), name
    assert client.post(reverse("rag:remove_document", args=[document.pk])).status_code in (302, 404)
    assert client.post(reverse("rag:remove_source", args=[source.slug])).status_code in (302, 404)
    assert Document.objects.filter(pk=document.pk).exists()


@pytest.mark.parametrize(
    ("query", "shown", "hidden"),
    [
        ({"lang": "fr"}, "Les frais de routage", "Circular rebalancing"),
        ({"lang": "en"}, "Circular rebalancing", "Les frais de routage"),
        ({"source": "tests"}, "Circular rebalancing", "secret plan"),
        ({"lang": "xx", "source": "no such", "page": "x"}, "Circular rebalancing", "The library is empty"),
    ],
)
def test_documents_are_filtered_by_source_and_language(signed_in, reader, library, query, shown, hidden):
    own_source(reader)

    documents = page(signed_in, LIBRARY, **query).split("<tbody>")[1].split("</tbody>")[0]

    assert shown in documents
    assert hidden not in documents


def test_a_filter_without_documents_says_so_and_leads_back(signed_in, library):
    Document.objects.filter(lang="fr").delete()

    assert "No document is in this language" in page(signed_in, LIBRARY, lang="fr")


def test_an_empty_library_names_the_next_step(client, db):
    html = page(client, LIBRARY)

    assert "The library is empty" in html
    assert "manage.py load_knowledge" in html


def test_a_search_tells_why_each_passage_was_found(client, library):
    html = page(client, LIBRARY, q="default base fee")

    assert "Why this passage?" in html
    assert "its words (BM25)" in html
    assert "its meaning (cosine)" in html
    assert reverse("rag:passage", args=[Document.objects.get(uid="fees.md").chunks.all()[0].pk]) in html


def test_a_search_finds_titles_and_topics_as_well(client, library):
    assert "Titles and topics" in page(client, LIBRARY, q="routing")


def test_a_search_stays_in_the_source_and_language_that_are_named(signed_in, reader, library):
    own_source(reader)

    html = page(signed_in, LIBRARY, q="fees and channels", source=f"u{reader.pk}-notes")

    assert "A secret plan" in html
    assert "Routing fees" not in html
    assert "Circular rebalancing" not in page(signed_in, LIBRARY, q="rebalancing", lang="fr")


def test_a_search_for_what_nobody_wrote_says_that_the_passages_do_not_answer(client, library):
    assert "do not seem to hold an answer" in page(client, LIBRARY, q="recipe for strawberry cake")


@pytest.mark.parametrize("passage", ["x", "-1", str(2**70), "1 OR 1=1", "\x00"])
def test_a_passage_that_is_no_number_is_passed_over(client, library, passage):
    document = Document.objects.get(uid="fees.md")

    assert client.get(reverse("rag:document", args=[document.pk]), {"passage": passage}).status_code == 200


def test_a_long_text_is_shown_in_parts_and_the_passage_in_its_own(client, library):
    ingest_documents(library, (*DOCUMENTS, RawDocument("long.md", "Long", LONG, origin="Tests")), at=NOW)
    document = Document.objects.get(uid="long.md")
    passage = document.chunks.filter(text__contains="number 399.")[0]
    path = reverse("rag:document", args=[document.pk])

    first, pointed = page(client, path), page(client, path, passage=passage.pk)

    assert "Part 1 of" in first
    assert "number 399." not in first
    assert "number 399." in pointed.split(f'id="passage-{passage.pk}"')[1].split("</section>")[0]


def test_what_is_known_of_a_text_stands_beside_it(client, library):
    document = Document.objects.get(uid="rebalance.md")
    Document.objects.filter(pk=document.pk).update(
        url="https://example.org/a?b=1", flags=["hidden_text", "role_change"], tags=["fees"]
    )

    html = page(client, reverse("rag:document", args=[document.pk]))

    assert 'href="https://example.org/a?b=1" rel="noopener noreferrer"' in html
    assert "Text that nobody would have seen was removed" in html
    assert "wording that speaks to a model" in html
    assert "2026-11-01" in html


def test_the_passages_that_answers_cited_are_counted(client, library):
    passage = Chunk.objects.get(breadcrumb__endswith="> Fee rate")
    cited = [{"number": 1, "chunk_id": passage.pk, "document_id": passage.document_id}]
    for days, citations in ((1, cited), (2, cited), (200, cited), (1, [{"chunk_id": "x", "document_id": None}])):
        Answer.objects.create(
            question="q", outcome="completed", citations=citations, asked_at=NOW - timedelta(days=days)
        )
    Answer.objects.update(asked_at=NOW)

    html = page(client, reverse("rag:document", args=[passage.document_id]))

    assert re.search(r"#passage-\d+\" dir=\"auto\">Fee rate</a></span><span class=\"soft\">3×", html)


def test_more_documents_sources_and_letters_cost_no_more_queries(signed_in, reader, library):
    own = own_source(reader)
    DeadLetter.objects.create(source=own, uid="first.pdf", code="broken", message="Save it anew.")
    Ingestion.objects.create(source=own, state=Ingestion.State.DONE, report={"created": 1})
    paths: tuple[tuple[str, dict[str, str]], ...] = (
        (LIBRARY, {}),
        (LIBRARY, {"source": "tests"}),
        ("/library/add/", {}),
        (reverse("rag:source", args=[own.slug]), {}),
    )
    before = [queries_of(signed_in, path, **query) for path, query in paths]
    more = tuple(RawDocument(f"more-{n}.md", f"More {n}", "# More\n\nText of it.", origin="Tests") for n in range(8))
    ingest_documents(library, (*DOCUMENTS, *more), at=NOW)
    for number in range(6):
        Source.objects.create(slug=f"s{number}", name=f"Source {number}", kind=Source.Kind.UPLOAD, owner=reader)
        DeadLetter.objects.create(source=own, uid=f"bad-{number}.pdf", code="broken", message="Save it anew.")
        Ingestion.objects.create(source=own, state=Ingestion.State.DONE, report={"created": 1})

    assert [queries_of(signed_in, path, **query) for path, query in paths] == before
    assert max(before) <= 14


def test_hostile_names_stay_text(signed_in, reader, library):
    source = own_source(reader, name=HOSTILE_ALIASES[0])
    Document.objects.filter(source=source).update(title=HOSTILE_ALIASES[1], tags=[HOSTILE_ALIASES[0]])
    DeadLetter.objects.create(source=source, uid=HOSTILE_ALIASES[1], code="broken", message=HOSTILE_ALIASES[0])
    document = Document.objects.get(source=source)

    for path in (LIBRARY, "/library/add/", reverse("rag:source", args=[source.slug]), f"/library/{document.pk}/"):
        html = page(signed_in, path)
        assert "<script>alert" not in html
        assert "<img" not in html


def test_a_document_is_removed_only_after_a_question(signed_in, reader, library):
    source = own_source(reader)
    document = Document.objects.get(source=source)
    path = reverse("rag:remove_document", args=[document.pk])

    asked = page(signed_in, path)
    assert "Remove “" in asked
    assert Document.objects.filter(pk=document.pk).exists()
    response = signed_in.post(path, follow=True)

    assert not Document.objects.filter(pk=document.pk).exists()
    assert "is gone from the library" in response.content.decode()
    assert "secret plan" not in page(signed_in, LIBRARY, q="hidden peers").split("hits")[1]


def test_a_source_is_removed_with_everything_in_it(signed_in, reader, library):
    source = own_source(reader)

    signed_in.post(reverse("rag:remove_source", args=[source.slug]))

    assert not Source.objects.filter(pk=source.pk).exists()
    assert not Document.objects.filter(uid="secret.md").exists()
    assert Document.objects.filter(uid="fees.md").exists()


@pytest.mark.parametrize("kind", [Source.Kind.BUILT_IN, Source.Kind.FOLDER])
def test_what_ships_or_lies_in_a_folder_is_not_removed_on_a_page(client, library, django_user_model, kind):
    client.force_login(django_user_model.objects.create_user("boss", is_staff=True))
    Source.objects.filter(pk=library.pk).update(kind=kind)
    document = Document.objects.get(uid="fees.md")

    assert client.post(reverse("rag:remove_source", args=["tests"])).status_code == 404
    assert client.post(reverse("rag:remove_document", args=[document.pk])).status_code == 404
    assert "Remove…" not in page(client, f"/library/{document.pk}/")


def test_staff_removes_what_is_shared_and_others_do_not(client, reader, library, django_user_model):
    document = Document.objects.get(uid="fees.md")
    path = reverse("rag:remove_document", args=[document.pk])
    client.force_login(reader)
    assert client.post(path).status_code == 404
    client.force_login(django_user_model.objects.create_user("boss", is_staff=True))

    assert client.post(path).status_code == 302
    assert not Document.objects.filter(pk=document.pk).exists()
