"""What opens a node, as operators paste or upload it: LND's macaroon and Core Lightning's rune, as headers carry them.

Errors never repeat what was entered.
"""

import base64
import re

HEX = re.compile(r"^(?:[0-9a-fA-F]{2})+$")
RUNE = re.compile(r"^[A-Za-z0-9_\-+/]{20,4000}={0,2}$")
SHORTEST_BYTES, LONGEST_BYTES = 16, 4_096
NO_MACAROON = (
    "This is no macaroon. Upload the file readonly.macaroon, or paste what `xxd -p -c 0 readonly.macaroon` prints."
)
NO_RUNE = "This is no rune. Paste the text that follows `rune` in the answer of createrune."


def macaroon_hex(text: str) -> str:
    """Return a macaroon, pasted as hexadecimal digits or base64, as hexadecimal digits.

    :raises ValueError: with what to do instead.
    """
    compact = "".join(text.split())
    if HEX.fullmatch(compact):
        return _sized(bytes.fromhex(compact))
    padded = compact.replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return _sized(base64.b64decode(padded + "=" * (-len(padded) % 4), validate=True))
    except ValueError as exc:
        raise ValueError(NO_MACAROON) from exc


def macaroon_of_file(content: bytes) -> str:
    """Return the macaroon of a file, binary as LND writes it or as text, as hexadecimal digits.

    :raises ValueError: with what to do instead.
    """
    text = "".join(content.decode("ascii", errors="replace").split())
    return macaroon_hex(text) if text.isascii() and text.isprintable() else _sized(content)


def rune(text: str) -> str:
    """Return a rune without what surrounds it.

    :raises ValueError: with what to do instead.
    """
    compact = text.strip().strip("\"'")
    if not RUNE.fullmatch(compact):
        raise ValueError(NO_RUNE)
    return compact


def _sized(macaroon: bytes) -> str:
    if not SHORTEST_BYTES <= len(macaroon) <= LONGEST_BYTES:
        raise ValueError(NO_MACAROON)
    return macaroon.hex()
