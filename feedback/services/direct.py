"""What is seen without statistics after advice was applied: the policy as advised, balance moved, fee really paid."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from django.db.models import Count, Q, Sum

from feedback.services.windows import Span
from recommendations.domain.actions import ActionKind
from recommendations.models import ChannelCost, ClosedChannel, FailedForward, PrivateChannel, Recommendation

FEE_KINDS = frozenset({ActionKind.SET_CHANNEL_FEE, ActionKind.CHARGE_LND_RULE})
TERMS = ("base_fee_msat", "fee_ppm")
LIMITS = ("min_htlc_msat", "max_htlc_msat")


@dataclass(frozen=True, slots=True)
class Sight:
    """One thing that was wanted and what is there; `is_met` is None where that cannot be told."""

    name: str
    wanted: float | str | None
    found: float | str | None
    unit: str
    is_met: bool | None


def direct_outcomes(row: Recommendation, span: Span | None) -> list[dict[str, Any]]:
    """Return what is seen now of what was advised. Six statements at most."""
    if row.connection_id is None:
        return []
    channel = PrivateChannel.objects.filter(connection=row.connection_id, scid=row.target).first()
    sights = [*_policy(row, channel), *_standing(row), *_moved(row, channel), *_paid(row)]
    if channel is not None and channel.peer_uptime_ratio is not None:
        sights.append(Sight("peer uptime", None, round(100 * channel.peer_uptime_ratio, 2), "%", None))
    if span is not None:
        sights += _failed(row, span)
    return [asdict(sight) for sight in sights]


def advised(row: Recommendation) -> Mapping[str, Any]:
    """Return the advised values by name, {} for advice without any."""
    parameters = row.payload.get("action_parameters") or {}
    if kind_of(row) == ActionKind.SET_HTLC_LIMITS:
        return {"min_htlc_msat": parameters.get("new_min_msat"), "max_htlc_msat": parameters.get("new_max_msat")}
    new = parameters.get("new")
    return new if isinstance(new, dict) else parameters


def kind_of(row: Recommendation) -> str:
    """Return what kind of action was advised."""
    return str(row.payload.get("action") or "")


def _policy(row: Recommendation, channel: PrivateChannel | None) -> list[Sight]:
    names = TERMS if kind_of(row) in FEE_KINDS else LIMITS if kind_of(row) == ActionKind.SET_HTLC_LIMITS else ()
    there = (channel.own_policy if channel else None) or {}
    wanted = {name: advised(row).get(name) for name in names}
    return [
        Sight(name, value, there.get(name), name.rpartition("_")[2], there[name] == value if name in there else None)
        for name, value in wanted.items()
        if value is not None
    ]


def _standing(row: Recommendation) -> list[Sight]:
    if kind_of(row) == ActionKind.CLOSE_CHANNEL:
        is_closed = ClosedChannel.objects.filter(connection=row.connection_id, scid=row.target).exists()
        return [Sight("channel", "closed", "closed" if is_closed else "open", "", is_closed)]
    if kind_of(row) == ActionKind.OPEN_CHANNEL:
        is_open = PrivateChannel.objects.filter(connection=row.connection_id, peer_pubkey=row.target).exists()
        return [Sight("channel", "open", "open" if is_open else "none", "", is_open)]
    return []


def _moved(row: Recommendation, channel: PrivateChannel | None) -> list[Sight]:
    before = row.payload.get("baseline", {}).get("local_ratios", {}).get(row.target)
    if channel is None or before is None or channel.local_sat is None or channel.remote_sat is None:
        return []
    whole = channel.local_sat + channel.remote_sat
    if whole <= 0:
        return []
    moved = channel.local_sat / whole - before
    return [Sight("local share moved", None, round(100 * moved, 1), "points", None)]


def _paid(row: Recommendation) -> list[Sight]:
    if kind_of(row) != ActionKind.REBALANCE or row.applied_at is None:
        return []
    costs = ChannelCost.objects.filter(
        connection=row.connection_id, kind="rebalance", scid=row.target, at__gte=row.applied_at
    ).aggregate(cost=Sum("cost_msat"), amount=Sum("amount_msat"))
    if not costs["cost"] or not costs["amount"]:
        return []
    paid, most = round(1_000_000 * costs["cost"] / costs["amount"]), advised(row).get("max_fee_ppm")
    return [Sight("rebalance fee", most, paid, "ppm", None if most is None else paid <= most)]


def _failed(row: Recommendation, span: Span) -> list[Sight]:
    known_from = row.connection.failures_from if row.connection else None
    if known_from is None or known_from > span.start:
        return []
    within = FailedForward.objects.filter(connection=row.connection_id, outgoing_scid=row.target, at__lt=span.end)
    counts = within.filter(at__gte=span.start).aggregate(
        before=Count("pk", filter=Q(at__lt=span.applied_at)), after=Count("pk", filter=Q(at__gte=span.applied_at))
    )
    return [
        Sight("failed forwards a day before", None, round(counts["before"] / span.days_before, 2), "", None),
        Sight("failed forwards a day after", None, round(counts["after"] / span.days_after, 2), "", None),
    ]
