"""Work out what an LND node paid for its channels: LND keeps no such book, but tells the transactions and payments.

Opening: the fee of our own funding transaction, shared among the channels it opened. Closing: what the closing
transaction leaves between the channel and its outputs, paid by who opened. Rebalance: a payment to ourselves.
"""

from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime

from recommendations.domain.readings import CostKind, CostReading
from recommendations.sources.http import Caller
from recommendations.sources.ids import moment, scid_of
from recommendations.sources.lnd_closed import CLOSED, IS_OURS
from recommendations.sources.lnd_shapes import (
    Attempt,
    Channel,
    Channels,
    Closed,
    ClosedChannels,
    Payment,
    Payments,
    Transaction,
    Transactions,
)

TRANSACTIONS, PAYMENTS = "/v1/transactions", "/v1/payments"
PAYMENTS_PER_PAGE = 500  # each carries all its routes
NANO = 1_000_000_000
Points = Mapping[str, int | str]  # channel id by channel point


async def costs(caller: Caller, *, own: str, since: datetime) -> tuple[CostReading, ...]:
    """Return the costs since a moment.

    :raises SourceError: when the node does not answer, or the macaroon does not allow it.
    """
    listed = (await caller.get("/v1/channels", Channels)).channels
    closed = [one for one in (await caller.get(CLOSED, ClosedChannels)).channels if one.number not in (0, "0")]
    made = (await caller.get(TRANSACTIONS, Transactions)).transactions
    fresh = [one for one in made if one.num_confirmations > 0 and one.time_stamp >= since.timestamp()]
    both: tuple[Channel | Closed, ...] = (*listed, *closed)
    opened = {one.channel_point: one.number for one in both}
    circular = [one async for one in _rebalances(caller, own=own, since=since)]
    return (*_openings(fresh, opened), *_closings(fresh, closed), *circular)


def _openings(transactions: Sequence[Transaction], points: Points) -> list[CostReading]:
    """Return what our own funding transactions cost, shared where one opened several channels."""
    shares = Counter(point.partition(":")[0] for point in points)
    paid = {one.tx_hash: one for one in transactions if one.total_fees > 0}
    found = []
    for point, channel_id in points.items():
        transaction = paid.get(point.partition(":")[0])
        if transaction is None:
            continue
        cost_msat = transaction.total_fees * 1000 // shares[transaction.tx_hash]
        found.append(_onchain(CostKind.OPEN, point, channel_id, transaction, cost_msat=cost_msat))
    return found


def _closings(transactions: Sequence[Transaction], closed: Sequence[Closed]) -> list[CostReading]:
    by_hash = {one.tx_hash: one for one in transactions}
    found = []
    for channel in closed:
        transaction = by_hash.get(channel.closing_tx_hash)
        fee_sat = _closing_fee_sat(channel, transaction)
        if transaction is None or not fee_sat:
            continue
        point, channel_id = channel.channel_point, channel.number
        found.append(_onchain(CostKind.CLOSE, point, channel_id, transaction, cost_msat=fee_sat * 1000))
    return found


def _closing_fee_sat(channel: Closed, transaction: Transaction | None) -> int | None:
    """Return what the channel lost to the miners; None where that is not known, or paid by the peer."""
    if transaction is None or not transaction.output_details or not IS_OURS.get(channel.open_initiator):
        return None
    fee_sat = channel.capacity - sum(output.amount for output in transaction.output_details)
    return fee_sat if 0 < fee_sat < channel.capacity else None


def _onchain(
    kind: CostKind, point: str, channel_id: int | str, transaction: Transaction, *, cost_msat: int
) -> CostReading:
    return CostReading(
        reference=f"{kind}:{point}",
        at=moment(transaction.time_stamp, record=TRANSACTIONS, field="time_stamp"),
        kind=kind,
        scid=scid_of(channel_id, record=TRANSACTIONS, field="chan_id"),
        cost_msat=cost_msat,
        amount_msat=None,
    )


async def _rebalances(caller: Caller, *, own: str, since: datetime) -> AsyncIterator[CostReading]:
    offset = 0
    start = str(int(since.timestamp()))
    while True:
        query = {
            "include_incomplete": "false",
            "index_offset": str(offset),
            "max_payments": str(PAYMENTS_PER_PAGE),
            "creation_date_start": start,
        }
        page = await caller.get(PAYMENTS, Payments, query=query)
        for payment in page.payments:
            for reading in _circular(payment, own=own, since=since):
                yield reading
        if len(page.payments) < PAYMENTS_PER_PAGE or page.last_index_offset <= offset:
            return
        offset = page.last_index_offset


def _circular(payment: Payment, *, own: str, since: datetime) -> list[CostReading]:
    """Return one cost per settled part whose last hop is ourselves, for the channel it came in through."""
    if payment.status != "SUCCEEDED":
        return []
    readings = (_part(payment, attempt, own=own) for attempt in payment.htlcs or [] if attempt.status == "SUCCEEDED")
    return [reading for reading in readings if reading is not None and reading.at >= since]


def _part(payment: Payment, attempt: Attempt, *, own: str) -> CostReading | None:
    route = attempt.route
    if route is None or not route.hops or route.hops[-1].pub_key != own or route.total_fees_msat is None:
        return None
    sent = route.total_amt_msat
    resolved_ns = attempt.resolve_time_ns or payment.creation_time_ns
    return CostReading(
        reference=f"rebalance:{payment.payment_hash}:{attempt.attempt_id}",
        at=moment(resolved_ns / NANO, record=PAYMENTS, field="resolve_time_ns"),
        kind=CostKind.REBALANCE,
        scid=scid_of(route.hops[-1].chan_id, record=PAYMENTS, field="chan_id"),
        cost_msat=route.total_fees_msat,
        amount_msat=None if sent is None else sent - route.total_fees_msat,
    )
