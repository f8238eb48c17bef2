"""Take an operator's word on a recommendation: applied, dismissed, taken back, useful or not. Answers page and htmx."""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST
from django_htmx.middleware import HtmxDetails

from feedback.domain.errors import RatingInvalid, TargetNotFound
from feedback.forms import AppliedForm, DismissForm, ThumbForm
from feedback.models import Rating
from feedback.services.rate import rate
from models_registry.api.authentication import unit_of
from recommendations.domain.errors import MoveNotAllowed, RecommendationNotFound
from recommendations.services import decide

Move = Callable[[], object]


class Request(HttpRequest):
    """A request as django-htmx's middleware hands it on."""

    htmx: HtmxDetails


@require_POST
@login_required
def apply(request: Request, key: UUID) -> HttpResponse:
    """Mark it as applied by hand, with a note."""
    form = AppliedForm(request.POST)
    note = form.cleaned_data["note"] if form.is_valid() else ""
    return _decided(request, partial(decide.apply, key, note=note, **_who(request)))


@require_POST
@login_required
def dismiss(request: Request, key: UUID) -> HttpResponse:
    """Dismiss it, with a reason."""
    form = DismissForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    return _decided(request, partial(decide.reject, key, reason=reason, **_who(request)))


@require_POST
@login_required
def undo(request: Request, key: UUID) -> HttpResponse:
    """Take the mark back."""
    return _decided(request, partial(decide.undo, key, **_who(request)))


@require_POST
@login_required
def rate_recommendation(request: Request, key: UUID) -> HttpResponse:
    """Store a thumb on a recommendation, or take it back."""
    return _rated(request, Rating.Target.RECOMMENDATION, key)


@require_POST
@login_required
def rate_answer(request: Request, key: UUID) -> HttpResponse:
    """Store a thumb on an answer, or take it back."""
    return _rated(request, Rating.Target.ANSWER, key)


def _rated(request: Request, target: Rating.Target, key: UUID) -> HttpResponse:
    form = ThumbForm(request.POST)
    words: dict[str, Any] = {"thumb": form.cleaned_data["thumb"]} if form.is_valid() else {"thumb": ""}
    try:
        vote = rate(target, str(key), unit=unit_of(request), user=request.user, at=timezone.now(), **words)
    except TargetNotFound as exc:
        raise Http404(str(exc)) from exc
    except RatingInvalid as exc:
        return render(request, "400.html", {"reason": str(exc)}, status=400)
    if not request.htmx:
        return _back(request)
    return render(request, "feedback/_thumbs.html", {"id": key, "of": target, "vote": vote.thumb if vote else None})


def _decided(request: Request, move: Move) -> HttpResponse:
    try:
        row = move()
    except RecommendationNotFound as exc:
        raise Http404(str(exc)) from exc
    except MoveNotAllowed as exc:
        if request.htmx:
            return render(request, "feedback/_refused.html", {"problem": str(exc)})
        messages.error(request, str(exc))
        return _back(request)
    if not request.htmx:
        return _back(request)
    return render(request, "feedback/_decision.html", {"card": row, "has_focus": True})


def _who(request: Request) -> dict[str, Any]:
    return {"user": request.user, "actor": unit_of(request), "at": timezone.now()}


def _back(request: Request) -> HttpResponse:
    """Return to the page the form stood on, when it is one of ours."""
    start = f"{request.scheme}://{request.get_host()}/"
    came_from = request.headers.get("Referer", "")
    return redirect(came_from if came_from.startswith(start) else "recommendations:inbox")
