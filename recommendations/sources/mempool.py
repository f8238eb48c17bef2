"""Read mempool.space, or one's own mempool: what a transaction costs, and what it says of nodes and the network."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import httpx

from recommendations.domain import enrichment
from recommendations.domain.enrichment import Known, ServiceAt, Told, Value, credible, told_values
from recommendations.domain.onchain import is_credible
from recommendations.domain.source_errors import SourceBroken
from recommendations.sources.enrichment_http import EnrichmentHttp, Part, as_object, told_words

FEES = "/api/v1/fees/recommended"
NETWORK = "/api/v1/lightning/statistics/latest"
NODE = "/api/v1/lightning/nodes/{pubkey}"
WITHIN_AN_HOUR = "hourFee"  # six blocks: what LND aims at by default when it opens or closes
FIELDS = {
    Known.ALIAS: "alias",
    Known.CAPACITY_SAT: "capacity",  # a string
    Known.CHANNEL_COUNT: "active_channel_count",
    Known.OPENED_CHANNELS: "opened_channel_count",
    Known.CLOSED_CHANNELS: "closed_channel_count",
    Known.FIRST_SEEN_AT: "first_seen",
    Known.UPDATED_AT: "updated_at",
    Known.HOSTING: "as_organization",
}


class Mempool:
    """One mempool over an HTTP client that its owner closes. Needs no key."""

    def __init__(self, client: httpx.AsyncClient, service: ServiceAt, *, at: datetime) -> None:
        self._http = EnrichmentHttp(client, service)
        self._name, self._at = service.name, at

    async def fees(self) -> float:
        """Return sat/vB for a confirmation within an hour.

        :raises SourceError: when it is not told.
        """
        answer = await self._http.json(FEES, record="recommended fees")
        raw = as_object(answer, record="recommended fees").get(WITHIN_AN_HOUR)
        rate = enrichment.number(raw, low=0, high=float("inf"))
        if rate is None or not is_credible(rate):
            raise SourceBroken(record="recommended fees", field=WITHIN_AN_HOUR, reason="it is no credible fee rate")
        return rate

    async def network(self) -> Told:
        """Return how large the network is by its count.

        :raises SourceError: when it is not told.
        """
        answer = as_object(await self._http.json(NETWORK, record="network statistics"), record="network statistics")
        latest = as_object(answer.get("latest"), record="network statistics latest")
        names = {Known.CAPACITY_SAT: "total_capacity", Known.CHANNEL_COUNT: "channel_count"}
        as_of = enrichment.moment(latest.get("added")) or self._at
        return Told(self._name, as_of, _values(latest, names))

    async def node(self, pubkey: str) -> Told | None:
        """Return what it says of a node; None when it does not see it."""
        answer = await self._http.json(NODE.format(pubkey=pubkey), record="node")
        if answer is None:
            return None
        row = as_object(answer, record="node")
        if row.get("public_key") != pubkey:
            raise SourceBroken(record="node", field="public_key", reason="it is not the node that was asked for")
        country = row.get("country")
        named = country.get("en") if isinstance(country, dict) else None
        values = _values(row, FIELDS) | told_values({Known.COUNTRY: enrichment.text(named)})
        return Told(self._name, self._at, values)  # counted when asked; `updated_at` is the node's own announcement

    def parts(self, pubkey: str) -> tuple[Part, ...]:
        """Return what there is to check."""
        of_node = (Part("node", "what it says of a node", self.node, (pubkey,), told_words),)
        return (
            Part("on-chain fees", "percentiles of what transactions cost", self.fees, words="{:g} sat/vB".format),
            Part("network", "whether the graph is complete", self.network, words=_network_words, is_needed=False),
            *(of_node if pubkey else ()),
        )


def _network_words(told: Told) -> str:
    channels, capacity_sat = told.values.get(Known.CHANNEL_COUNT), told.values.get(Known.CAPACITY_SAT)
    known = (f"{channels:,} channels" if channels else "", f"{capacity_sat:,} sat" if capacity_sat else "")
    return f"{', '.join(filter(None, known)) or 'nothing'}, as of {told.as_of:%Y-%m-%d}"


def _values(row: Mapping[str, Any], names: Mapping[Known, str]) -> dict[Known, Value]:
    return told_values({known: credible(known, row.get(name)) for known, name in names.items()})
