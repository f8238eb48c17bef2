"""What LND's REST interface answers, as far as it is read. int64 may be text; field names are LND's.

LND writes every list, also an empty one. An answer without it is no answer: it must not read as "no channels".
"""

import msgspec

from recommendations.sources.lnd import Count, Edge, Int64, Node, Uint32


class Info(msgspec.Struct):
    identity_pubkey: str
    alias: str = ""
    version: str = ""
    block_height: Uint32 | None = None
    synced_to_chain: bool | None = None
    synced_to_graph: bool | None = None


class Htlc(msgspec.Struct):
    incoming: bool = False


class Channel(msgspec.Struct):
    remote_pubkey: str
    chan_id: int | str
    channel_point: str
    capacity: Count
    active: bool | None = None
    local_balance: Int64 | None = None
    remote_balance: Int64 | None = None
    pending_htlcs: list[Htlc] | None = None
    private: bool | None = None
    initiator: bool | None = None
    lifetime: Count | None = None
    uptime: Count | None = None
    peer_alias: str = ""
    scid: int | str | None = None  # only lncli since 0.20, whose chan_id is the funding transaction

    @property
    def number(self) -> int | str:
        """Return the channel id, under whichever name it stands."""
        return self.chan_id if self.scid is None else self.scid


class Channels(msgspec.Struct):
    channels: list[Channel]


class NodeChannels(msgspec.Struct):
    """`/v1/graph/node/KEY?include_channels=true`: the announced ones, each with both policies."""

    channels: list[Edge]


class ChannelFees(msgspec.Struct):
    chan_id: int | str
    base_fee_msat: Count
    fee_per_mil: Uint32
    scid: int | str | None = None  # as in Channel

    @property
    def number(self) -> int | str:
        """Return the channel id, under whichever name it stands."""
        return self.chan_id if self.scid is None else self.scid


class FeeReport(msgspec.Struct):
    channel_fees: list[ChannelFees]


class Graph(msgspec.Struct):
    nodes: list[Node]
    edges: list[Edge]


class Closed(msgspec.Struct):
    chan_id: int | str
    channel_point: str
    remote_pubkey: str
    capacity: Count
    close_height: Uint32 | None = None
    settled_balance: Int64 | None = None
    close_type: str = ""
    open_initiator: str = ""
    closing_tx_hash: str = ""
    scid: int | str | None = None  # as in Channel

    @property
    def number(self) -> int | str:
        """Return the channel id, under whichever name it stands; 0 for a channel that never had one."""
        return (self.chan_id if self.scid is None else self.scid) or 0


class ClosedChannels(msgspec.Struct):
    channels: list[Closed]


class PendingChannel(msgspec.Struct):
    remote_node_pub: str
    channel_point: str
    capacity: Count
    local_balance: Int64 | None = None


class Pending(msgspec.Struct):
    channel: PendingChannel
    closing_txid: str = ""


class PendingChannels(msgspec.Struct):
    pending_closing_channels: list[Pending]
    pending_force_closing_channels: list[Pending]
    waiting_close_channels: list[Pending]


class Forward(msgspec.Struct):
    chan_id_in: int | str
    chan_id_out: int | str
    timestamp: Count
    timestamp_ns: Count = 0
    amt_in_msat: Count = 0
    amt_out_msat: Count = 0
    fee_msat: Count = 0


class Forwards(msgspec.Struct):
    forwarding_events: list[Forward]
    last_offset_index: Uint32 = 0


class Output(msgspec.Struct):
    amount: Count


class Transaction(msgspec.Struct):
    tx_hash: str
    time_stamp: Count
    total_fees: Int64 = 0
    num_confirmations: Int64 = 0
    output_details: list[Output] | None = None


class Transactions(msgspec.Struct):
    transactions: list[Transaction]


class Hop(msgspec.Struct):
    chan_id: int | str
    pub_key: str = ""


class Route(msgspec.Struct):
    hops: list[Hop] | None = None
    total_fees_msat: Count | None = None
    total_amt_msat: Count | None = None


class Attempt(msgspec.Struct):
    status: str
    route: Route | None = None
    attempt_id: Count = 0
    resolve_time_ns: Count = 0


class Payment(msgspec.Struct):
    payment_hash: str
    status: str
    payment_index: Count = 0
    creation_time_ns: Count = 0
    htlcs: list[Attempt] | None = None


class Payments(msgspec.Struct):
    payments: list[Payment]
    last_index_offset: Count = 0


class FeeEstimate(msgspec.Struct):
    sat_per_kw: Count


class Refusal(msgspec.Struct):
    code: int = 0
    message: str = ""


class EventAmounts(msgspec.Struct):
    incoming_amt_msat: Count = 0
    outgoing_amt_msat: Count = 0


class ForwardEvent(msgspec.Struct):
    info: EventAmounts | None = None


class LinkFailEvent(msgspec.Struct):
    info: EventAmounts | None = None
    wire_failure: str = ""


class HtlcEvent(msgspec.Struct):
    event_type: str = ""
    incoming_channel_id: int | str = 0
    outgoing_channel_id: int | str = 0
    incoming_htlc_id: Count = 0
    timestamp_ns: Count = 0
    forward_event: ForwardEvent | None = None
    forward_fail_event: dict[str, object] | None = None
    settle_event: dict[str, object] | None = None
    link_fail_event: LinkFailEvent | None = None


class EventLine(msgspec.Struct):
    """One line of a stream: an event, or the error it ends with."""

    result: HtlcEvent | None = None
    error: Refusal | None = None
