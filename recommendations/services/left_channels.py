"""Keep what the graph says of the largest nodes' channels for all processes, in the cache: an import leaves it behind.

Whoever finds it need not put thousands of rows together. One entry for each node, and only of the newest graph.
"""

import base64
import hashlib
import zlib
from datetime import timedelta
from typing import Final, NamedTuple

import msgspec

from models_registry.services.text_cache import keep_text, kept_text
from recommendations.domain.facts import ChannelFacts, MarketFacts, PeerFacts, PolicyFacts
from recommendations.models import GraphSnapshot

LEFT_FROM: Final = 500  # channels: a smaller node is read within 25 ms
KEPT_S: Final = timedelta(days=60).total_seconds()  # of a graph that nobody refreshes
QUICK: Final = 1  # compression: a third of the size, and little slower to read


class _Channel(NamedTuple):
    """The public part of `ChannelFacts`, in its order."""

    scid: str
    chan_point: str | None
    capacity_sat: int
    peer: PeerFacts
    own_policy: PolicyFacts | None
    peer_policy: PolicyFacts | None
    age_days: float | None
    is_live: bool
    market: MarketFacts


class _Left(NamedTuple):
    graph: str
    channels: list[_Channel]


_decoder = msgspec.msgpack.Decoder(_Left)
_shape = repr([one.__annotations__ for one in (_Channel, PeerFacts, PolicyFacts, MarketFacts)])
LAYOUT: Final = hashlib.sha256(_shape.encode()).hexdigest()[:12]  # what another release left is not read


def leave(node_id: int, channels: tuple[ChannelFacts, ...], *, snapshot: GraphSnapshot) -> None:
    """Keep a node's channels as everybody may see them, in place of those of an older graph."""
    public = [_Channel(*(getattr(channel, name) for name in _Channel._fields)) for channel in channels]
    content = msgspec.msgpack.encode(_Left(_graph(snapshot), public))
    keep_text(_key(node_id), base64.b64encode(zlib.compress(content, QUICK)).decode(), ttl_s=KEPT_S)


def left_channels(node_id: int, *, snapshot: GraphSnapshot) -> tuple[ChannelFacts, ...] | None:
    """Return the channels that were left of this node in this very graph, or None. One read of the cache."""
    text = kept_text(_key(node_id))
    found = None if text is None else _decoder.decode(zlib.decompress(base64.b64decode(text)))
    if found is None or found.graph != _graph(snapshot):
        return None
    return tuple([ChannelFacts(*row) for row in found.channels])


def _key(node_id: int) -> str:
    return f"recommendations_channels:{LAYOUT}:{node_id}"


def _graph(snapshot: GraphSnapshot) -> str:
    return f"{snapshot.pk} {snapshot.imported_at.isoformat()}"
