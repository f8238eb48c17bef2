"""What one node tells us of itself, in neutral words, whichever implementation it runs. Unknown is None, never 0.

A source returns these values as it reads them; a service stores them. Amounts are sat or msat as named; times are
aware UTC.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from recommendations.domain.graph_records import PolicyRecord


class Implementation(StrEnum):
    """Which commands a node understands."""

    LND = "lnd"
    CLN = "cln"


class FailedAt(StrEnum):
    """Where an HTLC failed: at our own channel (often for lack of liquidity), or somewhere behind it."""

    HERE = "here"
    DOWNSTREAM = "downstream"


class CostKind(StrEnum):
    """What the operator paid for a channel."""

    OPEN = "open"
    CLOSE = "close"
    REBALANCE = "rebalance"


class ClosedBy(StrEnum):
    """How a channel ended."""

    COOPERATIVE = "cooperative"
    LOCAL_FORCE = "local_force"
    REMOTE_FORCE = "remote_force"
    BREACH = "breach"
    NEVER_OPENED = "never_opened"
    FORCE = "force"  # by force, and the source does not say by whom
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a node answers and what opens it. `pubkey`: the node that must answer there; "" takes any.

    `credential` is LND's macaroon in hexadecimal digits or Core Lightning's rune; no repr shows it.
    `certificate` is the PEM that the node presents or that signed it; "" trusts public authorities.
    """

    kind: Implementation
    address: str
    credential: str = field(repr=False)
    certificate: str = field(default="", repr=False)
    pubkey: str = ""


@dataclass(frozen=True, slots=True)
class NodeReading:
    """Who answered, and whether what it says of the network is up to date."""

    pubkey: str
    alias: str
    implementation: Implementation
    version: str
    block_height: int | None
    is_synced_to_chain: bool | None
    is_synced_to_graph: bool | None
    as_of: datetime

    @property
    def tip_block(self) -> int | None:
        """Return how high the chain stands as of this reading; None from a node that has not caught up with it."""
        return None if self.is_synced_to_chain is False else self.block_height


@dataclass(frozen=True, slots=True)
class ChannelReading:
    """One open channel, seen from its owner. Policies are None where the source does not tell them."""

    scid: str
    chan_point: str | None
    peer_pubkey: str
    peer_alias: str
    capacity_sat: int
    local_sat: int | None
    remote_sat: int | None
    is_active: bool | None
    is_private: bool | None
    is_initiator: bool | None
    watched_s: int | None  # since the daemon started to watch the peer; a restart begins anew
    online_s: int | None  # of these
    stable_since: datetime | None  # the peer's latest connection
    pending_htlcs: int | None
    own_policy: PolicyRecord | None
    peer_policy: PolicyRecord | None


@dataclass(frozen=True, slots=True)
class ForwardReading:
    """One settled forward."""

    at: datetime
    incoming_scid: str
    outgoing_scid: str
    amount_in_msat: int
    amount_out_msat: int
    fee_msat: int


@dataclass(frozen=True, slots=True)
class FailureReading:
    """One forward that did not settle. `fee_msat` is what it would have earned, where that is known."""

    at: datetime
    incoming_scid: str
    outgoing_scid: str | None
    amount_msat: int | None
    fee_msat: int | None
    failed_at: FailedAt
    reason: str  # e.g. TEMPORARY_CHANNEL_FAILURE; "" when the source does not say


@dataclass(frozen=True, slots=True)
class ClosedReading:
    """One channel that is no more."""

    scid: str
    chan_point: str | None
    peer_pubkey: str
    capacity_sat: int
    settled_sat: int | None
    closed_by: ClosedBy
    closed_at: datetime | None
    close_block: int | None
    is_initiator: bool | None


@dataclass(frozen=True, slots=True)
class ClosingReading:
    """One channel on its way to the end: not among the open ones any more, and not yet among the closed ones.

    LND does not tell its short channel id: look it up by `chan_point`.
    """

    scid: str | None
    chan_point: str
    peer_pubkey: str
    capacity_sat: int
    local_sat: int | None
    closed_by: ClosedBy
    closing_txid: str | None


@dataclass(frozen=True, slots=True)
class CostReading:
    """What one opening, closing or rebalance of a channel cost. `reference` names it once for all readings.

    A rebalance is counted for the channel it refilled.
    """

    reference: str
    at: datetime
    kind: CostKind
    scid: str
    cost_msat: int
    amount_msat: int | None


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """One page of history. `cursor` is what to ask with next; with `is_last`, what to ask with at the next reading."""

    forwards: tuple[ForwardReading, ...]
    failures: tuple[FailureReading, ...]
    cursor: Mapping[str, int | str]
    is_last: bool
    total: int | None = None  # entries to be read in all, where the source tells


@dataclass(frozen=True, slots=True)
class Ability:
    """One thing that the credential should allow, and whether it does. `lacking` says what is missing, for people."""

    name: str
    why: str
    is_there: bool
    is_needed: bool = True
    lacking: str = ""


class FileKind(StrEnum):
    """What a file from a node holds, by the command that wrote it."""

    LND_INFO = "lncli getinfo"
    LND_CHANNELS = "lncli listchannels"
    LND_CLOSED = "lncli closedchannels"
    LND_FORWARDS = "lncli fwdinghistory"
    LND_FEES = "lncli feereport"
    CLN_INFO = "lightning-cli getinfo"
    CLN_CHANNELS = "lightning-cli listpeerchannels"
    CLN_CLOSED = "lightning-cli listclosedchannels"
    CLN_FORWARDS = "lightning-cli listforwards"
    CSV_FORWARDS = "forwards as CSV"


@dataclass(frozen=True, slots=True)
class FeeReading:
    """What a channel charges, where nothing else of its policy is told: too little for a command."""

    scid: str
    base_fee_msat: int
    fee_ppm: int


@dataclass(frozen=True, slots=True)
class NodeFile:
    """What one file tells of one node. `kind` says which of these can be there; no file tells when it was written."""

    kind: FileKind
    pubkey: str | None = None
    alias: str = ""
    version: str = ""
    channels: tuple[ChannelReading, ...] = ()
    closed: tuple[ClosedReading, ...] = ()
    closing: tuple[ClosingReading, ...] = ()
    forwards: tuple[ForwardReading, ...] = ()
    failures: tuple[FailureReading, ...] = ()
    fees: tuple[FeeReading, ...] = ()

    @property
    def implementation(self) -> Implementation | None:
        """Return which implementation wrote it; None for a CSV, which does not say."""
        if self.kind is FileKind.CSV_FORWARDS:
            return None
        return Implementation.LND if self.kind.startswith("lncli") else Implementation.CLN
