"""Tracked advice: everything that was recommended, and one of it."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from models_registry.api.authentication import unit_of
from recommendations.domain.errors import (
    RecommendationNotFound,
)
from recommendations.forms import (
    STATE_WORDS,
    InboxForm,
)
from recommendations.queries import (
    recommendation_of,
)
from recommendations.queries.pages import card_of, inbox_counts, inbox_page
from recommendations.services import decide
from recommendations.views.requests import Request


@require_safe
@login_required
def inbox(request: Request) -> HttpResponse:
    """Show everything that was recommended to this user, and what became of it."""
    form = InboxForm(request.GET)
    words = form.cleaned_data if form.is_valid() else {}
    state = words.get("state") or ""
    counts = inbox_counts(request.user)
    tabs = [{"state": "", "label": "All", "count": sum(counts.values()), "is_current": not state}]
    tabs += [
        {"state": one.value, "label": label, "count": counts.get(one, 0), "is_current": state == one}
        for one, label in STATE_WORDS.items()
    ]
    page = inbox_page(request.user, state=state, number=words.get("page") or 1)
    context = {"page": page, "tabs": tabs, "keep": f"{urlencode({'state': state})}&", "words": STATE_WORDS}
    return render(request, "recommendations/inbox.html", context)


@require_safe
@login_required
def detail(request: Request, key: UUID) -> HttpResponse:
    """Show one tracked recommendation, and mark it as seen."""
    try:
        decide.view(key, user=request.user, actor=unit_of(request), at=timezone.now())
        row = recommendation_of(key, user=request.user)
    except RecommendationNotFound as exc:
        raise Http404("There is no such recommendation.") from exc
    return render(
        request, "recommendations/detail.html", {"card": card_of(row), "listed": [row], "row": row, "node": row.node}
    )
