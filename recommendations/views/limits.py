"""What an operator sets on a node's page: how bold advice may be, and limits of the channels picked in the table."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from recommendations.domain.errors import NetworkNotFound, NodeNotFound
from recommendations.domain.findings.profiles import Profile
from recommendations.forms import ChannelsForm, link
from recommendations.forms.limits import LimitsForm, StanceForm
from recommendations.queries import ChannelFilters, NodeIdentity, channels_page, identify
from recommendations.services.stances import choose_profile, set_limits
from recommendations.views.requests import Request

EVERY_CHANNEL = 100_000


@require_POST
@login_required
def profile(request: Request, pubkey: str) -> HttpResponse:
    """Keep how bold the advice for this node may be."""
    form, node = StanceForm(request.POST), _node(request, pubkey)
    if form.is_valid():
        chosen = Profile(form.cleaned_data["profile"])
        choose_profile(chosen, owner=request.user, node_id=node.node_id)
        messages.success(request, f"Advice for this node is {chosen} from now on.")
    else:
        messages.error(request, "Choose conservative, balanced or aggressive.")
    return redirect(f"{reverse('recommendations:node', args=[node.pubkey])}#recommendations")


@require_POST
@login_required
def limits(request: Request, pubkey: str) -> HttpResponse:
    """Set the limits of the channels picked in the table, or of all that fit its filter."""
    form, node = LimitsForm(request.POST), _node(request, pubkey)
    if form.is_valid():
        scids = _chosen(request, form, node)
        count = set_limits(scids, form.edit(), owner=request.user, node_id=node.node_id)
        _tell(request, count)
    else:
        messages.error(request, " ".join(str(text) for texts in form.errors.values() for text in texts))
    table = ChannelsForm(request.POST)
    table.is_valid()
    return redirect(f"{reverse('recommendations:node', args=[node.pubkey])}?{link(table.words)}#channels")


def _chosen(request: Request, form: LimitsForm, node: NodeIdentity) -> tuple[str, ...]:
    """Return which of the node's channels are meant; what is none of them is left out."""
    table = ChannelsForm(request.POST)
    table.is_valid()
    is_all, words = form.cleaned_data["is_all"], table.words
    filters = ChannelFilters(search=words["q"], only_live=words["live"]) if is_all else ChannelFilters()
    page = channels_page(node.pubkey, user=request.user, filters=filters, page_size=EVERY_CHANNEL)
    present = tuple(line.scid for line in page.lines)
    picked = frozenset(form.picked(request.POST.getlist("scid")))
    return present if is_all else tuple(scid for scid in present if scid in picked)


def _tell(request: Request, count: int) -> None:
    if count:
        messages.success(request, f"Limits kept for {count} channel{'' if count == 1 else 's'}.")
    else:
        messages.error(request, "Pick channels in the table first.")


def _node(request: Request, pubkey: str) -> NodeIdentity:
    try:
        return identify(pubkey, user=request.user)
    except (NodeNotFound, NetworkNotFound) as exc:
        raise Http404("There is no such node.") from exc
