"""What advice brought: for each recommendation, by category, in sat, and how far these figures can be trusted."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from feedback.queries import impact as read
from feedback.queries import policy


@require_safe
@login_required
def impact(request: HttpRequest) -> HttpResponse:
    """Show what is known of the effect of advice that this user may see; `?days=28` is the later horizon."""
    rules, now = policy(), timezone.now()
    horizons = sorted({rules.measure_after_days, rules.follow_up_days})
    asked = request.GET.get("days", "")
    days = int(asked) if asked.isdigit() and int(asked) in horizons else horizons[0]
    context = {
        "days": days,
        "horizons": horizons,
        "states": read.state_counts(request.user, at=now),
        "categories": read.category_lines(days_after=days),
        "balance": read.balance(request.user, days_after=days, at=now),
        "best": read.best_reports(request.user),
        "latest": read.latest_reports(request.user),
        "bands": read.bands(request.user, days_after=days),
        "calibrations": read.calibrations(request.user),
        "proposed": read.proposed_weights() if request.user.is_staff else None,
        "is_enabled": rules.is_enabled,
    }
    return render(request, "feedback/impact.html", context)
