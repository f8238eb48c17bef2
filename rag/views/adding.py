"""The pages that fill the library: files and web addresses, how far they are, and what could not be taken in."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from models_registry.api.authentication import unit_of
from rag.domain.errors import RagError
from rag.forms import AUDIENCES, AddressesForm, PlaceForm
from rag.models import Source
from rag.queries.sources import changeable_sources, intake_of, letters_for, letters_of, letters_page
from rag.services import intake as intakes
from rag.services.handed_in import MOST_FILE_BYTES, MOST_FILES, HandedIn, SizeCap, capped, too_large_words
from rag.services.sources import open_source
from rag.views.requests import Request, may_share

NO_FILE = "Choose a file first."
TOO_MANY = f"At most {MOST_FILES} files at once: hand in the others afterwards, or all of them as one zip file."
LETTERS_HERE = 10
GONE = "This intake is gone: its source was removed."
STOP_POLLING = 286  # htmx asks no more


@csrf_exempt  # only until the size of what comes in is limited: the page below demands the token
@login_required
def add(request: Request) -> HttpResponse:
    """Show how documents are handed in; take the files that are."""
    return _add(request, capped(request))


@csrf_protect
@require_http_methods(["GET", "HEAD", "POST"])
def _add(request: Request, cap: SizeCap) -> HttpResponse:
    if request.method != "POST":
        return _page(request)
    form, files = PlaceForm(request.POST), HandedIn(request.FILES.getlist("files"))
    if problem := _problem(form, files, cap):
        return _refused(request, problem, form=form)
    try:
        source = _place(request, form, kind=Source.Kind.UPLOAD)
        intake = intakes.receive(files, source=source, user=request.user, unit=unit_of(request), at=timezone.now())
    except (RagError, PermissionDenied) as exc:
        return _refused(request, _words(exc), form=form)
    if cap.too_large:
        messages.warning(request, too_large_words(cap.too_large))
    return _intake(request, intake) if request.htmx else redirect("rag:intake", intake.pk)


@login_required
@require_POST
def add_addresses(request: Request) -> HttpResponse:
    """Take web addresses and read them in the background."""
    form = AddressesForm(request.POST)
    if not form.is_valid():
        return _refused(request, str(next(iter(form.errors.values()))[0]), form=form)
    try:
        source = _place(request, form, kind=Source.Kind.WEB)
        intake = intakes.add_addresses(
            form.cleaned_data["addresses"],
            source=source,
            user=request.user,
            unit=unit_of(request),
            at=timezone.now(),
        )
    except (RagError, PermissionDenied) as exc:
        return _refused(request, _words(exc), form=form)
    return redirect("rag:intake", intake.pk)


@never_cache
@login_required
@require_safe
def intake(request: Request, key: UUID) -> HttpResponse:
    """Show how far an intake is; to htmx, only the part that changes."""
    found = intake_of(request.user, key=key, unit=unit_of(request), may_share=may_share(request))
    if found is None and request.htmx:
        return render(request, "rag/_refused.html", {"problem": GONE}, status=STOP_POLLING)
    if found is None:
        raise Http404("There is no such intake.")
    if request.htmx:
        return _intake(request, found)
    return render(request, "rag/intake.html", _intake_words(found))


@login_required
@require_POST
def retry(request: Request) -> HttpResponse:
    """Try again what could not be taken in: the letters that are named, of sources the asker may fill."""
    named = [key for key in request.POST.getlist("letter")[:MOST_FILES] if key.isdecimal() and len(key) < 19]
    letters = letters_of(request.user, may_share=may_share(request)).filter(pk__in=map(int, named))
    keys = tuple(letters.values_list("pk", flat=True))
    if not keys:
        raise Http404("There is nothing of yours to try again under this number.")
    try:
        begun = intakes.retry(keys, at=timezone.now(), user=request.user, unit=unit_of(request))
    except RagError as exc:
        messages.error(request, str(exc))
        return redirect("rag:add")
    return redirect("rag:intake", begun[0].pk)


@login_required
@require_POST
def read_again(request: Request, slug: str) -> HttpResponse:
    """Read the addresses of a source again, in the background."""
    source = changeable_sources(request.user, may_share=may_share(request)).filter(slug=slug).first()
    if source is None:
        raise Http404("There is no such source of yours.")
    try:
        begun = intakes.read_again(source, at=timezone.now(), user=request.user, unit=unit_of(request))
    except RagError as exc:
        messages.error(request, str(exc))
        return redirect("rag:source", slug)
    return redirect("rag:intake", begun.pk)


def _page(request: Request, *, status: int = 200, **more: Any) -> HttpResponse:
    """Show the forms with the sources that the asker may fill, and what could not be taken in."""
    shares = may_share(request)
    places = changeable_sources(request.user, may_share=shares)
    context = {
        "uploads": places.filter(kind=Source.Kind.UPLOAD),
        "webs": places.filter(kind=Source.Kind.WEB),
        "audiences": AUDIENCES.items() if shares else (),
        "letters": letters_page(request.user, may_share=shares, size=LETTERS_HERE),
        "most_files": MOST_FILES,
        "most_file_bytes": MOST_FILE_BYTES,
        "most_file_mb": MOST_FILE_BYTES // 1024 // 1024,
        "chosen": request.GET.get("source", "") or request.POST.get("source", ""),
    }
    return render(request, "rag/add.html", {**context, **more}, status=status)


def _refused(request: Request, problem: str, *, form: PlaceForm) -> HttpResponse:
    if request.htmx:
        return render(request, "rag/_refused.html", {"problem": problem}, status=400)
    return _page(request, status=400, problem=problem, form=form)


def _problem(form: PlaceForm, files: HandedIn, cap: SizeCap) -> str:
    """Return what keeps these files from being taken, or nothing."""
    if not form.is_valid():
        return str(next(iter(form.errors.values()))[0])
    if len(files) > MOST_FILES:
        return TOO_MANY
    if not files:
        return too_large_words(cap.too_large) if cap.too_large else NO_FILE
    return ""


def _place(request: Request, form: PlaceForm, *, kind: str) -> Source:
    """Return the source that is named, or the new one that is described.

    :raises Http404: when the asker may fill no such source.
    """
    if slug := form.cleaned_data["source"]:
        found = changeable_sources(request.user, may_share=may_share(request), kind=kind).filter(slug=slug).first()
        if found is None:
            raise Http404("There is no such source.")
        return found
    return open_source(
        form.cleaned_data["name"],
        user=request.user,
        audience=form.audience_wanted,
        may_share=may_share(request),
        kind=kind,
    )


def _words(exc: Exception) -> str:
    return str(exc) or "Only staff may share documents with others. Choose “Only me”."


def _intake(request: Request, found: Any) -> HttpResponse:
    return render(request, "rag/_intake.html", _intake_words(found))


def _intake_words(found: Any) -> dict[str, Any]:
    is_over = found.state in (found.State.DONE, found.State.FAILED)
    return {"intake": found, "is_over": is_over, "letters": letters_for(found) if is_over else ()}
