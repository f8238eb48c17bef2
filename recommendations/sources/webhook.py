"""Post JSON to an address somebody chose: no redirect followed, no answer read, every step timed."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from recommendations.domain.delivery_errors import DeliveryFailed

TIMEOUT_S = 10.0  # for all of it
STEP_TIMEOUT_S = 5.0
SILENT = "The webhook did not answer within 10 seconds."
UNREACHABLE = "The webhook cannot be reached. See whether its address is right and its certificate is valid."
MOVED = "The webhook answers with a redirect, which is not followed. Enter the address it leads to."
NOT_TAKEN = "The webhook answered with status {status}. See its own log."


@dataclass(frozen=True, slots=True)
class Post:
    """One message and the machine it goes to. `url` names that machine by number, `host` is what it calls itself."""

    url: str
    host: str
    server_name: str
    body: bytes
    headers: Mapping[str, str]


async def post(message: Post, *, client: httpx.AsyncClient) -> None:
    """Deliver the message; any answer from 200 to 299 counts as taken.

    :raises DeliveryFailed: when it was not; the words never hold the address.
    """
    request = client.build_request(
        "POST",
        message.url,
        content=message.body,
        headers={**message.headers, "Host": message.host, "Content-Type": "application/json", "User-Agent": "lnrag"},
        extensions={"sni_hostname": message.server_name},
        timeout=STEP_TIMEOUT_S,
    )
    try:
        async with asyncio.timeout(TIMEOUT_S):
            response = await client.send(request, stream=True, follow_redirects=False)
            await response.aclose()
    except (TimeoutError, httpx.TimeoutException) as exc:
        raise DeliveryFailed(SILENT) from exc
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as exc:
        raise DeliveryFailed(UNREACHABLE) from exc
    if response.is_redirect:
        raise DeliveryFailed(MOVED)
    if not response.is_success:
        raise DeliveryFailed(NOT_TAKEN.format(status=response.status_code))
