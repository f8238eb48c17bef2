"""The words of each command that moves or reads, before they are judged. Only ids and whole numbers go into a line."""

from dataclasses import dataclass

from recommendations.domain.actions import (
    ChannelRef,
    CloseChannel,
    Inspect,
    Look,
    LoopIn,
    LoopOut,
    ManualStep,
    OpenChannel,
    Rebalance,
)
from recommendations.domain.units import SCID, channel_id_from_scid

NO_CHANNEL_POINT = "<chan_point unknown: public data only>"
CHANNEL_POINT_MISSING = "the channel point is not in public data; read it from the prepare command and fill it in"
CLOSE_VBYTES = 169  # a mutual close with two P2WPKH outputs, about
MANUAL_SWAP = (
    "No command is printed for Core Lightning: use the swap service you trust, with the same amount and limit."
)


@dataclass(frozen=True, slots=True)
class ValueChange:
    name: str
    unit: str
    current: int | None
    new: int | None


@dataclass(frozen=True, slots=True)
class PlatformDraft:
    command: str | None = None
    verify: str | None = None
    inverse: str | None = None
    prepare: tuple[str, ...] = ()
    missing: str = ""
    instead: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    lnd: PlatformDraft
    cln: PlatformDraft
    values: tuple[ValueChange, ...] = ()
    notes: tuple[str, ...] = ()
    cannot_undo: str | None = None
    undo_cost_sat: int | None = None
    file_text: str | None = None


def open_channel(action: OpenChannel) -> Draft:
    key, rate = action.peer_pubkey, action.fee_rate_sat_vb
    lnd_rate = "" if rate is None else f" --sat_per_vbyte {rate}"
    cln_rate = "" if rate is None else f" feerate={rate * 1000}perkb"
    lnd = PlatformDraft(
        f"lncli openchannel --node_key {key} --local_amt {action.amount_sat}{lnd_rate}",
        "lncli pendingchannels",
        prepare=(f"lncli getnodeinfo --pub_key {key}", "lncli walletbalance"),
    )
    cln = PlatformDraft(
        f"lightning-cli -k fundchannel id={key} amount={action.amount_sat}{cln_rate}",
        f"lightning-cli -k listpeerchannels id={key}",
        prepare=(f"lightning-cli -k connect id={key}", "lightning-cli -k listfunds"),
    )
    words = "An opened channel cannot be undone. Closing it again costs a second on-chain fee"
    note = "The peer must be connected first; its announced addresses are in the output of the prepare command."
    values = (ValueChange("local_amount_sat", "sat", None, action.amount_sat),)
    cost = None if rate is None else CLOSE_VBYTES * rate
    return Draft(lnd, cln, values, (note,), f"{words}, about {CLOSE_VBYTES} vB.", cost)


def close_channel(action: CloseChannel) -> Draft:
    point = action.channel.chan_point
    rate = "" if action.fee_rate_sat_vb is None else f" --sat_per_vbyte {action.fee_rate_sat_vb}"
    lnd = PlatformDraft(
        f"lncli closechannel --chan_point {point or NO_CHANNEL_POINT}{rate}",
        "lncli pendingchannels",
        prepare=find_point(action.channel),
        missing="" if point else CHANNEL_POINT_MISSING,
    )
    cln = PlatformDraft(
        f"lightning-cli -k close id={action.channel.scid} unilateraltimeout=0",
        f"lightning-cli -k listpeerchannels id={action.channel.peer_pubkey}",
    )
    words = "A closed channel cannot be reopened; a new one costs an on-chain fee and starts without history."
    values = (ValueChange("capacity_sat", "sat", action.channel.capacity_sat, 0),)
    note = "This asks for a mutual close. A forced close is never printed."
    return Draft(lnd, cln, values, (note,), words, action.cost_sat)


def rebalance(action: Rebalance) -> Draft:
    lnd = PlatformDraft(
        f"bos rebalance --out {action.out_channel.peer_pubkey} --in {action.in_channel.peer_pubkey}"
        f" --amount {action.amount_sat} --max-fee {action.max_fee_sat} --max-fee-rate {action.max_fee_ppm}",
        f"lncli listchannels --peer {action.in_channel.peer_pubkey}",
    )
    cln = PlatformDraft(
        verify=f"lightning-cli -k listpeerchannels id={action.in_channel.peer_pubkey}",
        instead=f"Use your rebalancing plugin: {action.amount_sat:,} sat out of {action.out_channel.scid}, in through"
        f" {action.in_channel.scid}, at most {action.max_fee_ppm:,} ppm and {action.max_fee_sat:,} sat.",
    )
    words = "The routing fee that was paid does not come back; moving the liquidity back costs a second fee."
    values = (
        ValueChange("amount_sat", "sat", None, action.amount_sat),
        ValueChange("max_fee_sat", "sat", None, action.max_fee_sat),
    )
    note = "Both fee limits are given on purpose: whichever is lower holds."
    return Draft(lnd, cln, values, (note,), words, action.max_fee_sat)


def loop_out(action: LoopOut) -> Draft:
    ids = ",".join(str(channel_id_from_scid(scid)) for scid in action.channels if SCID.match(scid))
    through = f" --channel {ids}" if ids else ""
    lnd = PlatformDraft(
        f"loop out --amt {action.amount_sat}{through} --max_swap_routing_fee {action.max_routing_fee_sat}",
        "lncli channelbalance",
        prepare=("loop terms", f"loop quote out {action.amount_sat}"),
    )
    return _swap(lnd, action.amount_sat)


def loop_in(action: LoopIn) -> Draft:
    hop = "" if action.last_hop is None else f" --last_hop {action.last_hop}"
    lnd = PlatformDraft(
        f"loop in --amt {action.amount_sat}{hop}",
        "lncli channelbalance",
        prepare=("loop terms", f"loop quote in {action.amount_sat}"),
    )
    return _swap(lnd, action.amount_sat)


def inspect(action: Inspect) -> Draft:
    lnd, cln = _LOOKS[action.look]
    if action.look is Look.CHANNEL and action.channel is not None:
        lnd = f"lncli getchaninfo --chan_id {channel_id_from_scid(action.channel.scid)}"
        cln = cln_look(action.channel)
    elif action.look is Look.PEERS and action.channel is not None:
        lnd = f"lncli listchannels --peer {action.channel.peer_pubkey}"
        cln = f"lightning-cli -k listpeerchannels id={action.channel.peer_pubkey}"
    return Draft(PlatformDraft(lnd), PlatformDraft(cln), notes=("Reads only; nothing changes.",))


def cln_look(channel: ChannelRef) -> str:
    """Return how Core Lightning shows a channel: its gossip lists none that is not announced."""
    if channel.is_announced:
        return f"lightning-cli -k listchannels short_channel_id={channel.scid}"
    return f"lightning-cli -k listpeerchannels id={channel.peer_pubkey}"


def by_hand(action: ManualStep) -> Draft:
    """A step no command can do: only what to look at before and after it."""
    lnd, cln = _LOOKS[Look.NODE]
    if SCID.fullmatch(action.target):
        lnd = f"lncli getchaninfo --chan_id {channel_id_from_scid(action.target)}"
        public = f"lightning-cli -k listchannels short_channel_id={action.target}"
        cln = public if action.channel is None else cln_look(action.channel)
    return Draft(PlatformDraft(prepare=(lnd,), instead=action.text), PlatformDraft(prepare=(cln,), instead=action.text))


_LOOKS = {
    Look.NODE: ("lncli getinfo", "lightning-cli -k getinfo"),
    Look.CHANNELS: ("lncli listchannels", "lightning-cli -k listpeerchannels"),
    Look.CHANNEL: ("lncli listchannels", "lightning-cli -k listpeerchannels"),
    Look.BALANCES: ("lncli channelbalance", "lightning-cli -k listfunds"),
    Look.FEES: ("lncli feereport", "lightning-cli -k listpeerchannels"),
    Look.FORWARDS: (
        "lncli fwdinghistory --start_time -30d --max_events 50000",
        "lightning-cli -k listforwards status=settled",
    ),
    Look.PENDING: ("lncli pendingchannels", "lightning-cli -k listpeerchannels"),
    Look.PEERS: ("lncli listpeers", "lightning-cli -k listpeerchannels"),
}


def _swap(lnd: PlatformDraft, amount_sat: int) -> Draft:
    words = "A finished swap cannot be undone; swapping back costs the service and on-chain fees again."
    note = "Look at the quote first and compare its total cost with what the liquidity earns."
    return Draft(
        lnd, PlatformDraft(instead=MANUAL_SWAP), (ValueChange("amount_sat", "sat", None, amount_sat),), (note,), words
    )


def find_point(channel: ChannelRef) -> tuple[str, ...]:
    return () if channel.chan_point else (f"lncli getchaninfo --chan_id {channel_id_from_scid(channel.scid)}",)
