"""A graph handed in, and the demo network removed."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from recommendations.domain.errors import (
    GraphFileTooLarge,
    NetworkNotFound,
)
from recommendations.forms import (
    GraphUploadForm,
)
from recommendations.queries.pages import upload_of
from recommendations.services import uploads
from recommendations.services.remove_network import remove_network
from recommendations.views.requests import Request, require_staff


@require_POST
@login_required
def upload_graph(request: Request) -> HttpResponse:
    """Take a graph file and queue its import."""
    require_staff(request)
    form = GraphUploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return render(request, "400.html", {"reason": form.errors["file"][0]}, status=400)
    try:
        upload = uploads.receive(form.cleaned_data["file"], user=request.user, at=timezone.now())
    except GraphFileTooLarge as exc:
        return render(request, "400.html", {"reason": str(exc)}, status=413)
    return redirect("recommendations:upload", upload.pk)


@require_safe
@login_required
def upload(request: Request, key: int) -> HttpResponse:
    """Show how far an import is; to htmx, only the part that changes."""
    found = upload_of(key, user=request.user)
    if found is None:
        raise Http404("There is no such upload.")
    template = "recommendations/_upload_state.html" if request.htmx else "recommendations/upload.html"
    return render(request, template, {"upload": found})


@require_POST
@login_required
def remove_demo(request: Request) -> HttpResponse:
    """Remove the demo network with everything that belongs to it."""
    require_staff(request)
    try:
        remove_network("demo")
    except NetworkNotFound:
        messages.warning(request, "The demo network was already gone.")
    else:
        messages.success(request, "The demo network is gone. `manage.py demo_network` brings it back.")
    return redirect("home")
