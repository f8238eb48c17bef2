"""One graph as neutral records, whatever program exported it, and the hygiene of text that strangers wrote.

Records are named tuples: an import makes 150,000 of them, and a frozen dataclass takes four times as long to make.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from recommendations.domain.errors import GraphFileBroken
from recommendations.domain.units import CHANNEL_POINT, SCID, normalize_node_key, scid_from_channel_id

LARGEST_BIGINT = 2**63 - 1
REPLACEMENT = "\ufffd"
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # PostgreSQL stores neither U+0000 nor half a surrogate pair
COLOR = re.compile(r"^#?([0-9a-fA-F]{6})$")
COLON_SCID = re.compile(r"^\d{1,8}:\d{1,8}:\d{1,5}$")


class PolicyRecord(NamedTuple):
    base_fee_msat: int
    fee_ppm: int
    time_lock_delta: int
    min_htlc_msat: int | None
    max_htlc_msat: int | None
    is_disabled: bool
    inbound_base_fee_msat: int | None
    inbound_fee_ppm: int | None
    updated_s: int  # unix seconds, 0 when unknown


class ChannelRecord(NamedTuple):
    scid: str
    chan_point: str
    node1: str
    node2: str
    capacity_sat: int
    policy1: PolicyRecord | None
    policy2: PolicyRecord | None

    @property
    def updated_s(self) -> int:
        return max((policy.updated_s for policy in (self.policy1, self.policy2) if policy), default=0)


class NodeRecord(NamedTuple):
    pubkey: str
    alias: str
    color: str
    addresses: tuple[str, ...]
    announced_s: int  # unix seconds, 0 when unknown


@dataclass(frozen=True, slots=True)
class GraphRecords:
    """A whole graph: every node that is listed or stands at an end of a channel, and every channel once."""

    nodes: tuple[NodeRecord, ...]
    channels: tuple[ChannelRecord, ...]
    replaced_characters: int = 0
    duplicate_channels: int = 0


def storable(text: str) -> tuple[str, int]:
    """Return the text with U+0000 and lone surrogates replaced by U+FFFD, and how many there were."""
    return UNSTORABLE.subn(REPLACEMENT, text)


def storable_color(text: str) -> str:
    """Return `#rrggbb` in lower case, or nothing when it is not a color."""
    match = COLOR.fullmatch(text)
    return f"#{match[1].lower()}" if match else ""


def storable_chan_point(text: str) -> str:
    """Return the channel point, or nothing when it is not one: it ends up in commands."""
    return text if CHANNEL_POINT.fullmatch(text) else ""


def storable_limit(msat: int | None) -> int | None:
    """Return an HTLC limit that fits a signed 64-bit column. Above it, or wrapped below zero by LND, means no limit."""
    return msat if msat is None or 0 <= msat <= LARGEST_BIGINT else LARGEST_BIGINT


def storable_scid(channel_id: int | str) -> str | None:
    """Return `BxTxO` for LND's number, `BxTxO` or `B:T:O`; None when it is none of them."""
    text = str(channel_id)
    if text.isascii() and text.isdigit():
        number = int(text) if len(text) <= 20 else 2**64
        return scid_from_channel_id(number) if number < 2**64 else None
    if COLON_SCID.fullmatch(text):
        return text.replace(":", "x")
    return text if SCID.fullmatch(text) else None


def node_key(text: str, *, record: str, field: str) -> str:
    """Return a node key in lower case.

    :raises GraphFileBroken: naming the record and the field.
    """
    key = normalize_node_key(text)
    if key is None:
        shown = storable(text[:70])[0]
        raise GraphFileBroken(
            record=record, field=field, reason=f"{shown!r} is not a node key of 66 hexadecimal digits"
        )
    return key


def assembled(
    nodes: Sequence[NodeRecord], channels: Sequence[ChannelRecord], *, replaced_characters: int = 0
) -> GraphRecords:
    """Return one graph: of duplicates the newest, and ends that no node record tells of without a name."""
    by_key: dict[str, NodeRecord] = {}
    for node in nodes:
        known = by_key.get(node.pubkey)
        if known is None or node.announced_s >= known.announced_s:
            by_key[node.pubkey] = node
    by_scid: dict[str, ChannelRecord] = {}
    for channel in channels:
        same = by_scid.get(channel.scid)
        if same is None or channel.updated_s >= same.updated_s:
            by_scid[channel.scid] = channel
    for channel in by_scid.values():
        for pubkey in (channel.node1, channel.node2):
            if pubkey not in by_key:
                by_key[pubkey] = NodeRecord(pubkey, "", "", (), 0)
    return GraphRecords(
        nodes=tuple(by_key.values()),
        channels=tuple(by_scid.values()),
        replaced_characters=replaced_characters,
        duplicate_channels=len(channels) - len(by_scid),
    )
