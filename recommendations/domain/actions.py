"""What may be advised, as typed values. An action holds numbers and ids, never a command or free words for a shell."""

from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any, ClassVar, Self

from recommendations.domain.facts import ChannelFacts, PolicyFacts


class ActionKind(StrEnum):
    SET_CHANNEL_FEE = "set_channel_fee"
    SET_HTLC_LIMITS = "set_htlc_limits"
    OPEN_CHANNEL = "open_channel"
    CLOSE_CHANNEL = "close_channel"
    REBALANCE = "rebalance"
    LOOP_OUT = "loop_out"
    LOOP_IN = "loop_in"
    CHARGE_LND_RULE = "charge_lnd_rule"
    INSPECT = "inspect"
    MANUAL_STEP = "manual_step"


class Look(StrEnum):
    """What a read-only action looks at."""

    NODE = "node"
    CHANNELS = "channels"
    CHANNEL = "channel"
    BALANCES = "balances"
    FEES = "fees"
    FORWARDS = "forwards"
    PENDING = "pending"
    PEERS = "peers"


class Intent(StrEnum):
    """The direction an action pushes a channel in: what contradicts what is decided on these."""

    FEE_UP = "fee_up"
    FEE_DOWN = "fee_down"
    POLICY = "policy"
    REFILL = "refill"
    DRAIN = "drain"
    OPEN = "open"
    CLOSE = "close"
    REVIEW = "review"


@dataclass(frozen=True, slots=True)
class ChannelRef:
    """The channel an action is about. `chan_point` is None where only public data is known."""

    scid: str
    chan_point: str | None
    peer_pubkey: str
    capacity_sat: int
    is_announced: bool = True  # False: lists of the public graph do not show it

    @classmethod
    def of(cls, channel: ChannelFacts) -> Self:
        peer = channel.peer.pubkey
        return cls(channel.scid, channel.chan_point, peer, channel.capacity_sat, channel.is_announced)


@dataclass(frozen=True, slots=True)
class FeeTerms:
    """What LND writes in one go: base fee, rate and time lock together, and the inbound pair where known."""

    base_fee_msat: int
    fee_ppm: int
    time_lock_delta: int
    inbound_base_fee_msat: int | None = None
    inbound_fee_ppm: int | None = None

    @classmethod
    def of(cls, policy: PolicyFacts) -> Self:
        return cls(
            policy.base_fee_msat,
            policy.fee_ppm,
            policy.time_lock_delta,
            policy.inbound_base_fee_msat,
            policy.inbound_fee_ppm,
        )

    @property
    def has_discount(self) -> bool:
        """Whether an inbound discount stands. A positive inbound fee is not one: LND's command cannot write it."""
        base, ppm = self.inbound_base_fee_msat or 0, self.inbound_fee_ppm or 0
        return base <= 0 and ppm <= 0 and (base, ppm) != (0, 0)

    def priced(self, *, fee_ppm: int | None = None, base_fee_msat: int | None = None) -> Self:
        """Return these terms with another outbound fee; a discount shrinks with it, as it may never exceed it."""
        rate = self.fee_ppm if fee_ppm is None else fee_ppm
        base = self.base_fee_msat if base_fee_msat is None else base_fee_msat
        new = replace(self, fee_ppm=rate, base_fee_msat=base)
        if not self.has_discount:
            return new
        return replace(
            new,
            inbound_base_fee_msat=max(self.inbound_base_fee_msat or 0, -base),
            inbound_fee_ppm=max(self.inbound_fee_ppm or 0, -rate),
        )


@dataclass(frozen=True, slots=True)
class SetChannelFee:
    kind: ClassVar[ActionKind] = ActionKind.SET_CHANNEL_FEE
    channel: ChannelRef
    current: FeeTerms
    new: FeeTerms

    @property
    def target(self) -> str:
        return self.channel.scid


@dataclass(frozen=True, slots=True)
class SetHtlcLimits:
    """New limits; None leaves that side as it is. LND's command repeats the fee terms, so they come along unchanged."""

    kind: ClassVar[ActionKind] = ActionKind.SET_HTLC_LIMITS
    channel: ChannelRef
    terms: FeeTerms
    current_min_msat: int | None
    current_max_msat: int | None
    new_min_msat: int | None = None
    new_max_msat: int | None = None

    @property
    def target(self) -> str:
        return self.channel.scid


@dataclass(frozen=True, slots=True)
class OpenChannel:
    kind: ClassVar[ActionKind] = ActionKind.OPEN_CHANNEL
    peer_pubkey: str
    amount_sat: int
    fee_rate_sat_vb: int | None = None
    cost_sat: int | None = None

    @property
    def target(self) -> str:
        return self.peer_pubkey


@dataclass(frozen=True, slots=True)
class CloseChannel:
    """A mutual close. There is no field to force one."""

    kind: ClassVar[ActionKind] = ActionKind.CLOSE_CHANNEL
    channel: ChannelRef
    fee_rate_sat_vb: int | None = None
    cost_sat: int | None = None

    @property
    def target(self) -> str:
        return self.channel.scid


@dataclass(frozen=True, slots=True)
class Rebalance:
    """Move liquidity out of one own channel and back in through another, below both fee limits."""

    kind: ClassVar[ActionKind] = ActionKind.REBALANCE
    out_channel: ChannelRef
    in_channel: ChannelRef
    amount_sat: int
    max_fee_sat: int
    max_fee_ppm: int

    @property
    def target(self) -> str:
        return self.in_channel.scid


@dataclass(frozen=True, slots=True)
class LoopOut:
    kind: ClassVar[ActionKind] = ActionKind.LOOP_OUT
    node_pubkey: str
    amount_sat: int
    channels: tuple[str, ...]
    max_routing_fee_sat: int

    @property
    def target(self) -> str:
        return self.node_pubkey


@dataclass(frozen=True, slots=True)
class LoopIn:
    kind: ClassVar[ActionKind] = ActionKind.LOOP_IN
    node_pubkey: str
    amount_sat: int
    last_hop: str | None = None

    @property
    def target(self) -> str:
        return self.node_pubkey


@dataclass(frozen=True, slots=True)
class ChargeLndRule:
    """One static section of a charge-lnd file, for operators who let that tool set their fees."""

    kind: ClassVar[ActionKind] = ActionKind.CHARGE_LND_RULE
    channel: ChannelRef
    current: FeeTerms
    new: FeeTerms
    min_change_ppm: int = 10

    @property
    def target(self) -> str:
        return self.channel.scid


@dataclass(frozen=True, slots=True)
class Inspect:
    """Read something. Nothing changes."""

    kind: ClassVar[ActionKind] = ActionKind.INSPECT
    target: str
    look: Look
    channel: ChannelRef | None = None


@dataclass(frozen=True, slots=True)
class ManualStep:
    """Something no command can do. `intent` tells the direction when it concerns a channel.

    `channel` is given where public lists do not show the target.
    """

    kind: ClassVar[ActionKind] = ActionKind.MANUAL_STEP
    target: str
    text: str
    intent: Intent | None = None
    channel: ChannelRef | None = None


Action = (
    SetChannelFee
    | SetHtlcLimits
    | OpenChannel
    | CloseChannel
    | Rebalance
    | LoopOut
    | LoopIn
    | ChargeLndRule
    | Inspect
    | ManualStep
)


def parameters(action: Action) -> dict[str, Any]:
    """Return the action's fields as JSON-safe values, nested as they are; of a channel only that it is unannounced."""
    return {name: _told(value) for name, value in asdict(action).items()}


def _told(value: Any) -> Any:
    # Most channels are announced, and ids of advice are made of these values: they stay as they were.
    if isinstance(value, dict) and value.get("is_announced") is True:
        return {name: part for name, part in value.items() if name != "is_announced"}
    return value


def intents(action: Action | None) -> tuple[tuple[str, Intent], ...]:
    """Return which channel or node the action pushes in which direction."""
    match action:
        case SetChannelFee() | ChargeLndRule():
            return ((action.target, _fee_intent(action.current, action.new)),)
        case SetHtlcLimits():
            return ((action.target, Intent.POLICY),)
        case Rebalance():
            return (action.in_channel.scid, Intent.REFILL), (action.out_channel.scid, Intent.DRAIN)
        case OpenChannel():
            return ((action.target, Intent.OPEN),)
        case CloseChannel():
            return ((action.target, Intent.CLOSE),)
        case LoopOut():
            return (action.target, Intent.DRAIN), *((scid, Intent.DRAIN) for scid in action.channels)
        case LoopIn():
            return ((action.target, Intent.REFILL),)
        case Inspect():
            return ((action.target, Intent.REVIEW),)
        case ManualStep(intent=Intent() as intent):
            return ((action.target, intent),)
    return ()


def _fee_intent(current: FeeTerms, new: FeeTerms) -> Intent:
    if new.fee_ppm == current.fee_ppm:
        return Intent.POLICY
    return Intent.FEE_UP if new.fee_ppm > current.fee_ppm else Intent.FEE_DOWN
