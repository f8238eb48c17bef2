"""The pages that show the library: its documents and sources, one text, one passage in it."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from rag.domain.audience import audience_of
from rag.domain.passages import Retrieval
from rag.domain.reading import part_of, place_of
from rag.forms import AUDIENCES, LANGUAGES, LibraryForm, PassageForm
from rag.models import Chunk, Source
from rag.queries.library import cited_passages, document_page, library_page, passage_of, successor_of
from rag.queries.policy import library_policy
from rag.queries.sources import is_changeable, latest_intakes, letters_of, source_lines, source_of
from rag.services.retrieve import retrieve
from rag.views.requests import may_share

PASSAGES_SHOWN = 12
TITLES_SHOWN = 5
LETTERS_SHOWN = 50
CITED_FOR = timedelta(days=90)


@require_safe
def library(request: HttpRequest) -> HttpResponse:
    """Show the documents, or the passages and titles that fit a search; of one source or language when it is named."""
    form = LibraryForm(request.GET)
    form.is_valid()
    source = source_of(request.user, slug=form.source_slug) if form.source_slug else None
    shares = may_share(request)
    context: dict[str, Any] = {
        "query": form.words,
        "keep": form.keep,
        "lang": form.language,
        "source": source,
        "sources": source_lines(request.user, may_share=shares),
        "audiences": AUDIENCES,
        "languages": LANGUAGES,
        "letters": letters_of(request.user, may_share=shares).count() if request.user.is_authenticated else 0,
    }
    if form.words:
        context["titles"] = _page(request, form, source, search=form.words, size=TITLES_SHOWN)
        context["found"] = _found(request, form, source)
    else:
        context["page"] = _page(request, form, source, number=form.number)
    return render(request, "rag/library.html", context)


@require_safe
def source(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one source: who may read it, what came in and what could not. The latter only to who may fill it."""
    found = source_of(request.user, slug=slug)
    if found is None:
        raise Http404("There is no such source.")
    letters = letters_of(request.user, may_share=may_share(request)).filter(source=found)
    may_change = is_changeable(found, request.user, may_share=may_share(request))
    context = {
        "source": found,
        "audience": AUDIENCES[audience_of(is_public=found.is_public, has_owner=found.owner_id is not None)],
        "is_changeable": may_change,
        "letters": letters[:LETTERS_SHOWN],
        "intakes": latest_intakes(found) if may_change else (),
    }
    return render(request, "rag/source.html", context)


@require_safe
def document(request: HttpRequest, key: int) -> HttpResponse:
    """Show one document, its sections with anchors, and the passage that the address names highlighted."""
    found = document_page(request.user, document_id=key)
    if found is None:
        raise Http404("There is no such document.")
    form = PassageForm(request.GET)
    words = form.cleaned_data if form.is_valid() else {}
    passage = found.chunks.filter(pk=words["passage"]).first() if words.get("passage") else None
    now = timezone.now()
    context = {
        "document": found,
        "passage": passage,
        "part": part_of(found.content, number=words.get("part") or 1, mark=_mark(passage, found.content)),
        "cited": cited_passages(found, since=now - CITED_FOR),
        "is_changeable": is_changeable(found.source, request.user, may_share=may_share(request)),
        "languages": LANGUAGES,
        "now": now,
    }
    return render(request, "rag/document.html", context)


@require_safe
def passage(request: HttpRequest, key: int) -> HttpResponse:
    """Lead to a passage in its document, where a citation points; of a text that changed since, to where it says so."""
    found = passage_of(request.user, chunk_id=key)
    if found is not None:
        return _to_passage(found)
    moved = successor_of(request.user, chunk_id=key)
    if moved is None:
        raise Http404("There is no such passage.")
    document, now = moved
    if now is not None:
        messages.info(request, "This text was changed since the answer was given. What was quoted stands here now.")
        return _to_passage(now)
    messages.warning(request, "This text was changed since the answer was given, and what was quoted is not in it.")
    return redirect("rag:document", document.pk)


def _to_passage(found: Chunk) -> HttpResponse:
    return redirect(f"{reverse('rag:document', args=[found.document_id])}?passage={found.pk}#passage-{found.pk}")


def _page(request: HttpRequest, form: LibraryForm, source: Source | None, **more: Any) -> Any:
    return library_page(request.user, source=source, lang=form.language, **more)


def _found(request: HttpRequest, form: LibraryForm, source: Source | None) -> Retrieval:
    return retrieve(
        form.words,
        k=PASSAGES_SHOWN,
        user=request.user,
        policy=library_policy(),
        sources=(source.pk,) if source else None,
        languages=(form.language,) if form.language else None,
    )


def _mark(passage: Chunk | None, text: str) -> tuple[int, int] | None:
    if passage is None:
        return None
    if passage.start is None or passage.end is None:
        return place_of(passage.text, text)
    return passage.start, passage.end
