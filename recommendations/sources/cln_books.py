"""Read what a Core Lightning node paid for its channels from its bookkeeper.

On-chain fees come consolidated per channel and transaction. Of a rebalance the income list tells only the channel it
left by; which one it refilled stands in the events, which are asked for only when there was a rebalance.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from recommendations.domain.readings import CostKind, CostReading
from recommendations.sources.cln_shapes import (
    AccountEvent,
    AccountEvents,
    ClosedChannel,
    ClosedChannels,
    Income,
    IncomeEvent,
    PeerChannel,
    PeerChannels,
)
from recommendations.sources.http import Caller
from recommendations.sources.ids import moment, scid_of

INCOME, EVENTS = "bkpr-listincome", "bkpr-listaccountevents"
Known = Mapping[str, PeerChannel | ClosedChannel]  # by channel id, which is the name of the account


async def costs(caller: Caller, *, since: datetime) -> tuple[CostReading, ...]:
    """Return the costs since a moment.

    :raises SourceError: when the node does not answer, or the rune does not allow it.
    """
    start = {"start_time": int(since.timestamp()), "consolidate_fees": True}
    income = (await caller.post(f"/v1/{INCOME}", start, Income)).income_events
    known = await _channels(caller)
    # The bookkeeper tells consolidated fees of all times, whichever start it is asked for.
    onchain = _onchain([event for event in income if event.timestamp >= since.timestamp()], known)
    if not any(event.tag == "rebalance_fee" for event in income):
        return tuple(onchain)
    events = await caller.large("POST", f"/v1/{EVENTS}", AccountEvents, body={})
    return (*onchain, *_rebalances(events.events, known, since=since))


async def _channels(caller: Caller) -> Known:
    listed = (await caller.post("/v1/listpeerchannels", {}, PeerChannels)).channels
    closed = (await caller.post("/v1/listclosedchannels", {}, ClosedChannels)).closedchannels
    both: tuple[PeerChannel | ClosedChannel, ...] = (*closed, *listed)
    return {one.channel_id: one for one in both if one.channel_id and one.short_channel_id}


def _onchain(income: Sequence[IncomeEvent], known: Known) -> list[CostReading]:
    """Return the fees of the funding transactions, and of all others, which are closings and what they leave."""
    found = []
    for event in income:
        channel = known.get(event.account)
        cost_msat = event.debit_msat - event.credit_msat
        if channel is None or event.tag != "onchain_fee" or event.txid is None or cost_msat <= 0:
            continue
        kind = CostKind.OPEN if event.txid == channel.funding_txid else CostKind.CLOSE
        name = f"{event.txid}:{channel.short_channel_id}"  # several channels may share one transaction
        found.append(_cost(name, kind, channel, event.timestamp, cost_msat=cost_msat))
    return found


def _rebalances(events: Sequence[AccountEvent], known: Known, *, since: datetime) -> list[CostReading]:
    """Return one cost per payment to ourselves, for the channel that received most of it."""
    parts: dict[str, list[AccountEvent]] = defaultdict(list)
    for event in events:
        if event.type == "channel" and event.is_rebalance and event.payment_id:
            parts[event.payment_id].append(event)
    found = [_rebalance(payment, both, known) for payment, both in parts.items()]
    return [reading for reading in found if reading is not None and reading.at >= since]


def _rebalance(payment: str, events: Sequence[AccountEvent], known: Known) -> CostReading | None:
    received = max(events, key=lambda event: event.credit_msat)
    channel = known.get(received.account)
    came = sum(event.credit_msat for event in events)
    cost_msat = sum(event.debit_msat for event in events) - came
    if channel is None or came == 0 or cost_msat < 0:
        return None
    latest_s = max(event.timestamp for event in events)
    return _cost(payment, CostKind.REBALANCE, channel, latest_s, cost_msat=cost_msat, amount_msat=came)


def _cost(
    name: str,
    kind: CostKind,
    channel: PeerChannel | ClosedChannel,
    at_s: int,
    *,
    cost_msat: int,
    amount_msat: int | None = None,
) -> CostReading:
    return CostReading(
        reference=f"{kind}:{name}",
        at=moment(at_s, record=INCOME, field="timestamp"),
        kind=kind,
        scid=scid_of(channel.short_channel_id or "", record=INCOME, field="short_channel_id"),
        cost_msat=cost_msat,
        amount_msat=amount_msat,
    )
