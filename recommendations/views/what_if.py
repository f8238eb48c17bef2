"""What if: a node's findings, scores and standing before and after a supposed change. Nothing is stored or counted."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from recommendations.domain.comparing import counts
from recommendations.domain.errors import NetworkNotFound, NodeNotFound
from recommendations.domain.facts import NodeFacts
from recommendations.domain.units import normalize_node_key
from recommendations.domain.what_if import Change, WhatIfRefused
from recommendations.forms.what_if import WhatIfForm
from recommendations.services.what_if import WhatIf, what_if
from recommendations.views.requests import Request

MOST_SUGGESTED = 300  # channels that the field offers; every other may be typed
FIELDS = {"local_ratio": "local_percent"}
BAD_KEY = "A node key has 66 hexadecimal characters and starts with 02 or 03."


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of the node's standing, before and after. None: unknown."""

    label: str
    before: float | int | None
    after: float | int | None
    unit: str = ""

    @property
    def is_same(self) -> bool:
        return self.before == self.after


@require_safe
def what_if_page(request: Request, pubkey: str) -> HttpResponse:
    """Show the node as it would be; to htmx, only what follows from the form."""
    if normalize_node_key(pubkey) is None:
        return render(request, "400.html", {"reason": BAD_KEY}, status=400)
    form = WhatIfForm(request.GET)
    result, changes = _answered(request, pubkey, form)
    context = {
        "form": form,
        "facts": result.before,
        "result": result,
        "is_asked": bool(changes),
        "figures": tuple(_figures(result.before, result.after)),
        "counts": counts(result.pairs),
        "channels": sorted(result.before.channels, key=lambda one: -one.capacity_sat)[:MOST_SUGGESTED],
        "link": form.link,
    }
    template = "recommendations/_what_if_result.html" if request.htmx else "recommendations/what_if.html"
    return render(request, template, context)


def _answered(request: Request, pubkey: str, form: WhatIfForm) -> tuple[WhatIf, tuple[Change, ...]]:
    """Return the answer; to a question that cannot be answered, the node as it is, and the form says why."""
    changes = form.changes if form.is_valid() else ()
    goal = form.cleaned_data.get("goal") or "balanced"
    now = timezone.now()
    try:
        try:
            return what_if(pubkey, changes, user=request.user, goal=goal, at=now), changes
        except WhatIfRefused as exc:
            field = FIELDS.get(exc.field, exc.field)
            form.add_error(field if field in form.fields else None, str(exc))
            return what_if(pubkey, (), user=request.user, goal=goal, at=now), ()
    except (NodeNotFound, NetworkNotFound) as exc:
        raise Http404("There is no such node.") from exc


def _figures(before: NodeFacts, after: NodeFacts) -> Iterator[Figure]:
    """Yield the figures that a change moves. A percentile is the share of nodes that have less."""
    old, new = before.standing, after.standing
    yield Figure("Capacity", before.capacity_sat, after.capacity_sat, "sat")
    yield Figure("Channels", len(before.channels), len(after.channels))
    yield Figure("Concentration (HHI)", _whole(old.hhi), _whole(new.hhi))
    yield Figure("Largest peer", old.largest_peer_share, new.largest_peer_share, "ratio")
    yield Figure("Median fee rate", old.median_fee_ppm, new.median_fee_ppm, "ppm")
    yield Figure("Nodes with less capacity", _share(old.capacity_percentile), _share(new.capacity_percentile), "%")
    yield Figure("Nodes with fewer channels", _share(old.channels_percentile), _share(new.channels_percentile), "%")
    yield Figure("Nodes that are cheaper", _share(old.fee_percentile), _share(new.fee_percentile), "%")


def _whole(value: float | None) -> int | None:
    return None if value is None else round(value)


def _share(percentile: float | None) -> float | None:
    return None if percentile is None else round(percentile, 1)
