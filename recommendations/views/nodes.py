"""Search, a node with its advice and channels, and the pieces of a streamed turn."""

import csv
from io import StringIO
from typing import Any

from asgiref.sync import async_to_sync
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from models_registry.api.authentication import unit_of
from models_registry.domain.query_types import QueryType
from rag.queries.answers import recent_answers
from recommendations.domain.advice import fee_label
from recommendations.domain.channel_table import csv_rows, liquidity, shown_columns
from recommendations.domain.errors import (
    AdviceFailed,
    NetworkNotFound,
    NodeNotFound,
)
from recommendations.domain.facts import NodeFacts
from recommendations.domain.units import normalize_node_key
from recommendations.forms import (
    AdviceForm,
    ChannelsForm,
    SearchForm,
    heading,
    link,
    posted_card,
    posted_object,
)
from recommendations.forms.limits import LimitsForm, StanceForm
from recommendations.queries import (
    ChannelFilters,
    ChannelsPage,
    channels_page,
    identify,
    metrics_history,
    search_nodes,
)
from recommendations.queries.connections import own_node
from recommendations.queries.enrichment import outside_facts
from recommendations.queries.pages import latest_run
from recommendations.services.collect import advise_now
from recommendations.services.prepare import AdviceRequest
from recommendations.services.snapshot import node_facts
from recommendations.services.stances import stance_of
from recommendations.services.views_log import record_view
from recommendations.views.requests import Request

SUGGESTIONS = 8
HITS = 50
EVERY_CHANNEL = 100_000
BAD_KEY = "A node key has 66 hexadecimal characters and starts with 02 or 03."


@require_safe
def search(request: Request) -> HttpResponse:
    """Show the nodes that match; to htmx, the suggestions under a search field. A whole key leads to its node."""
    form = SearchForm(request.GET)
    form.is_valid()
    key = normalize_node_key(form.words)
    if key and not request.htmx:
        return redirect("recommendations:node", key)
    try:
        hits = search_nodes(form.words, limit=SUGGESTIONS if request.htmx else HITS)
    except NetworkNotFound:
        hits = ()
    context = {"query": form.words, "hits": hits, "box": request.htmx.target or "suggestion"}
    template = "recommendations/_suggestions.html" if request.htmx else "recommendations/search.html"
    return render(request, template, context)


@require_safe
def node(request: Request, pubkey: str) -> HttpResponse:
    """Show a node; to htmx, only its channels."""
    if normalize_node_key(pubkey) is None:
        return render(request, "400.html", {"reason": BAD_KEY}, status=400)
    if request.htmx and (request.htmx.target or "").startswith("channel"):
        return render(request, "recommendations/_channels.html", _channels(request, pubkey))
    facts = _facts(request, pubkey)
    node_id = identify(facts.pubkey, user=request.user).node_id
    record_view(node_id, day=timezone.now().date())
    run = latest_run(facts.pubkey, user=request.user, network=facts.network.slug)
    context = {
        **_channels(request, facts.pubkey),
        **_figures(facts),
        "facts": facts,
        "history": [(one.as_of, one.capacity_sat) for one in metrics_history(facts.pubkey, user=request.user)],
        "advice_form": AdviceForm(),
        "stance_form": StanceForm(initial={"profile": stance_of(request.user, node_id=node_id).profile}),
        "others": outside_facts(facts),
        "own_node": own_node(facts.pubkey, user=request.user, at=timezone.now()),
        "run": run.summary if run else None,
        "cards": run.cards if run else (),
        "answers": recent_answers(request.user, node_pubkey=facts.pubkey) if request.user.is_authenticated else (),
    }
    return render(request, "recommendations/node.html", context)


@require_safe
def channels_csv(request: Request, pubkey: str) -> HttpResponse:
    """Answer all channels of the node as a file, in the order and with the filter of the page."""
    words = _channel_words(request)
    try:
        page = _channels_page(request, pubkey, {**words, "page": 1}, page_size=EVERY_CHANNEL)
    except (NodeNotFound, NetworkNotFound) as exc:
        raise Http404("There is no such node.") from exc
    text = StringIO()
    csv.writer(text).writerows(csv_rows(page.lines))
    name = f"channels-{pubkey[:12]}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(text.getvalue(), content_type="text/csv; charset=utf-8", headers=headers)


@require_POST
@login_required
def advise(request: Request, pubkey: str) -> HttpResponse:
    """Compute and store advice, then show the node: what the page does without scripts."""
    form = AdviceForm(request.POST)
    words = form.cleaned_data if form.is_valid() else {"analysis_type": "detailed", "goal": "balanced"}
    wanted = AdviceRequest(
        pubkey=pubkey.lower(),
        unit=unit_of(request),
        user=request.user,
        query_type=QueryType(words["analysis_type"]),
        goal=words["goal"],
    )
    try:
        async_to_sync(advise_now)(wanted, at=timezone.now())
    except AdviceFailed as exc:
        messages.error(request, str(exc))
    return redirect(f"{reverse('recommendations:node', args=[wanted.pubkey])}#recommendations")


@require_POST
@login_required
def card(request: Request, pubkey: str) -> HttpResponse:
    """Lay out a recommendation that was streamed to the page. Nothing is read or stored."""
    content = posted_card(request.body)
    if content is None:
        return HttpResponseBadRequest()
    return render(request, "recommendations/_card.html", {"card": content, "is_live": True})


@require_POST
@login_required
def summary(request: Request, pubkey: str) -> HttpResponse:
    """Lay out what closes a streamed turn. Nothing is read or stored."""
    content = posted_object(request.body)
    if content is None:
        return HttpResponseBadRequest()
    return render(request, "recommendations/_summary.html", {"summary": content})


def _facts(request: Request, pubkey: str) -> NodeFacts:
    try:
        return node_facts(pubkey, user=request.user, at=timezone.now())
    except (NodeNotFound, NetworkNotFound) as exc:
        raise Http404("There is no such node.") from exc


def _figures(facts: NodeFacts) -> dict[str, Any]:
    own, earned = facts.standing.median_fee_ppm, facts.private.revenue_msat if facts.private else None
    return {
        "fee_label": None if own is None else fee_label(own, median_ppm=facts.network.median_fee_ppm),
        "revenue_sat": None if earned is None else earned // 1000,
        "liquidity": liquidity(facts.channels),
    }


def _channels(request: Request, pubkey: str) -> dict[str, Any]:
    words = _channel_words(request)
    try:
        page = _channels_page(request, pubkey, words)
    except (NodeNotFound, NetworkNotFound) as exc:
        raise Http404("There is no such node.") from exc
    shows_balance = any(line.local_ratio is not None for line in page.lines)
    shown = shown_columns(has_balance=shows_balance, totals=page.totals)
    columns = [heading(column, words) for column in shown]
    keep = link({**words, "page": None})
    context = {"table": words, "page": page, "columns": columns, "shows_balance": shows_balance, "keep": keep}
    sorts = {column.sort for column in shown}
    return {**context, "sorts": sorts, "limits_form": LimitsForm(), "key": pubkey.lower()}


def _channels_page(request: Request, pubkey: str, words: dict[str, Any], *, page_size: int = 50) -> ChannelsPage:
    return channels_page(
        pubkey,
        user=request.user,
        sort=words["sort"].removeprefix("-"),
        is_descending=words["sort"].startswith("-"),
        page=words["page"],
        filters=ChannelFilters(search=words["q"], only_live=words["live"], by_peer=words["peers"]),
        page_size=page_size,
        at=timezone.now(),
    )


def _channel_words(request: Request) -> dict[str, Any]:
    form = ChannelsForm(request.GET)
    form.is_valid()
    return form.words
