"""Files that a node exported, uploaded instead of a connection: stored at once, for their owner alone."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from recommendations.domain.errors import RecommendationsError
from recommendations.forms.connections import LARGEST_FILE_BYTES, NodeFilesForm
from recommendations.services.import_private import FilesReport, import_files
from recommendations.views.requests import Request

LARGEST_MB = LARGEST_FILE_BYTES // 1024**2


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def node_files(request: Request) -> HttpResponse:
    """Show the form; when files are posted, store what they tell and go to the node's page."""
    if request.method != "POST":
        form = NodeFilesForm(initial={"pubkey": request.GET.get("pubkey", "")[:66]})
        return render(request, "recommendations/connections/files.html", {"form": form, "largest_mb": LARGEST_MB})
    form = NodeFilesForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            report = _stored(request, form)
        except RecommendationsError as exc:
            form.add_error(None, str(exc))
        else:
            messages.success(request, _words(report))
            return redirect("recommendations:connection", report.connection_id)
    context = {"form": form, "largest_mb": LARGEST_MB}
    return render(request, "recommendations/connections/files.html", context, status=422)


def _stored(request: Request, form: NodeFilesForm) -> FilesReport:
    contents = [(file.name, file.read()) for file in form.cleaned_data["exported"]]
    return import_files(contents, pubkey=form.cleaned_data["pubkey"], user=request.user, at=timezone.now())


def _words(report: FilesReport) -> str:
    return f"Stored: {report.channels:,} channels, {report.new_forwards:,} new of {report.forwards:,} forwards."
