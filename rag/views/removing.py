"""The pages that take something out of the library: they ask first, then do it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from rag.queries.library import changeable_document
from rag.queries.sources import changeable_sources
from rag.services import intake as intakes
from rag.services.sources import remove_source
from rag.views.requests import Request, may_share


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def document(request: Request, key: int) -> HttpResponse:
    """Ask whether a document is to go; posted, remove it."""
    found = changeable_document(request.user, document_id=key, may_share=may_share(request))
    if found is None:
        raise Http404("There is no such document of yours.")
    if request.method != "POST":
        return render(request, "rag/remove.html", {"document": found, "source": found.source})
    intakes.remove_document(found, at=timezone.now())
    messages.success(request, f"“{found.title}” is gone from the library. Hand it in again to undo this.")
    return redirect("rag:source", found.source.slug)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def source(request: Request, slug: str) -> HttpResponse:
    """Ask whether a source is to go with all its documents; posted, remove it."""
    found = changeable_sources(request.user, may_share=may_share(request)).filter(slug=slug).first()
    if found is None:
        raise Http404("There is no such source of yours.")
    if request.method != "POST":
        return render(request, "rag/remove.html", {"source": found})
    remove_source(found)
    messages.success(request, f"“{found.name}” is gone with everything in it. Hand the files in again to undo this.")
    return redirect("rag:library")
