"""Read JSON of an optional service: one GET, everything limited, and only typed failures that hold no key.

No redirect is followed: the key would go where somebody else wants it.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Protocol

import httpx

from recommendations.domain.enrichment import ServiceAt, ServiceFails, Told
from recommendations.domain.source_errors import SourceBroken, SourceRefused, SourceUnreachable

MOST_BYTES = 1 << 20
MOST_LIST_BYTES = 16 << 20  # one row for each of 12,000 nodes is about 3 MB
TIMEOUT = httpx.Timeout(10.0, connect=5.0, pool=5.0)
LONGEST_BACK_OFF_S = 3600.0
USUAL_BACK_OFF_S = 60.0
REFUSALS = frozenset({401, 403, 407})
PATIENCE = frozenset({429, 503})


Ask = Callable[..., Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Part:
    """One thing a service can tell: what, what for, how to ask for it, and what it told in words."""

    name: str
    why: str
    ask: Ask
    given: tuple[str, ...] = ()
    words: Callable[[Any], str] = str
    is_needed: bool = True


class OutsideService(Protocol):
    """An optional service. What else it can do, only its own client says."""

    def parts(self, pubkey: str) -> tuple[Part, ...]:
        """Return what there is to check, one call each. `pubkey`: a node to ask for, "" for none."""
        ...


class EnrichmentHttp:
    """GETs of one service over a client that its owner closes."""

    def __init__(
        self, client: httpx.AsyncClient, service: ServiceAt, *, headers: Mapping[str, str] | None = None
    ) -> None:
        self._client, self._name, self._address = client, service.name, service.address
        self._patience_s = service.patience_s
        self._headers = {"Accept": "application/json", "Accept-Encoding": "identity", **(headers or {})}

    async def json(self, path: str, *, record: str, most_bytes: int = MOST_BYTES) -> Any:
        """Return the JSON at a path; None where there is nothing (404), which services say as text.

        :param record: what is asked for, in words of ours: paths hold node keys, and stay out of messages.
        :raises SourceError: the kind says what the caller may do.
        """
        try:
            async with asyncio.timeout(self._patience_s):
                status, headers, body = await self._get(path, record=record, most_bytes=most_bytes)
        except (TimeoutError, httpx.TimeoutException) as exc:
            raise ServiceFails(f"{self._name} takes too long to answer. It is tried again later.") from exc
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as exc:
            raise ServiceFails(f"{self._name} does not answer. See whether its address is right.") from exc
        if status == 404:
            return None
        self._judge(status, headers, record=record)
        return _parsed(body, record=record)

    async def _get(self, path: str, *, record: str, most_bytes: int) -> tuple[int, httpx.Headers, bytes]:
        url = f"{self._address}{path}"
        async with self._client.stream(
            "GET", url, headers=self._headers, timeout=TIMEOUT, follow_redirects=False
        ) as response:
            body = bytearray()
            if response.status_code == 200:
                async for piece in response.aiter_bytes():
                    body += piece
                    if len(body) > most_bytes:
                        raise SourceBroken(record=record, field="size", reason=f"it is above {most_bytes >> 20} MB")
            return response.status_code, response.headers, bytes(body)

    def _judge(self, status: int, headers: httpx.Headers, *, record: str) -> None:
        if status == 200:
            return
        if status in REFUSALS:
            raise SourceRefused(f"{self._name} refuses the key. Enter it again in the admin.", ability=record)
        if status in PATIENCE:
            wait_s = retry_after_s(headers.get("retry-after", ""), at=datetime.now(UTC))
            raise SourceUnreachable(f"{self._name} asks for patience: it is tried again later.", retry_after_s=wait_s)
        if status >= 500:
            raise ServiceFails(f"{self._name} fails ({status}). It is tried again later.")
        reason = "it leads elsewhere; enter the address it ends at" if status < 400 else f"it answered {status}"
        raise SourceBroken(record=record, field="status", reason=reason)


def retry_after_s(header: str, *, at: datetime) -> float:
    """Return how long a service asks to be left alone, in seconds or as a date; bounded, for it may be absurd."""
    try:
        wait_s = float(header) if header.strip().isdigit() else (parsedate_to_datetime(header) - at).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return USUAL_BACK_OFF_S
    return min(max(wait_s, 1.0), LONGEST_BACK_OFF_S)


def as_object(answer: object, *, record: str) -> Mapping[str, Any]:
    """Return an object, or the first of a list: services written in R send either.

    :raises SourceBroken: when it is neither.
    """
    first = answer[0] if isinstance(answer, list) and answer else answer
    if not isinstance(first, dict):
        raise SourceBroken(record=record, field="JSON", reason="it is neither an object nor a list of objects")
    return first


def _parsed(body: bytes, *, record: str) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as exc:
        is_page = body.lstrip()[:1] == b"<"
        reason = "it is a web page, not JSON: see whether the address is right" if is_page else "it is not valid JSON"
        raise SourceBroken(record=record, field="JSON", reason=reason) from exc


def told_words(told: Told | None) -> str:
    """Return how much was told of a node."""
    return f"{len(told.values)} values, as of {told.as_of:%Y-%m-%d %H:%M}" if told else "it does not know this node"
