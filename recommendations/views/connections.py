"""Connected nodes: connect, check, watch the first reading, change, pause, disconnect. Each is its owner's alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from recommendations.domain.credentials import baking_command, showing_command
from recommendations.domain.errors import ConnectionNotFound, RecommendationsError
from recommendations.domain.readings import Implementation
from recommendations.forms.connections import ChangeForm, ConnectForm
from recommendations.queries.connections import ConnectedNode, connected_node, connected_nodes, holdings
from recommendations.queries.node_weeks import node_weeks
from recommendations.services import connect as connecting
from recommendations.services import sync_node
from recommendations.services.disconnect import disconnect as forget
from recommendations.views.requests import Request

SECRETS = ("credential", "certificate")
COMMANDS = {
    "lnd_command": baking_command(Implementation.LND),
    "lnd_showing_command": showing_command(Implementation.LND),
    "cln_command": baking_command(Implementation.CLN),
}
NOT_YOURS = "There is no such connected node."


@never_cache
@require_safe
@login_required
def connections(request: Request) -> HttpResponse:
    """Show this user's nodes with their state and age; to htmx, only the table."""
    nodes = connected_nodes(request.user, at=timezone.now())
    template = "recommendations/connections/_list.html" if request.htmx else "recommendations/connections/list.html"
    return render(request, template, {"nodes": nodes, "is_any_under_way": any(node.is_under_way for node in nodes)})


@sensitive_post_parameters(*SECRETS)
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def connect(request: Request) -> HttpResponse:
    """Show the form; when it is posted, connect the node and go to its page."""
    form = ConnectForm(request.POST, request.FILES) if request.method == "POST" else ConnectForm()
    if request.method == "POST" and form.is_valid():
        try:
            row = connecting.connect_node(
                form.endpoint, cadence=_cadence(form, usual=connecting.Cadence()), user=request.user, at=timezone.now()
            )
        except RecommendationsError as exc:
            form.add_error(None, str(exc))
        else:
            messages.success(request, "The node is connected. Its first reading has begun.")
            return redirect("recommendations:connection", row.pk)
    return render(request, "recommendations/connections/connect.html", {"form": form, **COMMANDS})


@sensitive_post_parameters(*SECRETS)
@require_POST
@login_required
def check(request: Request) -> HttpResponse:
    """Try a connection and show what it allows; store nothing. To htmx, only the result."""
    form = ConnectForm(request.POST, request.FILES)
    result: dict[str, Any] = {"form": form, **COMMANDS}
    if form.is_valid():
        try:
            result["check"] = connecting.check(form.endpoint)
        except RecommendationsError as exc:
            result["problem"] = str(exc)
    name = "_check.html" if request.htmx else "connect.html"
    return render(request, f"recommendations/connections/{name}", result)


@never_cache
@require_safe
@login_required
def connection(request: Request, key: int) -> HttpResponse:
    """Show one connected node; to htmx, only what changes while it is read."""
    node = _seen(request, key)
    if request.htmx:
        return render(request, "recommendations/connections/_state.html", {"node": node})
    context = {"node": node, "holdings": holdings(key), "weeks": node_weeks(node, at=timezone.now())}
    return render(request, "recommendations/connections/connection.html", context)


@sensitive_post_parameters(*SECRETS)
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def change(request: Request, key: int) -> HttpResponse:
    """Change where a node is reached, what opens it and how often it is read."""
    with _absent_is_404():
        row = connecting.own_connection(key, user=request.user, is_live=True)
    known = {
        "kind": row.kind,
        "address": row.address,
        "certificate": row.certificate,
        "refresh_every_min": row.refresh_every_min,
        "graph_every_h": row.graph_every_h,
    }
    form = ChangeForm({**request.POST.dict(), "kind": row.kind}, request.FILES) if request.method == "POST" else None
    if form is not None and form.is_valid():
        usual = connecting.Cadence(row.refresh_every_min, row.graph_every_h)
        try:
            connecting.change(row, form.endpoint, cadence=_cadence(form, usual=usual), at=timezone.now())
        except RecommendationsError as exc:
            form.add_error(None, str(exc))
        else:
            messages.success(request, "Changed.")
            return redirect("recommendations:connection", key)
    context = {"form": form or ChangeForm(initial=known), "node": _seen(request, key), **COMMANDS}
    return render(request, "recommendations/connections/change.html", context)


@require_POST
@login_required
def sync(request: Request, key: int) -> HttpResponse:
    """Queue a reading now."""
    with _absent_is_404():
        sync_node.ask_for(connecting.own_connection(key, user=request.user, is_live=True), at=timezone.now())
    return redirect("recommendations:connection", key)


@require_POST
@login_required
def pause(request: Request, key: int) -> HttpResponse:
    """Leave a node alone, or read it again as before."""
    with _absent_is_404():
        row = connecting.own_connection(key, user=request.user, is_live=True)
    connecting.pause(row, is_paused=not row.is_paused)
    return redirect("recommendations:connection", key)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def disconnect(request: Request, key: int) -> HttpResponse:
    """Say what goes; when that is confirmed, remove it."""
    node = _seen(request, key)
    if request.method == "POST":
        with _absent_is_404():
            forget(connecting.own_connection(key, user=request.user))
        messages.success(request, "The node is disconnected, and its private data are gone.")
        return redirect("recommendations:connections")
    context = {"node": node, "holdings": holdings(key)}
    return render(request, "recommendations/connections/disconnect.html", context)


def _cadence(form: ConnectForm, *, usual: connecting.Cadence) -> connecting.Cadence:
    return connecting.Cadence(
        refresh_every_min=form.number("refresh_every_min", otherwise=usual.refresh_every_min),
        graph_every_h=form.number("graph_every_h", otherwise=usual.graph_every_h),
    )


def _seen(request: Request, key: int) -> ConnectedNode:
    node = connected_node(key, user=request.user, at=timezone.now())
    if node is None:
        raise Http404(NOT_YOURS)
    return node


@contextmanager
def _absent_is_404() -> Iterator[None]:
    try:
        yield
    except ConnectionNotFound as exc:
        raise Http404(NOT_YOURS) from exc
