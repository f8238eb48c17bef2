"""Does a sentence tell somebody to run something? Pure.

Commands are printed from typed actions and judged by grammar. One that stands in a model's prose has passed neither, so
the sentence is left out. Rather a sentence too many than a command: the rule's own words take its place.
"""

import re
import unicodedata

PROGRAMS = ("lncli", "lightning-cli", "bitcoin-cli", "eclair-cli", "charge-lnd", "sudo", "systemctl", "curl", "wget")
_COMMAND = re.compile(
    rf"\b(?:{'|'.join(map(re.escape, PROGRAMS))})\b"
    r"|\bbos\s+[a-z]"  # Balance of Satoshis
    r"|\brm\s+-"
    r"|(?<![\w-])--[a-z]",  # a flag: no prose has one
    re.IGNORECASE,
)


def reads_like_a_command(text: str) -> bool:
    """Return whether `text` names a program to run or a flag, also when invisible characters hide it."""
    visible = "".join(sign for sign in unicodedata.normalize("NFKC", text) if unicodedata.category(sign) != "Cf")
    return bool(_COMMAND.search(visible))
