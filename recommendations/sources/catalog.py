"""Open the source that an endpoint names, and close its connections at the end."""

import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx

from recommendations.domain.readings import Endpoint, Implementation
from recommendations.domain.source_errors import SourceRefused
from recommendations.sources import cln_rest, lnd_rest, trust
from recommendations.sources.base import NodeSource
from recommendations.sources.cln_refusals import refusal as cln_refusal
from recommendations.sources.http import Caller, Limits, Patience
from recommendations.sources.lnd_refusals import refusal as lnd_refusal

PAGE_SIZE = 10_000  # forwards; 4 MB of JSON
MACAROON = re.compile(r"^(?:[0-9a-fA-F]{2}){16,2000}$")
RUNE = re.compile(r"^[A-Za-z0-9_=-]{16,4000}$")
NO_MACAROON = "This is no macaroon in hexadecimal digits. Print it with: xxd -p -c 0 lnrag.macaroon"
NO_RUNE = "This is no rune. Enter what lightning-cli createrune printed under `rune`."


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Manners:
    """How a source behaves; the defaults are right outside of tests."""

    limits: Limits = field(default_factory=Limits)
    patience: Patience = field(default_factory=Patience)
    page_size: int = PAGE_SIZE
    now: Callable[[], datetime] = _now


@asynccontextmanager
async def connect(endpoint: Endpoint, *, manners: Manners | None = None) -> AsyncIterator[NodeSource]:
    """Yield the node behind an endpoint; nothing is asked yet.

    :raises SourceUntrusted: when the address or the certificate cannot be used.
    :raises SourceRefused: when the credential is none.
    """
    manners = manners or Manners()
    headers = _headers(endpoint)
    url = trust.base_url(endpoint.address)
    verify = trust.context(endpoint.certificate)
    # No proxy from the environment: what opens a node goes to that node alone. A redirect is not followed either.
    async with httpx.AsyncClient(
        base_url=url, headers=headers, verify=verify, trust_env=False, follow_redirects=False
    ) as client:
        yield _source(client, endpoint, manners=manners)


def _headers(endpoint: Endpoint) -> Mapping[str, str]:
    credential = endpoint.credential.strip()
    if endpoint.kind is Implementation.LND:
        if not MACAROON.match(credential):
            raise SourceRefused(NO_MACAROON)
        return {"grpc-metadata-macaroon": credential}
    if not RUNE.match(credential):
        raise SourceRefused(NO_RUNE)
    return {"rune": credential}


def _source(client: httpx.AsyncClient, endpoint: Endpoint, *, manners: Manners) -> NodeSource:
    limits, patience = manners.limits, manners.patience
    if endpoint.kind is Implementation.LND:
        caller = Caller(client, refusal=lnd_refusal, limits=limits, patience=patience, success=200)
        return lnd_rest.LndSource(caller, endpoint=endpoint, now=manners.now, page_size=manners.page_size)
    caller = Caller(client, refusal=cln_refusal, limits=limits, patience=patience, success=201)
    return cln_rest.ClnSource(caller, endpoint=endpoint, now=manners.now, page_size=manners.page_size)
