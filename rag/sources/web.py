"""Read web addresses: https and http only, each hop checked, nothing private, robots.txt respected, all limited."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit
from urllib.robotparser import RobotFileParser

import httpx

from rag.domain.documents import Unread
from rag.domain.errors import AddressRefused, AddressUnreachable, DocumentTooLarge, FormatUnknown, RagError
from rag.sources.addresses import checked, resolved

MOST_BYTES = 20 * 1024 * 1024
MOST_REDIRECTS = 5
TIMEOUT_S = 30.0  # for one address with all its hops
STEP_TIMEOUT_S = 10.0  # to connect, or between two pieces
AT_ONCE = 4
MOST_ROBOTS_BYTES = 500 * 1024
PRODUCT = "lnrag"  # as robots.txt may name us
NO_TEXT = re.compile(r"\s*(?:image|video|audio|font)/", re.IGNORECASE)
FORBIDDEN = "The site asks programs not to read this page (robots.txt). Hand in its text yourself."
NO_RULES = "The site does not say what may be read (robots.txt fails). It is tried again later."
NOT_OK = "It answered with status {status}. See whether the address is right."
MOVED = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Page:
    """What an address gave. Without `content` it has not changed since `validators` were noted."""

    address: str
    url: str
    content: bytes | None
    media_type: str = ""
    validators: Mapping[str, str] = field(default_factory=dict)


class WebReader:
    """Reads addresses over one client, and each host's robots.txt once. Close the client yourself."""

    def __init__(self, client: httpx.AsyncClient, *, user_agent: str, allows_private: bool = False) -> None:
        self._client, self._user_agent, self._allows_private = client, user_agent, allows_private
        self._robots: dict[str, asyncio.Task[RobotFileParser | None]] = {}
        self._free = asyncio.Semaphore(AT_ONCE)

    async def read_all(
        self, addresses: Sequence[str], *, known: Mapping[str, Mapping[str, str]]
    ) -> list[Page | Unread]:
        """Return what became of each address, in order. `known`: the validators noted at the latest reading."""
        return await asyncio.gather(*(self._outcome(address, known.get(address, {})) for address in addresses))

    async def read(self, address: str, *, validators: Mapping[str, str] | None = None) -> Page:
        """Return what stands at an address.

        :raises AddressRefused: when it, or where it leads, may not be read.
        :raises AddressUnreachable: when it does not answer, or with an error.
        :raises DocumentInvalid: when it is too large, or no text.
        """
        asked = _conditions(validators or {})
        try:
            async with asyncio.timeout(TIMEOUT_S):
                return await self._follow(checked(address), address=address, asked=asked)
        except (TimeoutError, httpx.TimeoutException) as exc:
            raise AddressUnreachable("It took too long to answer. It is tried again later.") from exc
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as exc:
            raise AddressUnreachable("It does not answer as a web server does. See whether it is right.") from exc

    async def _outcome(self, address: str, validators: Mapping[str, str]) -> Page | Unread:
        async with self._free:
            try:
                return await self.read(address, validators=validators)
            except RagError as exc:
                return Unread(address, exc.code, str(exc))

    async def _follow(self, url: str, *, address: str, asked: Mapping[str, str]) -> Page:
        for _hop in range(MOST_REDIRECTS + 1):
            await self._ask_robots(url)
            response, content = await self._get(url, most=MOST_BYTES, headers=asked)
            if response.status_code not in MOVED:
                return _page(response, content, address=address, url=url)
            url = checked(urljoin(url, response.headers.get("location", "")))
        raise AddressUnreachable(f"It leads on more than {MOST_REDIRECTS} times. Give the address it ends at.")

    async def _get(
        self, url: str, *, most: int, headers: Mapping[str, str] | None = None
    ) -> tuple[httpx.Response, bytes]:
        """Return one hop's answer; the connection goes to the machine that was checked."""
        target = await resolved(url, allows_private=self._allows_private)
        request = self._client.build_request(
            "GET",
            target.url,
            headers={"Host": target.host, "User-Agent": self._user_agent, "Accept-Encoding": "gzip", **(headers or {})},
            extensions={"sni_hostname": target.server_name},
            timeout=STEP_TIMEOUT_S,
        )
        response = await self._client.send(request, stream=True, follow_redirects=False)
        try:
            return response, await _content(response, most=most)
        finally:
            await response.aclose()

    async def _ask_robots(self, url: str) -> None:
        """Return when the host lets us read this address.

        :raises AddressRefused: when it does not.
        """
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in self._robots:
            self._robots[origin] = asyncio.ensure_future(self._robots_of(origin))
        rules = await asyncio.shield(self._robots[origin])
        if rules and not rules.can_fetch(PRODUCT, url):
            raise AddressRefused(FORBIDDEN)

    async def _robots_of(self, origin: str) -> RobotFileParser | None:
        """Return the rules of a host, None where it has none.

        :raises AddressUnreachable: when it fails to say: then nothing is read (RFC 9309).
        """
        url = f"{origin}/robots.txt"
        for _hop in range(MOST_REDIRECTS + 1):
            response, content = await self._get(url, most=MOST_ROBOTS_BYTES)
            if response.status_code not in MOVED:
                break
            url = checked(urljoin(url, response.headers.get("location", "")))
        if response.status_code >= 500:
            raise AddressUnreachable(NO_RULES)
        if response.status_code != 200:
            return None
        rules = RobotFileParser()
        rules.parse(content.decode("utf-8", errors="replace").splitlines())
        return rules


def _conditions(validators: Mapping[str, str]) -> dict[str, str]:
    names = {"etag": "If-None-Match", "modified": "If-Modified-Since"}
    return {header: validators[name] for name, header in names.items() if validators.get(name)}


async def _content(response: httpx.Response, *, most: int) -> bytes:
    """Return the body; its announced length is not believed, and nothing is read that is no text."""
    if response.status_code != 200:
        return b""
    if NO_TEXT.match(response.headers.get("content-type", "")):
        raise FormatUnknown("It is a picture, sound or film. Give the address of a page, a text or a PDF.")
    parts: list[bytes] = []
    size = 0
    async for part in response.aiter_bytes():
        size += len(part)
        if size > most:
            raise DocumentTooLarge(f"It is larger than {most >> 20 or 1} MB. Hand in the part that matters.")
        parts.append(part)
    return b"".join(parts)


def _page(response: httpx.Response, content: bytes, *, address: str, url: str) -> Page:
    headers = response.headers
    said = {"etag": headers.get("etag", "")[:200], "modified": headers.get("last-modified", "")[:60]}
    if response.status_code == 304:
        return Page(address, url, None)
    if response.status_code != 200:
        raise AddressUnreachable(NOT_OK.format(status=response.status_code))
    validators = {name: value for name, value in said.items() if value}
    return Page(address, url, content, headers.get("content-type", ""), validators)
