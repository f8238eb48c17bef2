"""Read the commands a text shows, and judge which of them an answer may repeat. Pure; nothing is ever executed.

The rule: what acts on everything at once, or gives a secret away, no answer repeats, whatever a document says; the
reader finds it in the document itself. What moves funds, closes a channel or changes the machine is repeated only as a
passage without suspicious wording shows it. Every other command that no passage holds is flagged.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

NODE_TOOLS = frozenset(
    {"lncli", "lightning-cli", "bitcoin-cli", "bos", "loop", "pool", "litcli", "tapcli", "charge-lnd", "eclair-cli",
     "rebalance-lnd", "chantools", "lightning-hsmtool", "hsmtool", "elements-cli"}
)  # fmt: skip
SHELL_TOOLS = frozenset(
    {"sudo", "rm", "dd", "curl", "wget", "bash", "docker", "docker-compose", "systemctl", "chmod", "chown", "scp",
     "rsync", "ssh", "psql", "pip", "npm", "apt", "apt-get", "eval", "nc", "mkfs", "shred", "crontab", "powershell"}
)  # fmt: skip
TOTAL = frozenset(
    {"closeallchannels", "abandonchannel", "abandonallchannels", "sendall", "dumpprivkey", "dumpwallet", "bakemacaroon",
     "printmacaroon", "sweepall", "rm", "dd", "mkfs", "shred", "eval", "nc", "wipe", "getsecret"}
)  # fmt: skip
FUNDS = frozenset(
    {"closechannel", "close", "sendcoins", "sendmany", "sendpayment", "payinvoice", "pay", "keysend", "sendtoroute",
     "openchannel", "batchopenchannel", "open", "fund",
     "fundchannel", "multifundchannel", "withdraw", "sendtoaddress",
     "bumpfee", "bumpclosefee", "txsend", "txprepare", "txdiscard", "out", "in", "send", "rebalance", "transfer",
     "stop",
     "updatechanpolicy", "setchannel", "deletepayments", "delpay", "connect", "disconnect", "splice", "dev-splice"}
)  # fmt: skip
BARE = frozenset({"closeallchannels", "abandonallchannels", "sendcoins", "sendtoaddress", "sendall", "dumpprivkey",
                  "dumpwallet", "bakemacaroon", "--sweepall"})  # fmt: skip
ALSO_WORDS = SHELL_TOOLS | {"loop", "pool"}  # in prose they are commands only with an option
TOTAL_OPTIONS = frozenset({"--force", "--sweepall", "--all", "-rf", "-fr", "--i_know_what_i_am_doing"})
TOKEN = re.compile(r"[^\s`'\"“”«»|;&()<>]+")
PLACEHOLDER = re.compile(r"^(?:[<\[{$].*|[A-Z][A-Z0-9_]*|\d[\d.,]*|\.{3}|…)$")
LONG_VALUE = re.compile(r"[0-9a-f]{32,}|\b(?:bc1|tb1|lnbc|lntb|lno1)[a-z0-9]{10,}", re.IGNORECASE)
IDENTIFIER = re.compile(r"(?<![\w-])(?:--?[a-z][\w-]+|[A-Za-z]\w*(?:[_.-]\w+)+|[A-Za-z][\w.-]*(?==))")
# Letters of other alphabets that look like ours, each for one of ours: places in the text stay what they are.
CONFUSABLES = str.maketrans(
    "аеорсухіјѕԁһӏӀοαερνικⅼⅰсАЕОРСТХВМНКІЈ" + "".join(chr(0xFF01 + n) for n in range(94)) + "‐‑‒–—−",
    "aeopcyxijsdhllοaepviklicAEOPCTXBMHKIJ".replace("ο", "o") + "".join(chr(0x21 + n) for n in range(94)) + "------",
)
LOWER = {code: code + 32 for code in range(65, 91)}


class Risk(IntEnum):
    """What a command may do to whoever runs it."""

    NONE = 0
    FUNDS = 1  # moves funds, changes a channel or the machine
    TOTAL = 2  # everything at once, or a secret


@dataclass(frozen=True, slots=True)
class Command:
    """A command as written: its tool, what it is told to do, and its options. `text` is the whole line."""

    text: str
    tool: str
    verb: str
    options: frozenset[str]

    @property
    def risk(self) -> Risk:
        words = {self.tool, self.verb, *re.findall(r"[a-z-]{2,}", skeleton(self.text))}
        if {self.tool, self.verb} & TOTAL or words & (TOTAL & BARE):
            return Risk.TOTAL
        moves = self.verb in FUNDS or self.tool in SHELL_TOOLS
        if moves and self.options & TOTAL_OPTIONS:
            return Risk.TOTAL
        return Risk.FUNDS if moves else Risk.NONE


def skeleton(text: str) -> str:
    """Return `text` in small letters with look-alike signs as the letters they imitate; as long as it was."""
    return text.translate(CONFUSABLES).translate(LOWER)


def parse(text: str, *, is_code: bool = True) -> Command | None:
    """Return the command that `text` begins with, or None when it begins with no tool we know.

    In prose a tool is named without being called: there it takes an option, or a verb that moves something.
    """
    tokens = [token.rstrip(".,:;!?") for token in TOKEN.findall(skeleton(text.lstrip("$#> ")))]
    if tokens and tokens[0] == "sudo" and len(tokens) > 1 and tokens[1] in NODE_TOOLS:
        tokens = tokens[1:]
    if not tokens or not (tokens[0] in NODE_TOOLS or tokens[0] in SHELL_TOOLS or tokens[0] in BARE):
        return None
    options = frozenset(token.partition("=")[0] for token in tokens if re.match(r"--?[a-z]", token))
    words = [token for token in tokens[1:] if not token.startswith("-")]
    verb = "" if tokens[0] in SHELL_TOOLS or not words else words[0].partition("=")[0]
    is_called = bool(options) or (tokens[0] not in ALSO_WORDS and verb in FUNDS | TOTAL)
    if not (is_code or is_called or tokens[0] in BARE):
        return None
    return Command(text.strip(), tokens[0], verb, options)


def holds(given: str, command: Command) -> bool:
    """Tell whether the given text, folded by `skeleton`, shows this command: tool and verb together, each option."""
    named = rf"(?<![\w-]){re.escape(command.tool)}(?![\w-])"
    if command.verb and not PLACEHOLDER.match(command.verb):
        named += rf"(?:\s+-\S+)*\s+{re.escape(command.verb)}(?![\w-])"
    is_named = re.search(named, given) is not None
    return is_named and all(option in given for option in command.options)


def unknown_values(command: Command, given: Iterable[str]) -> bool:
    """Tell whether the command names a key, transaction or address that no given text, folded, holds."""
    known = tuple(given)
    return any(not any(value in text for text in known) for value in LONG_VALUE.findall(skeleton(command.text)))


def identifiers(code: str) -> tuple[str, ...]:
    """Return the options and names in a piece of code that a library would have to know: `--x`, a_b, a.b, a-b, a=."""
    found = (one.strip(".") for one in IDENTIFIER.findall(code))
    return tuple(dict.fromkeys(one for one in found if len(one) >= 4 and not LONG_VALUE.search(one)))
