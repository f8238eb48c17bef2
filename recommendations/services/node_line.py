"""Speak with a connected node from code that also needs the database: one event loop, entered for each question.

Sources are asynchronous and know no database; rows are written synchronously. Between two questions no loop runs in
this thread, so rows can be written there.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from datetime import datetime
from typing import Any, TypeVar

from recommendations.domain.node_address import NodeAddress, check_machine, parsed
from recommendations.domain.readings import Endpoint, HistoryPage, Implementation
from recommendations.domain.source_errors import SourceUnreachable
from recommendations.models import NodeConnection
from recommendations.services.sealing import unseal
from recommendations.sources.base import NodeSource
from recommendations.sources.catalog import connect

T = TypeVar("T")
UNKNOWN_NAME = "The name in this address is not known on your network. See whether it is right."


class Line:
    """An open connection to a node. Only `ask` runs the event loop."""

    def __init__(self, source: NodeSource, runner: asyncio.Runner) -> None:
        self.source, self._runner = source, runner

    def ask(self, question: Coroutine[Any, Any, T]) -> T:
        """Return the answer to one question, such as `line.source.channels()`.

        :raises SourceError: naming what the caller may do.
        """
        return self._runner.run(question)

    def history(self, cursor: Mapping[str, int | str], *, since: datetime) -> Iterator[HistoryPage]:
        """Yield the node's history after `cursor`, each page when it is asked for. Raises as `ask`."""
        pages = self.source.history(cursor, since=since)

        async def following() -> HistoryPage | None:
            return await anext(pages, None)

        while (page := self.ask(following())) is not None:
            yield page


@contextmanager
def line_to(endpoint: Endpoint) -> Iterator[Line]:
    """Open a line to a node; not to be called where an event loop runs.

    :raises NodeAddressRefused: when the address leads where no node may be.
    :raises SourceError: when it cannot be opened.
    """
    check_address(endpoint.address)
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        try:
            yield Line(runner.run(stack.enter_async_context(connect(endpoint))), runner)
        finally:
            runner.run(stack.aclose())


def endpoint_of(row: NodeConnection) -> Endpoint:
    """Return where a stored connection leads, with its credential opened; the same node must answer there.

    :raises SealBroken: when the credential was sealed by another key.
    """
    return Endpoint(
        kind=Implementation(row.kind),
        address=row.address,
        credential=unseal(row.credential),
        certificate=row.certificate,
        pubkey=row.node.pubkey,
    )


def check_address(text: str) -> NodeAddress:
    """Check every machine an address leads to, and return it as it is stored.

    :raises NodeAddressRefused: saying what to write instead.
    :raises SourceUnreachable: when its name is not known.
    """
    address = parsed(text)
    try:
        found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as exc:
        raise SourceUnreachable(UNKNOWN_NAME) from exc
    for entry in found:
        check_machine(address, ipaddress.ip_address(str(entry[4][0]).partition("%")[0]))
    return address
