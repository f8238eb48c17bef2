"""Alerts of one's own nodes: listed, marked as read, and how one wants to hear of them."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from recommendations.domain.errors import AlertNotFound
from recommendations.forms.alerts import AlertChoiceForm, AlertsForm, first_values
from recommendations.queries.alerts import alert_counts, alerts_page
from recommendations.services.choose_alerts import choice_of, choose, mark_read, webhook_shown
from recommendations.services.deliver import EMAIL, is_mail_set_up
from recommendations.services.send_alerts import is_quiet, send_test
from recommendations.views.requests import Request

WAY_WORDS = {"webhook": "the webhook", "email": "e-mail"}


@require_safe
@login_required
def alerts(request: Request) -> HttpResponse:
    """Show what happened to one's nodes, what is still so first."""
    form = AlertsForm(request.GET)
    words = form.cleaned_data if form.is_valid() else {}
    show = words.get("show") or ""
    context = {
        "page": alerts_page(request.user, only_open=show != "all", number=words.get("page") or 1),
        "counts": alert_counts(request.user),
        "show": show,
        "keep": f"{urlencode({'show': show})}&" if show else "",
        "now": timezone.now(),
    }
    return render(request, "recommendations/alerts.html", context)


@require_POST
@login_required
def read(request: Request, key: int) -> HttpResponse:
    """Mark one alert as read."""
    try:
        mark_read(request.user, key=key, at=timezone.now())
    except AlertNotFound as exc:
        raise Http404("There is no such alert.") from exc
    return redirect("recommendations:alerts")


@require_POST
@login_required
def read_all(request: Request) -> HttpResponse:
    """Mark every alert as read."""
    mark_read(request.user, at=timezone.now())
    return redirect("recommendations:alerts")


@sensitive_post_parameters("webhook")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def settings(request: Request) -> HttpResponse:
    """Show and keep how one wants to hear of alerts. A new webhook's signing key is shown this once."""
    user, signing_key = cast(User, request.user), None
    form = AlertChoiceForm(request.POST or None, initial=first_values(choice_of(user)))
    if request.method == "POST" and form.is_valid():
        signing_key = choose(user, form.wanted)
        if signing_key is None:
            messages.success(request, "Your choice is kept.")
            return redirect("recommendations:alert_settings")
    choice = choice_of(user)
    context = {
        "form": form if form.errors else AlertChoiceForm(initial=first_values(choice)),
        "choice": choice,
        "webhook": webhook_shown(choice),
        "signing_key": signing_key,
        "is_mail_set_up": is_mail_set_up(),
        "is_quiet": is_quiet(choice, at=timezone.now()),
        "counts": alert_counts(user),
    }
    return render(request, "recommendations/alert_settings.html", context, status=400 if form.errors else 200)


@require_POST
@login_required
def test(request: Request) -> HttpResponse:
    """Send a test by every way that is chosen, and say what became of it."""
    outcomes = send_test(cast(User, request.user), at=timezone.now())
    if not outcomes:
        messages.warning(request, "Nothing is chosen yet: enter a webhook or an e-mail address first.")
    for outcome in outcomes:
        way = WAY_WORDS[outcome.way]
        if outcome.trouble:
            messages.error(request, f"The test did not arrive by {way}. {outcome.trouble}")
        else:
            taken = "was handed to the mail server" if outcome.way == EMAIL else "was taken by the webhook"
            messages.success(request, f"The test {taken}.")
    return redirect("recommendations:alert_settings")
