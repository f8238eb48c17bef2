"""The pages of the models floor, for staff: what models do right now, and the ledger as a file."""

from collections.abc import AsyncGenerator, Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django_htmx.middleware import HtmxDetails

from models_registry.domain import sheet
from models_registry.forms import OUTCOMES, PERIODS, UsageForm
from models_registry.queries import usage as queries
from models_registry.queries.usage import UsageFilter
from models_registry.services import queue, turns
from models_registry.services.borrow import borrowing, give_back


class Request(HttpRequest):
    """A request as django-htmx's middleware hands it on."""

    htmx: HtmxDetails


View = Callable[..., HttpResponseBase]


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
