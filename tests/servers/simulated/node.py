"""What a simulated node knows of itself: plain mutable values that a test changes while the servers run.

No wire format stands here; tests/servers/lnd and tests/servers/cln each speak of this state in their own words.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from recommendations.domain.graph_records import PolicyRecord
from recommendations.domain.readings import ClosedBy, FailedAt


@dataclass(slots=True)
class SimChannel:
    """One channel. Balances do not move by themselves: a test sets them."""

    scid: str
    chan_point: str
    peer_pubkey: str
    peer_alias: str
    capacity_sat: int
    local_sat: int
    own_policy: PolicyRecord
    peer_policy: PolicyRecord | None
    is_active: bool = True
    is_private: bool = False
    is_initiator: bool = True
    watched_s: int = 1_000_000
    online_s: int = 990_000
    stable_since: datetime = datetime(2026, 2, 1, tzinfo=UTC)
    pending_htlcs: int = 0

    @property
    def remote_sat(self) -> int:
        return self.capacity_sat - self.local_sat

    @property
    def txid(self) -> str:
        return self.chan_point.partition(":")[0]

    @property
    def outnum(self) -> int:
        return int(self.chan_point.partition(":")[2])


@dataclass(slots=True)
class SimClosing:
    """One channel being closed."""

    channel: SimChannel
    closed_by: ClosedBy
    closing_txid: str


@dataclass(slots=True)
class SimClosed:
    """One channel that is no more. `fee_sat` is what its closing transaction cost."""

    channel: SimChannel
    closed_by: ClosedBy
    closed_at: datetime
    close_block: int
    closing_txid: str
    settled_sat: int
    fee_sat: int = 0


@dataclass(slots=True)
class SimForward:
    """One forward: under way while `resolved_at` is None. `failed_at` is set when it failed."""

    number: int  # 1-based, in order of creation
    received_at: datetime
    incoming_scid: str
    outgoing_scid: str
    amount_in_msat: int
    amount_out_msat: int
    resolved_at: datetime | None = None
    failed_at: FailedAt | None = None
    reason: str = ""
    change: int | None = None  # 1-based, in order of change; None when it never changed

    @property
    def fee_msat(self) -> int:
        return self.amount_in_msat - self.amount_out_msat

    @property
    def is_settled(self) -> bool:
        return self.resolved_at is not None and self.failed_at is None


@dataclass(slots=True)
class SimOpening:
    """What the funding transaction of a channel cost us."""

    chan_point: str
    at: datetime
    fee_sat: int


@dataclass(slots=True)
class SimRebalance:
    """One payment to ourselves."""

    payment_hash: str
    at: datetime
    outgoing_scid: str
    incoming_scid: str
    amount_msat: int
    fee_msat: int


@dataclass(slots=True)
class SimulatedNode:
    """One node and what it remembers. Change it at any time; the next answer tells of it."""

    pubkey: str
    alias: str = "simulated"
    version: str = ""  # empty: what the implementation calls its newest
    block_height: int = 900_000
    is_synced_to_chain: bool = True
    channels: dict[str, SimChannel] = field(default_factory=dict)
    closing: list[SimClosing] = field(default_factory=list)
    closed: list[SimClosed] = field(default_factory=list)
    forwards: list[SimForward] = field(default_factory=list)
    openings: list[SimOpening] = field(default_factory=list)
    rebalances: list[SimRebalance] = field(default_factory=list)
    onchain_fee_sat_vb: float = 12.0
    created: int = 0  # how many forwards there ever were
    changes: int = 0  # how many times a forward changed since it was created
    now: datetime | None = None  # None: the clock of this machine
    listeners: list[Callable[[SimForward], None]] = field(default_factory=list, repr=False)

    def clock(self) -> datetime:
        """Return the node's time."""
        return self.now or datetime.now(UTC)

    def add_forward(
        self,
        incoming_scid: str,
        outgoing_scid: str,
        *,
        amount_msat: int = 100_000_000,
        fee_msat: int = 25_000,
        at: datetime | None = None,
    ) -> SimForward:
        """Settle one forward, at once and now, or at `at`; return it."""
        forward = self.offer_forward(incoming_scid, outgoing_scid, amount_msat=amount_msat, fee_msat=fee_msat, at=at)
        return self.settle(forward, at=forward.received_at)

    def offer_forward(
        self,
        incoming_scid: str,
        outgoing_scid: str,
        *,
        amount_msat: int = 100_000_000,
        fee_msat: int = 25_000,
        at: datetime | None = None,
    ) -> SimForward:
        """Begin one forward that neither settles nor fails yet; return it."""
        forward = self._created(incoming_scid, outgoing_scid, amount_msat=amount_msat, fee_msat=fee_msat, at=at)
        self.forwards.append(forward)
        self._tell(forward)
        return forward

    def settle(self, forward: SimForward, *, at: datetime | None = None) -> SimForward:
        """Settle a forward under way, now or at `at`."""
        forward.change = self._next_change()  # first: what is not resolved does not show its change
        forward.resolved_at = at or self.clock()
        self._tell(forward)
        return forward

    def fail(
        self,
        forward: SimForward,
        *,
        failed_at: FailedAt = FailedAt.HERE,
        reason: str = "TEMPORARY_CHANNEL_FAILURE",
        at: datetime | None = None,
    ) -> SimForward:
        """Let a forward under way fail: at our own channel, or somewhere behind it."""
        forward.change = self._next_change()
        return self._failed(forward, failed_at, reason, at=at)

    def refuse_forward(
        self,
        incoming_scid: str,
        outgoing_scid: str,
        *,
        amount_msat: int = 100_000_000,
        fee_msat: int = 25_000,
        reason: str = "TEMPORARY_CHANNEL_FAILURE",
        at: datetime | None = None,
    ) -> SimForward:
        """Let a forward fail at our own channel at once: it was never under way. Return it."""
        forward = self._created(incoming_scid, outgoing_scid, amount_msat=amount_msat, fee_msat=fee_msat, at=at)
        self._failed(forward, FailedAt.HERE, reason, at=forward.received_at)
        self.forwards.append(forward)
        return forward

    def set_policy(self, scid: str, **values: Any) -> None:
        """Change fields of our own policy of a channel; it is of now unless `updated_s` says otherwise."""
        channel = self.channels[scid]
        changed: dict[str, Any] = {"updated_s": int(self.clock().timestamp())} | values
        channel.own_policy = channel.own_policy._replace(**changed)

    def set_balance(self, scid: str, local_sat: int) -> None:
        """Move the balance of a channel."""
        self.channels[scid].local_sat = local_sat

    def drop_channel(
        self, scid: str, *, closed_by: ClosedBy = ClosedBy.COOPERATIVE, at: datetime | None = None, fee_sat: int = 500
    ) -> SimClosed:
        """Close a channel for good; return what is remembered of it."""
        channel = self.channels.pop(scid)
        closed = SimClosed(
            channel=channel,
            closed_by=closed_by,
            closed_at=at or self.clock(),
            close_block=self.block_height,
            closing_txid=txid(f"close {scid}"),
            settled_sat=max(0, channel.local_sat - (fee_sat if channel.is_initiator else 0)),
            fee_sat=fee_sat,
        )
        self.closed.append(closed)
        return closed

    def begin_closing(self, scid: str, *, closed_by: ClosedBy = ClosedBy.LOCAL_FORCE) -> SimClosing:
        """Begin to close a channel: it is open no more, and not yet closed."""
        closing = SimClosing(self.channels.pop(scid), closed_by, txid(f"close {scid}"))
        self.closing.append(closing)
        return closing

    def go_offline(self, scid: str) -> None:
        """Let the peer of a channel be away."""
        self.channels[scid].is_active = False

    def settled(self) -> list[SimForward]:
        """Return the settled forwards, in the order in which they settled."""
        return sorted((one for one in self.forwards if one.is_settled), key=lambda one: (one.resolved_at, one.number))

    def pass_time(self, span: timedelta) -> None:
        """Let the node's own time pass; it must have one."""
        self.now = self.clock() + span

    def _created(
        self, incoming_scid: str, outgoing_scid: str, *, amount_msat: int, fee_msat: int, at: datetime | None
    ) -> SimForward:
        self.created = max(self.created, self.forwards[-1].number if self.forwards else 0) + 1
        return SimForward(
            number=self.created,
            received_at=at or self.clock(),
            incoming_scid=incoming_scid,
            outgoing_scid=outgoing_scid,
            amount_in_msat=amount_msat + fee_msat,
            amount_out_msat=amount_msat,
        )

    def _failed(self, forward: SimForward, failed_at: FailedAt, reason: str, *, at: datetime | None) -> SimForward:
        forward.failed_at, forward.reason = failed_at, reason
        forward.resolved_at = at or max(self.clock(), forward.received_at)
        self._tell(forward)
        return forward

    def _tell(self, forward: SimForward) -> None:
        for listener in tuple(self.listeners):
            listener(replace(forward))  # as it is now: what listens may look later

    def _next_change(self) -> int:
        newest = self.forwards[-1].change if self.forwards else None
        self.changes = max(self.changes, newest or 0) + 1
        return self.changes


def txid(seed: str) -> str:
    """Return a transaction id that this text always gives."""
    return hashlib.sha256(seed.encode()).hexdigest()
