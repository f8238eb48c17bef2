"""Does a sentence tell somebody to run something? Pure.

Commands are printed from typed actions and judged by grammar. One that stands in a model's prose has passed neither, so
the sentence is left out. Rather a sentence too many than a command: the rule's own words take its place.
"""

import re
import unicodedata

from rag.domain.commands import skeleton

PROGRAMS = ("lncli", "lightning-cli", "bitcoin-cli", "eclair-cli", "charge-lnd", "sudo", "systemctl", "curl", "wget")
# Verbs of those programs that no prose has: written together, "close channel" is two words of prose.
VERBS = (
    *("updatechanpolicy", "closechannel", "closeallchannels", "openchannel", "batchopenchannel", "fundchannel"),
    *("setchannel", "sendcoins", "sendpayment", "payinvoice", "abandonchannel", "unilateraltimeout", "sendtoaddress"),
    *("bakemacaroon", "dumpprivkey", "sweepall", "fundmax", "multifundchannel", "listpeerchannels", "chanpoint"),
)
_SPACED_OUT = re.compile("lncli|lightningcli|bitcoincli|updatechanpolicy|closeallchannels|bakemacaroon|dumpprivkey")
_COMMAND = re.compile(
    rf"\b(?:{'|'.join(map(re.escape, (*PROGRAMS, *VERBS)))})\b"
    r"|\bbos\s+[a-z]"  # Balance of Satoshis
    r"|\brm\s+-"
    r"|(?<![\w-])--[a-z]",  # a flag: no prose has one
    re.IGNORECASE,
)


def reads_like_a_command(text: str) -> bool:
    """Return whether `text` names a program, a verb of one or a flag, also hidden by invisible or alike signs."""
    visible = "".join(sign for sign in unicodedata.normalize("NFKC", text) if unicodedata.category(sign) != "Cf")
    folded = skeleton(visible)
    letters = "".join(sign for sign in folded if sign.isalpha())
    return bool(_COMMAND.search(visible) or _COMMAND.search(folded) or _SPACED_OUT.search(letters))
