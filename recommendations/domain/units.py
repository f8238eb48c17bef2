"""Money, fees and the names of things on the network. Integers only; missing is None, never 0."""

import re
from typing import NewType

Sat = NewType("Sat", int)
Msat = NewType("Msat", int)
Ppm = NewType("Ppm", int)

NODE_KEY = re.compile(r"^0[23][0-9a-f]{64}$")
CHANNEL_POINT = re.compile(r"^[0-9a-f]{64}:\d{1,5}$")
SCID = re.compile(r"^\d{1,8}x\d{1,8}x\d{1,5}$")
BLOCKS_PER_DAY = 144


def normalize_node_key(text: str) -> str | None:
    """Return the key in lower case, or None when `text` is not a node key."""
    key = text.strip().lower()
    return key if NODE_KEY.match(key) else None


def scid_from_channel_id(channel_id: int) -> str:
    """Return `BxTxO` for LND's numeric channel id (block, transaction and output packed in 64 bits, BOLT 7)."""
    return f"{channel_id >> 40}x{(channel_id >> 16) & 0xFFFFFF}x{channel_id & 0xFFFF}"


def channel_id_from_scid(scid: str) -> int:
    """Return LND's numeric channel id for `BxTxO`.

    :raises ValueError: when `scid` is not of that form.
    """
    if not SCID.match(scid):
        raise ValueError(f"not a short channel id: {scid!r}")
    block, transaction, output = (int(part) for part in scid.split("x"))
    return block << 40 | transaction << 16 | output


def block_of(scid: str) -> int | None:
    """Return the funding block of a short channel id, or None when it has none (an alias or a broken id)."""
    return int(scid.split("x", 1)[0]) if SCID.match(scid) else None
