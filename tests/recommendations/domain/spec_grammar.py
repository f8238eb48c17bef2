"""A reader of printed commands, written from the manuals' grammar and not from the product's: what is not here fails.

It also plays the node: it applies what a policy command says to a policy, as LND and Core Lightning would.
"""

import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass

KEY, POINT, SCID = re.compile(r"0[23][0-9a-f]{64}"), re.compile(r"[0-9a-f]{64}:\d+"), re.compile(r"\d+x\d+x\d+")
SHELL_SIGNS = set(";|&$`<>()*?!\\\"'{}[]~#\n\r\t")
FORBIDDEN = ("--force", "--fundmax", "--push_amt", "push_msat", "id=all", "--sweepall", "feerange")

Check = Callable[[str], bool]


class NotInGrammarError(AssertionError):
    """Says which line breaks which rule of the manual."""


@dataclass(frozen=True, slots=True)
class Line:
    """One command as read: its leading words and its parameters."""

    words: tuple[str, ...]
    values: Mapping[str, str]

    @property
    def is_policy(self) -> bool:
        return self.words[-1] in ("updatechanpolicy", "setchannel")

    @property
    def targets(self) -> frozenset[str]:
        """Every channel, channel point and key the line names; numeric channel ids as short ones."""
        found = {value for value in self.values.values() if any(one.fullmatch(value) for one in (KEY, POINT, SCID))}
        ids = [self.values[name] for name in ("--chan_id", "--channel") if name in self.values]
        return frozenset(found | {short(number) for text in ids for number in text.split(",")})


def short(channel_id: str) -> str:
    number = int(channel_id)
    return f"{number >> 40}x{(number >> 16) & 0xFFFFFF}x{number & 0xFFFF}"


def whole(low: int, high: int) -> Check:
    return lambda text: text.isdigit() and (text == "0" or text[0] != "0") and low <= int(text) <= high


def below_zero(text: str) -> bool:
    return re.fullmatch(r"0|-[1-9]\d*", text) is not None


def like(pattern: re.Pattern[str]) -> Check:
    return lambda text: pattern.fullmatch(text) is not None


def exactly(*texts: str) -> Check:
    return lambda text: text in texts


PPM, MSAT, SAT = whole(0, 2**32 - 1), whole(0, 10**13), whole(1, 10**10)
SPEC: dict[tuple[str, ...], tuple[dict[str, Check], dict[str, Check]]] = {
    ("lncli", "updatechanpolicy"): (
        {
            "--base_fee_msat": whole(0, 2**32 - 1),
            "--fee_rate_ppm": PPM,
            "--time_lock_delta": whole(24, 2016),
            "--chan_point": like(POINT),
        },
        {
            "--min_htlc_msat": MSAT,
            "--max_htlc_msat": MSAT,
            "--inbound_base_fee_msat": below_zero,
            "--inbound_fee_rate_ppm": below_zero,
        },
    ),
    ("lncli", "openchannel"): (
        {"--node_key": like(KEY), "--local_amt": whole(20_000, 16_777_215)},
        {"--sat_per_vbyte": whole(1, 1_000)},
    ),
    ("lncli", "closechannel"): ({"--chan_point": like(POINT)}, {"--sat_per_vbyte": whole(1, 1_000)}),
    ("lncli", "getchaninfo"): ({"--chan_id": whole(1, 2**64 - 1)}, {}),
    ("lncli", "getnodeinfo"): ({"--pub_key": like(KEY)}, {}),
    ("lncli", "listchannels"): ({}, {"--peer": like(KEY)}),
    ("lncli", "fwdinghistory"): (
        {},
        {"--start_time": like(re.compile(r"-\d+[hdw]")), "--max_events": whole(1, 50_000)},
    ),
    **{
        ("lncli", verb): ({}, {})
        for verb in ("getinfo", "channelbalance", "walletbalance", "feereport", "pendingchannels", "listpeers")
    },
    ("bos", "rebalance"): (
        {
            "--out": like(KEY),
            "--in": like(KEY),
            "--amount": whole(50_000, 10**10),
            "--max-fee": SAT,
            "--max-fee-rate": whole(1, 10**6),
        },
        {},
    ),
    ("loop", "terms"): ({}, {}),
    ("loop", "quote", "out"): ({"": SAT}, {}),
    ("loop", "quote", "in"): ({"": SAT}, {}),
    ("loop", "out"): (
        {"--amt": SAT, "--max_swap_routing_fee": whole(0, 10**8)},
        {"--channel": like(re.compile(r"\d+(,\d+)*"))},
    ),
    ("loop", "in"): ({"--amt": SAT}, {"--last_hop": like(KEY)}),
    ("charge-lnd",): ({"-c": like(re.compile(r"[\w.]+"))}, {"--dry-run": exactly("")}),
    ("lightning-cli", "-k", "setchannel"): (
        {"id": like(SCID)},
        {"feebase": MSAT, "feeppm": PPM, "htlcmin": MSAT, "htlcmax": MSAT, "enforcedelay": whole(0, 86_400)},
    ),
    ("lightning-cli", "-k", "fundchannel"): (
        {"id": like(KEY), "amount": whole(20_000, 16_777_215)},
        {"feerate": like(re.compile(r"slow|normal|urgent|\d+perkb"))},
    ),
    ("lightning-cli", "-k", "close"): ({"id": like(SCID), "unilateraltimeout": exactly("0")}, {}),
    ("lightning-cli", "-k", "connect"): ({"id": like(KEY)}, {}),
    ("lightning-cli", "-k", "listpeerchannels"): ({}, {"id": like(KEY)}),
    ("lightning-cli", "-k", "listchannels"): ({}, {"short_channel_id": like(SCID)}),
    ("lightning-cli", "-k", "listforwards"): (
        {},
        {"status": exactly("settled"), "out_channel": like(SCID), "in_channel": like(SCID)},
    ),
    **{("lightning-cli", "-k", verb): ({}, {}) for verb in ("getinfo", "listfunds")},
}


def read(line: str) -> Line:
    """Return the command of one printed line.

    :raises NotInGrammarError: when the manuals do not allow it, or it could do more than it says.
    """
    _demand(line.isascii() and not set(line) & SHELL_SIGNS, line, "shell signs")
    _demand(shlex.split(line) == line.split(" "), line, "quoting")
    _demand(not any(word in line for word in FORBIDDEN), line, "a forbidden part")
    tokens = line.split(" ")
    words = next((words for words in sorted(SPEC, key=len, reverse=True) if tuple(tokens[: len(words)]) == words), None)
    if words is None:
        raise NotInGrammarError(f"{line}: an unknown command")
    values = _values(line, tokens[len(words) :], is_keyed=words[0] == "lightning-cli")
    mandatory, optional = SPEC[words]
    _demand(mandatory.keys() <= values.keys() <= mandatory.keys() | optional.keys(), line, "its parameters")
    for name, value in values.items():
        _demand({**mandatory, **optional}[name](value), line, name)
    inbound = {"--inbound_base_fee_msat", "--inbound_fee_rate_ppm"} & values.keys()
    _demand(len(inbound) in (0, 2), line, "one inbound flag alone")
    return Line(words, values)


def applied(line: Line, policy: Mapping[str, int]) -> dict[str, int]:
    """Return the policy after a policy command: what it names is set, all else stays."""
    names = {
        "--base_fee_msat": "base", "--fee_rate_ppm": "ppm", "--time_lock_delta": "lock", "--min_htlc_msat": "min",
        "--max_htlc_msat": "max", "--inbound_base_fee_msat": "in_base", "--inbound_fee_rate_ppm": "in_ppm",
        "feebase": "base", "feeppm": "ppm", "htlcmin": "min", "htlcmax": "max",
    }  # fmt: skip
    return {**policy, **{names[name]: int(value) for name, value in line.values.items() if name in names}}


def _values(line: str, tokens: list[str], *, is_keyed: bool) -> dict[str, str]:
    if is_keyed:
        pairs = [token.split("=") for token in tokens]
        _demand(all(len(pair) == 2 for pair in pairs), line, "name=value")
        found = {pair[0]: pair[1] for pair in pairs}
        _demand(len(found) == len(pairs), line, "a parameter twice")
        return found
    found = {}
    waiting = list(tokens)
    while waiting:
        name = waiting.pop(0)
        is_flag = name.startswith("-") and not name[1:2].isdigit()
        key, value = (name, "") if name == "--dry-run" else (name, waiting.pop(0)) if is_flag else ("", name)
        _demand(key not in found, line, "a parameter twice")
        found[key] = value
    return found


def _demand(is_so: bool, line: str, what: str) -> None:
    if not is_so:
        raise NotInGrammarError(f"{line}: {what}")
