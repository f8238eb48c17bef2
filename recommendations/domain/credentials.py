"""How an operator makes a credential that can read and nothing else, as the exact command to type on the node."""

from recommendations.domain.readings import Implementation

LND_PERMISSIONS = ("info:read", "offchain:read", "onchain:read")
CLN_METHODS = (
    "getinfo",
    "listpeerchannels",
    "listclosedchannels",
    "listforwards",
    "listchannels",
    "listnodes",
    "feerates",
    "bkpr-listincome",
    "bkpr-listaccountevents",
)
MACAROON_FILE = "lnrag.macaroon"


def baking_command(kind: Implementation) -> str:
    """Return the command that makes a read-only credential, on one line."""
    if kind is Implementation.LND:
        return f"lncli bakemacaroon --save_to {MACAROON_FILE} {' '.join(LND_PERMISSIONS)}"
    alternatives = ",".join(f'"method={method}"' for method in CLN_METHODS)
    return f"lightning-cli -k createrune restrictions='[[{alternatives}]]'"


def showing_command(kind: Implementation) -> str:
    """Return the command that prints the credential as it is entered; "" where the first one prints it already."""
    return f"xxd -p -c 0 {MACAROON_FILE}" if kind is Implementation.LND else ""
