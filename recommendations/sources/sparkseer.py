"""Read Sparkseer: centrality ranks and fee medians of a node. It knows no uptime, success rate or revenue.

Its answers are an object or a list of one, single values sometimes in a list of their own. Its public series stood
still from February 2025: everything carries its own date, and nothing depends on it.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import httpx

from recommendations.domain import enrichment
from recommendations.domain.enrichment import Known, ServiceAt, Told, Value, credible, told_values
from recommendations.domain.source_errors import SourceBroken, SourceRefused
from recommendations.sources.enrichment_http import MOST_LIST_BYTES, EnrichmentHttp, Part, as_object, told_words

SUMMARY = "/v1/stats/ln-summary-ts"
CENTRALITIES = "/v1/stats/centralities"
CURRENT = "/v1/node/current-stats/{pubkey}"
HISTORY = "/v1/node/historical/{pubkey}"
SUGGESTED = "/v1/services/suggested-fees"
NO_KEY = "Sparkseer tells this for a key only. Enter yours in the admin, or leave it: ranks need none."
FIELDS = {
    Known.ALIAS: "alias",
    Known.CAPACITY_SAT: "total_capacity",
    Known.CHANNEL_COUNT: "num_channels",
    Known.MEDIAN_CHANNEL_SAT: "median_channel_capacity",
    Known.MEDIAN_FEE_PPM: "median_outbound_fee_rate",
    Known.MEDIAN_BASE_FEE_MSAT: "median_outbound_base_fee",
    Known.MEDIAN_INBOUND_FEE_PPM: "median_inbound_fee_rate",
    Known.BETWEENNESS_RANK: "betweenness_rank",
    Known.CLOSENESS_RANK: "closeness_rank",
    Known.EIGENVECTOR_RANK: "eigenvector_rank",
    Known.UPDATED_AT: "last_update",
}
RANKS = {
    Known.BETWEENNESS_RANK: "cent_between_rank",
    Known.CLOSENESS_RANK: "cent_close_rank",
    Known.EIGENVECTOR_RANK: "cent_eigen_rank",
}


class Sparkseer:
    """Sparkseer over an HTTP client that its owner closes."""

    def __init__(self, client: httpx.AsyncClient, service: ServiceAt, *, at: datetime) -> None:
        headers = {"api-key": service.key} if service.key else {}
        self._http = EnrichmentHttp(client, service, headers=headers)
        self._name, self._has_key, self._at = service.name, bool(service.key), at

    @property
    def has_key(self) -> bool:
        return self._has_key

    async def node(self, pubkey: str) -> Told | None:
        """Return what it says of a node today; None when it does not know it. Needs a key."""
        answer = await self._keyed(CURRENT.format(pubkey=pubkey), record="current stats")
        if answer in (None, [], {}):
            return None
        row = as_object(answer, record="current stats")
        if _plain(row.get("pubkey")) != pubkey:
            raise SourceBroken(record="current stats", field="pubkey", reason="it is not the node that was asked for")
        return Told(self._name, self._at, _values(row, FIELDS))

    async def centralities(self) -> Mapping[str, Told]:
        """Return the ranks of every node by its key. Needs no key of ours."""
        answer = await self._http.json(CENTRALITIES, record="centralities", most_bytes=MOST_LIST_BYTES)
        rows = answer.get("centralities") if isinstance(answer, dict) else answer
        if not isinstance(rows, list):
            raise SourceBroken(record="centralities", field="centralities", reason="it is no list")
        found = (self._ranks(row) for row in rows if isinstance(row, dict))
        return {pubkey: told for pubkey, told in found if pubkey and told.values}

    async def summary_as_of(self) -> datetime:
        """Return the newest day of its series of the network: how far behind it is. Needs no key."""
        answer = await self._http.json(SUMMARY, record="network summary", most_bytes=MOST_LIST_BYTES)
        rows = answer.get("ln_summary") if isinstance(answer, dict) else answer
        listed = rows if isinstance(rows, list) else []
        days = [enrichment.moment(_plain(row.get("time"))) for row in listed if isinstance(row, dict)]
        newest = max((day for day in days if day is not None), default=None)
        if newest is None:
            raise SourceBroken(record="network summary", field="time", reason="no day of it can be read")
        return newest

    async def history(self, pubkey: str) -> int:
        """Return how many days of a node's history it holds. Needs a key."""
        return _count(await self._keyed(HISTORY.format(pubkey=pubkey), record="history"))

    async def suggested_fees(self) -> int:
        """Return for how many channels of the key's own node it suggests fees. Needs a key.

        Only counted: it does not say what it bases them on, and ours show their sample and its size.
        """
        return _count(await self._keyed(SUGGESTED, record="suggested fees"))

    def parts(self, pubkey: str) -> tuple[Part, ...]:
        """Return what there is to check."""
        of_node = (
            Part("node", "fee medians and ranks of a node", self.node, (pubkey,), told_words, is_needed=False),
            Part("history", "what it kept of a node", self.history, (pubkey,), "{} days".format, is_needed=False),
        )
        return (
            Part("network summary", "how far behind it is", self.summary_as_of, (), _until, is_needed=False),
            Part("centralities", "ranks of every node, without a key", self.centralities, (), _nodes),
            *(of_node if pubkey else ()),
            Part("suggested fees", "for the key's node", self.suggested_fees, (), "{} rows".format, is_needed=False),
        )

    async def _keyed(self, path: str, *, record: str) -> Any:
        if not self._has_key:
            raise SourceRefused(NO_KEY, ability=record)
        return await self._http.json(path, record=record)

    def _ranks(self, row: Mapping[str, Any]) -> tuple[str, Told]:
        """Return one node's ranks, which stand in a table of their own within its row, or in the row itself."""
        nested = row.get("ranks")
        first = nested[0] if isinstance(nested, list) and nested else nested
        ranks = first if isinstance(first, dict) else row
        as_of = enrichment.moment(_plain(ranks.get("graph_timestamp"))) or self._at
        return str(_plain(row.get("pubkey")) or ""), Told(self._name, as_of, _values(ranks, RANKS))


def _values(row: Mapping[str, Any], names: Mapping[Known, str]) -> dict[Known, Value]:
    return told_values({known: credible(known, _plain(row.get(name))) for known, name in names.items()})


def _until(newest: datetime) -> str:
    return f"until {newest:%Y-%m-%d}"


def _nodes(ranks: Mapping[str, Told]) -> str:
    return f"{len(ranks):,} nodes"


def _plain(value: object) -> object:
    """Return the value, out of its list of one."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _count(answer: object) -> int:
    """Return how many rows an answer holds: a list, or the first list within an object."""
    if isinstance(answer, dict):
        answer = next((part for part in answer.values() if isinstance(part, list)), [answer])
    return len(answer) if isinstance(answer, list) else 0
