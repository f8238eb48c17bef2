"""What optional services said of nodes, and how each of them is. Of services that are switched off, nothing."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Sum

from recommendations.domain.enrichment import NODE_SERVICES, Known, Sourced, Told, merged, own_readings, restored
from recommendations.domain.facts import NodeFacts
from recommendations.models import Enrichment, Node, NodeConnection, NodeView, OutsideReading

VIEWED_DAYS = 2


@dataclass(frozen=True, slots=True)
class ServiceState:
    """How one optional service is, in words for people."""

    slug: str
    name: str
    is_enabled: bool
    is_well: bool | None  # None: it was not asked yet
    answered_at: datetime | None
    message: str


def service_states() -> tuple[ServiceState, ...]:
    """Return every optional service by name. One query."""
    return tuple(
        ServiceState(
            slug=row.slug,
            name=row.name,
            is_enabled=row.is_enabled,
            is_well=None if row.tried_at is None else not row.message,
            answered_at=row.answered_at,
            message=row.message,
        )
        for row in Enrichment.objects.order_by("name")
    )


def outside_readings(pubkey: str) -> tuple[Told, ...]:
    """Return what services that are on said of a node, most trusted first (V2-05). One query."""
    rows = OutsideReading.objects.filter(pubkey=pubkey, enrichment__is_enabled=True, enrichment__slug__in=NODE_SERVICES)
    told = {row.enrichment.slug: row for row in rows.select_related("enrichment")}
    found = (told[slug] for slug in NODE_SERVICES if slug in told)
    return tuple(Told(row.enrichment.name, row.as_of, restored(row.told)) for row in found)


def sourced_facts(facts: NodeFacts) -> dict[Known, Sourced]:
    """Return what is known of a node, each value with its source and as of when: its operator's own data first.

    Nobody is asked: what is kept is read. One query, none for a synthetic network, of which nobody else knows.
    """
    outside = () if facts.network.is_synthetic else outside_readings(facts.pubkey)
    return merged(*own_readings(facts), *outside)


def outside_facts(facts: NodeFacts) -> dict[Known, Sourced]:
    """Return only what neither the operator's data nor the graph tell. One query."""
    own = {told.source for told in own_readings(facts) if told is not None}
    known = sourced_facts(facts)
    return {name: one for name, one in known.items() if one.source is not None and one.source not in own}


def nodes_of_interest(*, at: datetime, limit: int) -> tuple[str, ...]:
    """Return the keys of connected nodes, then of those looked at most these two days. Two queries."""
    real = Node.objects.filter(network__is_synthetic=False, until_snapshot=None)
    live = (NodeConnection.Kind.LND, NodeConnection.Kind.CLN, NodeConnection.Kind.FILES)
    connected = real.filter(connections__kind__in=live).order_by("pk").values_list("pubkey", flat=True).distinct()
    views = NodeView.objects.filter(node__in=real, day__gt=at.date() - timedelta(days=VIEWED_DAYS))
    viewed = views.values_list("node__pubkey", flat=True).annotate(views=Sum("count")).order_by("-views", "node")
    return tuple(dict.fromkeys((*connected[:limit], *viewed[:limit])))[:limit]


def fresh_keys(slug: str, pubkeys: Collection[str], *, since: datetime) -> frozenset[str]:
    """Return which of these nodes a service was asked for since then. One query."""
    rows = OutsideReading.objects.filter(enrichment__slug=slug, pubkey__in=pubkeys, read_at__gt=since)
    return frozenset(rows.values_list("pubkey", flat=True))


def wallet_reading() -> OutsideReading | None:
    """Return what the LNbits wallet held at its latest reading, while LNbits is on. One query."""
    return OutsideReading.objects.filter(pubkey="", enrichment__slug="lnbits", enrichment__is_enabled=True).first()
