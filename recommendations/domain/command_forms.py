"""The allow-list: every command lnrag may show, with the type of each parameter. What is not here is refused."""

import re
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field

from recommendations.domain.limits import LND_HIGHEST_TIME_LOCK, LND_LOWEST_TIME_LOCK, Limits
from recommendations.domain.units import CHANNEL_POINT, NODE_KEY, SCID, scid_from_channel_id

WHOLE_NUMBER = re.compile(r"^(0|[1-9]\d{0,15})$")
DISCOUNT = re.compile(r"^(0|-[1-9]\d{0,9})$")
LOOK_BACK = re.compile(r"^-[1-9]\d{0,2}[hdw]$")
FEERATE = re.compile(r"^[1-9]\d{2,6}perkb$")
CONFIG_FILE = "recommendation.config"
MOST_EVENTS = 50_000

Type = Callable[[str, Set[str], Limits], str | None]
Together = Callable[[Mapping[str, str], Limits], str | None]


@dataclass(frozen=True, slots=True)
class Form:
    """One command: its leading words, its parameters with types, which are mandatory, and what must hold together."""

    words: tuple[str, ...]
    types: Mapping[str, Type] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    positions: tuple[str, ...] = ()
    switches: frozenset[str] = frozenset()
    together: Together | None = None
    is_read_only: bool = False


def number(low: int, high: int) -> Type:
    def judge(value: str, known: Set[str], limits: Limits) -> str | None:
        return _outside(value, low, high)

    return judge


def bounded(low: str | None, high: str) -> Type:
    """A whole number between two named limits; None = from 0."""

    def judge(value: str, known: Set[str], limits: Limits) -> str | None:
        return _outside(value, 0 if low is None else getattr(limits, low), getattr(limits, high))

    return judge


def _outside(value: str, low: int, high: int) -> str | None:
    if not WHOLE_NUMBER.match(value):
        return "a whole number is needed"
    return None if low <= int(value) <= high else f"{value} is outside {low} to {high}"


def _matching(pattern: re.Pattern[str], what: str) -> Type:
    def judge(value: str, known: Set[str], limits: Limits) -> str | None:
        return None if pattern.fullmatch(value) else f"{what} is needed"

    return judge


def _target(pattern: re.Pattern[str], what: str) -> Type:
    def judge(value: str, known: Set[str], limits: Limits) -> str | None:
        if not pattern.fullmatch(value):
            return f"{what} is needed"
        if value in limits.blacklist:
            return "the operator's blacklist holds it"
        return None if value in known else f"this {what} is not among the known targets"

    return judge


def _channel_id(value: str, known: Set[str], limits: Limits) -> str | None:
    if not re.fullmatch(r"[1-9]\d{0,19}", value):
        return "a numeric channel id is needed"
    return None if scid_from_channel_id(int(value)) in known else "this channel is not among the known targets"


def _channel_ids(value: str, known: Set[str], limits: Limits) -> str | None:
    return next((problem for part in value.split(",") if (problem := _channel_id(part, known, limits))), None)


def _exactly(text: str) -> Type:
    def judge(value: str, known: Set[str], limits: Limits) -> str | None:
        return None if value == text else f"only {text!r} is allowed"

    return judge


key = _target(NODE_KEY, "node key")
chan_point = _target(CHANNEL_POINT, "channel point")
scid = _target(SCID, "short channel id")
base_msat = bounded(None, "max_base_fee_msat")
fee_ppm = bounded(None, "max_fee_ppm")
htlc_msat = number(0, 10**13)
open_sat = bounded("min_open_sat", "max_open_sat")
sat_per_vbyte = number(1, 1_000)
discount = _matching(DISCOUNT, "a discount (0 or below)")


def _time_lock(value: str, known: Set[str], limits: Limits) -> str | None:
    low, high = max(limits.min_time_lock, LND_LOWEST_TIME_LOCK), min(limits.max_time_lock, LND_HIGHEST_TIME_LOCK)
    return _outside(value, low, high)


def _policy(parameters: Mapping[str, str], limits: Limits) -> str | None:
    base, ppm = parameters.get("--inbound_base_fee_msat"), parameters.get("--inbound_fee_rate_ppm")
    if (base is None) != (ppm is None):
        return "inbound base fee and rate go as a pair"
    if base is not None and -int(base) > int(parameters["--base_fee_msat"]):
        return "the inbound base discount is above the outbound base fee"
    if ppm is not None and -int(ppm) > int(parameters["--fee_rate_ppm"]):
        return "the inbound discount is above the outbound fee"
    return _htlc_order(parameters.get("--min_htlc_msat"), parameters.get("--max_htlc_msat"))


def _htlc_order(low: str | None, high: str | None) -> str | None:
    return "the smallest HTLC is above the largest" if low and high and int(low) > int(high) else None


def _set_channel(parameters: Mapping[str, str], limits: Limits) -> str | None:
    if set(parameters) <= {"id", "enforcedelay"}:
        return "nothing to set"
    return _htlc_order(parameters.get("htlcmin"), parameters.get("htlcmax"))


def _rebalance(parameters: Mapping[str, str], limits: Limits) -> str | None:
    if parameters["--out"] == parameters["--in"]:
        return "out and in are the same peer"
    most = int(parameters["--amount"]) * limits.max_rebalance_cost_percent / 100
    if int(parameters["--max-fee"]) > most:
        return f"--max-fee is above {limits.max_rebalance_cost_percent:g} % of the amount"
    most_ppm = limits.max_rebalance_cost_percent * 10_000
    return f"--max-fee-rate is above {most_ppm:g} ppm" if int(parameters["--max-fee-rate"]) > most_ppm else None


def _read(*words: str, **types: Type) -> Form:
    prefix = "" if words[0] == "lightning-cli" else "--"
    return Form(words, {prefix + name: judge for name, judge in types.items()}, is_read_only=True)


CLN = ("lightning-cli", "-k")
AMOUNT = number(100_000, 10**10)

FORMS: tuple[Form, ...] = (
    Form(
        ("lncli", "updatechanpolicy"),
        {
            "--base_fee_msat": base_msat,
            "--fee_rate_ppm": fee_ppm,
            "--time_lock_delta": _time_lock,
            "--chan_point": chan_point,
            "--min_htlc_msat": htlc_msat,
            "--max_htlc_msat": htlc_msat,
            "--inbound_base_fee_msat": discount,
            "--inbound_fee_rate_ppm": discount,
        },
        # Without --chan_point the change would hit every channel of the node.
        required=("--base_fee_msat", "--fee_rate_ppm", "--time_lock_delta", "--chan_point"),
        together=_policy,
    ),
    Form(
        ("lncli", "openchannel"),
        {"--node_key": key, "--local_amt": open_sat, "--sat_per_vbyte": sat_per_vbyte},
        required=("--node_key", "--local_amt"),
    ),
    Form(
        ("lncli", "closechannel"),
        {"--chan_point": chan_point, "--sat_per_vbyte": sat_per_vbyte},
        required=("--chan_point",),
    ),
    _read("lncli", "getinfo"),
    _read("lncli", "listchannels", peer=key),
    _read("lncli", "channelbalance"),
    _read("lncli", "walletbalance"),
    _read("lncli", "feereport"),
    _read(
        "lncli",
        "fwdinghistory",
        start_time=_matching(LOOK_BACK, "a span such as -7d"),
        max_events=number(1, MOST_EVENTS),
    ),
    _read("lncli", "pendingchannels"),
    _read("lncli", "listpeers"),
    Form(("lncli", "getchaninfo"), {"--chan_id": _channel_id}, required=("--chan_id",), is_read_only=True),
    Form(("lncli", "getnodeinfo"), {"--pub_key": key}, required=("--pub_key",), is_read_only=True),
    Form(
        ("bos", "rebalance"),
        {
            "--out": key,
            "--in": key,
            "--amount": bounded("min_rebalance_sat", "max_open_sat"),
            "--max-fee": number(1, 10**8),
            "--max-fee-rate": number(1, 10**5),
        },
        # Both fee limits: each alone is misread by operators.
        required=("--out", "--in", "--amount", "--max-fee", "--max-fee-rate"),
        together=_rebalance,
    ),
    Form(("loop", "quote", "out"), {"amount": AMOUNT}, ("amount",), ("amount",), is_read_only=True),
    Form(("loop", "quote", "in"), {"amount": AMOUNT}, ("amount",), ("amount",), is_read_only=True),
    Form(("loop", "terms"), is_read_only=True),
    Form(
        ("loop", "out"),
        {"--amt": AMOUNT, "--channel": _channel_ids, "--max_swap_routing_fee": number(0, 10**8)},
        required=("--amt", "--max_swap_routing_fee"),
    ),
    Form(("loop", "in"), {"--amt": AMOUNT, "--last_hop": key}, required=("--amt",)),
    Form(
        ("charge-lnd",),
        {"-c": _exactly(CONFIG_FILE), "--dry-run": _exactly("")},
        required=("-c",),
        switches=frozenset({"--dry-run"}),
    ),
    Form(
        (*CLN, "setchannel"),
        {
            "id": scid,
            "feebase": base_msat,
            "feeppm": fee_ppm,
            "htlcmin": htlc_msat,
            "htlcmax": htlc_msat,
            "enforcedelay": number(0, 86_400),
        },
        required=("id",),
        together=_set_channel,
    ),
    Form(
        (*CLN, "fundchannel"),
        {"id": key, "amount": open_sat, "feerate": _matching(FEERATE, "a rate such as 12000perkb")},
        required=("id", "amount"),
    ),
    # The default timeout closes unilaterally after two days; 0 waits for a mutual close.
    Form((*CLN, "close"), {"id": scid, "unilateraltimeout": _exactly("0")}, required=("id", "unilateraltimeout")),
    Form((*CLN, "connect"), {"id": key}, required=("id",)),
    _read(*CLN, "getinfo"),
    _read(*CLN, "listpeerchannels", id=key),
    _read(*CLN, "listforwards", out_channel=scid, in_channel=scid, status=_exactly("settled")),
    _read(*CLN, "listchannels", short_channel_id=scid),
    _read(*CLN, "listnodes", id=key),
    _read(*CLN, "listpeers", id=key),
    _read(*CLN, "listfunds"),
)
