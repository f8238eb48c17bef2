"""Read one LNbits wallet by its invoice key: what is in it. Nothing else of a wallet helps a routing node."""

from dataclasses import dataclass
from datetime import datetime

import httpx

from recommendations.domain import enrichment
from recommendations.domain.enrichment import MOST_SAT, ServiceAt
from recommendations.domain.source_errors import SourceBroken, SourceRefused
from recommendations.sources.enrichment_http import EnrichmentHttp, Part, as_object

WALLET = "/api/v1/wallet"
NO_KEY = "LNbits tells nothing without a key. Enter the wallet's invoice/read key in the admin."
UNKNOWN_KEY = "LNbits knows no wallet of this key. Enter the wallet's invoice/read key in the admin."
MAY_SPEND = "This is the wallet's admin key, which can spend. Enter its invoice/read key instead."


@dataclass(frozen=True, slots=True)
class Wallet:
    """What is in a wallet, in msat. The name is what its owner calls it."""

    name: str
    balance_msat: int
    as_of: datetime


class LNbits:
    """One wallet over an HTTP client that its owner closes."""

    def __init__(self, client: httpx.AsyncClient, service: ServiceAt, *, at: datetime) -> None:
        headers = {"X-Api-Key": service.key} if service.key else {}
        self._http = EnrichmentHttp(client, service, headers=headers)
        self._has_key, self._at = bool(service.key), at

    async def wallet(self) -> Wallet:
        """Return what is in the wallet.

        :raises SourceRefused: without a fitting key, and with one that could spend: what only reads must not hold it.
        :raises SourceError: when it cannot be asked, or its answer cannot be read.
        """
        if not self._has_key:
            raise SourceRefused(NO_KEY, ability="wallet")
        answer = await self._http.json(WALLET, record="wallet")
        if answer is None:  # LNbits says 404 for a key that opens no wallet
            raise SourceRefused(UNKNOWN_KEY, ability="wallet")
        row = as_object(answer, record="wallet")
        if "id" in row:  # LNbits names the wallet's id to its admin key only
            raise SourceRefused(MAY_SPEND, ability="wallet")
        balance_msat = enrichment.whole(row.get("balance"), low=0, high=MOST_SAT * 1000)
        if balance_msat is None:
            raise SourceBroken(record="wallet", field="balance", reason="it is no credible amount in msat")
        return Wallet(enrichment.text(row.get("name")) or "", balance_msat, self._at)

    def parts(self, pubkey: str) -> tuple[Part, ...]:
        """Return what there is to check."""
        return (Part("wallet", "what is in the wallet", self.wallet, words=_words),)


def _words(wallet: Wallet) -> str:
    return f"{wallet.balance_msat / 1000:,.0f} sat in {wallet.name or 'a wallet without a name'}"
