"""The pages of the models floor, for staff: what models do right now, and the ledger as a file."""

from collections.abc import AsyncGenerator, Callable
from functools import partial, wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django_htmx.middleware import HtmxDetails

from models_registry.domain import sheet
from models_registry.domain.errors import RolloutMoveNotAllowed
from models_registry.forms import OUTCOMES, PERIODS, UsageForm
from models_registry.queries import usage as queries
from models_registry.queries.rollouts import history, rollout_view, rollouts_shown
from models_registry.queries.shadows import shadow_views
from models_registry.queries.usage import UsageFilter
from models_registry.services import queue, ramp, turns
from models_registry.services.borrow import borrowing, give_back
from models_registry.services.ramp import Cause


class Request(HttpRequest):
    """A request as django-htmx's middleware hands it on."""

    htmx: HtmxDetails


View = Callable[..., HttpResponseBase]
SEEN = "seen"
MOVES: dict[str, Callable[..., object]] = {
    "start": ramp.start,
    "step": ramp.step,
    "override": partial(ramp.step, is_override=True),
    "hold": ramp.hold,
    "resume": ramp.resume,
    "roll_back": ramp.roll_back,
}


def staff_only(view: View) -> View:
    """Ask strangers to sign in; refuse who is signed in but no staff."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **named: Any) -> HttpResponseBase:
        if not request.user.is_staff:
            raise PermissionDenied
        return view(request, *args, **named)

    return login_required(checked)


@never_cache
@require_safe
@staff_only
def usage(request: Request) -> HttpResponse:
    """Show the latest choices and what models do right now; to htmx, only what changes."""
    form = _form(request)
    now = timezone.now()
    wanted = form.wanted(at=now)
    page = queries.choices_page(wanted, number=form.number)
    context = {
        "now": now,
        "page": page,
        "choices": [queries.choice(row) for row in page.object_list],
        "uses": queries.model_uses(wanted),
        "hosts": queries.hosts(),
        "breakers": queries.unusual_breakers(),
        "turns": turns.running(),
        "lines": [line for line in queue.lines() if line.running or line.waiting],
        "keep": _kept(form),
    }
    if request.htmx:
        return render(request, "models_registry/_usage.html", context)
    context |= {
        "periods": PERIODS,
        "outcomes": OUTCOMES,
        "period": form.period_name,
        "wanted": wanted,
        "offered": queries.offered(wanted),
    }
    return render(request, "models_registry/usage.html", context)


@require_safe
@staff_only
def usage_csv(request: HttpRequest) -> StreamingHttpResponse:
    """Send the ledger as a file, with the filter of the page: every field of every row, written as it is read."""
    wanted = _form(request).wanted(at=timezone.now())
    headers = {"Content-Disposition": 'attachment; filename="generations.csv"', "Cache-Control": "no-store"}
    give_back()  # the rows are read in threads of their own
    return StreamingHttpResponse(_sheet(wanted), content_type="text/csv; charset=utf-8", headers=headers)


@require_POST
@staff_only
def stop_turn(request: HttpRequest, key: UUID) -> HttpResponse:
    """Stop a running turn, whoever began it."""
    turns.stop(key, unit=f"user:{request.user.pk}", is_staff=True)
    return redirect("models_registry:usage")


@never_cache
@require_safe
@staff_only
def rollouts(request: HttpRequest) -> HttpResponse:
    """Show every experiment: what it changes, where it stands, and what it proved."""
    now = timezone.now()
    views = [rollout_view(row, at=now) for row in rollouts_shown()]
    return render(request, "models_registry/rollouts.html", {"views": views})


@never_cache
@require_safe
@staff_only
def rollout(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one rollout: share, units per arm, evidence over time, gates, the shadow, and its history."""
    row = get_object_or_404(rollouts_shown(), slug=slug)
    shown = {"view": rollout_view(row, at=timezone.now()), "history": history(row), "shadows": shadow_views(row)}
    return render(request, "models_registry/rollout.html", shown)


@require_POST
@staff_only
def move_rollout(request: HttpRequest, slug: str, move: str) -> HttpResponse:
    """Make one move by hand, and say what came of it."""
    row = get_object_or_404(rollouts_shown(), slug=slug)
    if not request.user.has_perm("models_registry.change_rollout"):
        raise PermissionDenied
    cause = Cause(request.user.get_username(), request.POST.get("why", "").strip() or "By hand.", timezone.now())
    try:
        if move == SEEN:
            ramp.see(user_id=int(request.user.pk or 0), at=cause.at, rollout=slug)
        elif move in MOVES:
            MOVES[move](row.pk, cause=cause)
            messages.success(request, "Done. It acts on the next request.")
        else:
            raise Http404
    except RolloutMoveNotAllowed as exc:
        messages.warning(request, str(exc))
    return redirect("models_registry:rollout", slug=slug)


async def _sheet(wanted: UsageFilter) -> AsyncGenerator[bytes, None]:
    yield sheet.lines([queries.LEDGER_FIELDS])
    rows = await borrowing(queries.ledger_batch, wanted)
    while rows:
        yield sheet.lines(rows)
        rows = await borrowing(queries.ledger_batch, wanted, after=rows[-1])


def _form(request: HttpRequest) -> UsageForm:
    form = UsageForm(request.GET)
    form.is_valid()
    return form


def _kept(form: UsageForm) -> str:
    """Return the filter as the beginning of a link's query."""
    named = {name: form.cleaned_data.get(name) for name in ("period", "outcome", "model", "purpose")}
    kept = urlencode({name: value for name, value in named.items() if value})
    return f"{kept}&" if kept else ""
