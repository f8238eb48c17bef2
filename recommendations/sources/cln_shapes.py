"""What Core Lightning's REST interface answers, as far as it is read. Amounts are msat; field names are its own."""

import msgspec

from recommendations.sources.cln import Direction, Node
from recommendations.sources.lnd import Count, Delta, Uint32


class Info(msgspec.Struct):
    id: str
    alias: str = ""
    version: str = ""
    blockheight: Uint32 | None = None
    warning_bitcoind_sync: str | None = None
    warning_lightningd_sync: str | None = None


class Update(msgspec.Struct):
    """One side's policy in force, since 24.02. Whether it is disabled stands only in the gossip."""

    fee_base_msat: Count
    fee_proportional_millionths: Uint32
    cltv_expiry_delta: Delta
    htlc_minimum_msat: Count | None = None
    htlc_maximum_msat: Count | None = None


class Updates(msgspec.Struct):
    local: Update | None = None
    remote: Update | None = None


class StateChange(msgspec.Struct):
    new_state: str = ""


class Aliases(msgspec.Struct):
    local: str | None = None


class PeerChannel(msgspec.Struct):
    peer_id: str
    state: str
    channel_id: str | None = None
    short_channel_id: str | None = None
    funding_txid: str | None = None
    funding_outnum: Uint32 | None = None
    peer_connected: bool | None = None
    private: bool | None = None
    opener: str | None = None
    closer: str | None = None
    to_us_msat: Count | None = None
    total_msat: Count | None = None
    last_stable_connection: Count | None = None
    htlcs: list[dict[str, object]] | None = None
    updates: Updates | None = None
    state_changes: list[StateChange] | None = None
    alias: Aliases | None = None

    @property
    def scid(self) -> str | None:
        """Return the channel id; of a channel in use before its confirmation, the alias that forwards name it by."""
        return self.short_channel_id or (self.alias.local if self.alias else None)


class PeerChannels(msgspec.Struct):
    channels: list[PeerChannel]


class ClosedChannel(msgspec.Struct):
    channel_id: str
    total_msat: Count
    peer_id: str | None = None
    short_channel_id: str | None = None
    funding_txid: str | None = None
    funding_outnum: Uint32 | None = None
    opener: str | None = None
    close_cause: str = ""
    final_to_us_msat: Count | None = None


class ClosedChannels(msgspec.Struct):
    closedchannels: list[ClosedChannel]


class Forward(msgspec.Struct):
    in_channel: str
    status: str
    in_msat: Count
    created_index: Count = 0
    updated_index: Count | None = None
    out_channel: str | None = None
    out_msat: Count | None = None
    fee_msat: Count | None = None
    received_time: float = 0.0
    resolved_time: float | None = None
    failreason: str | None = None


class Forwards(msgspec.Struct):
    forwards: list[Forward]


class IncomeEvent(msgspec.Struct):
    account: str
    tag: str
    timestamp: Count
    credit_msat: Count = 0
    debit_msat: Count = 0
    txid: str | None = None


class Income(msgspec.Struct):
    income_events: list[IncomeEvent]


class AccountEvent(msgspec.Struct):
    account: str
    type: str
    timestamp: Count
    credit_msat: Count = 0
    debit_msat: Count = 0
    payment_id: str | None = None
    part_id: Count | None = None
    is_rebalance: bool = False


class AccountEvents(msgspec.Struct):
    events: list[AccountEvent]


class Estimate(msgspec.Struct):
    blockcount: Count
    feerate: Count


class PerKilobyte(msgspec.Struct):
    estimates: list[Estimate] | None = None
    opening: Count | None = None


class Feerates(msgspec.Struct):
    perkb: PerKilobyte


class Row(Direction):
    public: bool = True  # older versions list our own unannounced channels too


class Rows(msgspec.Struct):
    channels: list[Row]


class Nodes(msgspec.Struct):
    nodes: list[Node]


class Refusal(msgspec.Struct):
    code: int | None = None
    message: str = ""
