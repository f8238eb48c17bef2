"""Money, fees and the names of things on the network. Integers only; missing is None, never 0."""

import re
from typing import NewType

Sat = NewType("Sat", int)
Msat = NewType("Msat", int)
Ppm = NewType("Ppm", int)

NODE_KEY = re.compile(r"^0[23][0-9a-f]{64}$")
CHANNEL_POINT = re.compile(r"^[0-9a-f]{64}:\d{1,5}$")
SCID = re.compile(r"^(\d{1,8})x(\d{1,8})x\d{1,5}$")
BLOCKS_PER_DAY = 144
FIRST_ALIAS_BLOCK = 16_000_000  # LND's aliases lie from here on; the chain gets there after the year 2300
MOST_TRANSACTIONS = 20_000  # 60 bytes each fill a block with fewer; an alias of Core Lightning is a random number


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
    """Return the funding block of a short channel id, or None when it is broken. Ids of the graph name a block."""
    found = SCID.match(scid)
    return int(found[1]) if found else None


def block_unless_alias(scid: str) -> int | None:
    """Return the funding block that a node's own id of a channel names, or None when it may be an alias."""
    block, transaction = block_of(scid), int(scid.split("x")[1]) if SCID.match(scid) else 0
    is_real = block is not None and block < FIRST_ALIAS_BLOCK and transaction < MOST_TRANSACTIONS
    return block if is_real else None
