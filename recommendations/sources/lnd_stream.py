"""Listen to LND's HTLC events for forwards that fail. LND keeps no record of them: unheard, they are lost."""

from collections import OrderedDict
from collections.abc import AsyncIterator

from recommendations.domain.readings import FailedAt, FailureReading
from recommendations.domain.source_errors import SourceUnreachable
from recommendations.sources.decoding import decoded
from recommendations.sources.http import Caller
from recommendations.sources.ids import moment, scid_of
from recommendations.sources.lnd_shapes import EventAmounts, EventLine, HtlcEvent

PATH = "/v2/router/htlcevents"
MOST_REMEMBERED = 10_000  # forwards under way; LND allows 483 per channel and direction
NANO = 1_000_000_000
LONGEST_REASON = 80  # characters
Forwarding = tuple[int | str, int]  # incoming channel and its HTLC


async def failures(caller: Caller) -> AsyncIterator[FailureReading]:
    """Yield each failed forward as it happens.

    :raises SourceError: when the node refuses, goes away or answers something else.
    """
    under_way = _UnderWay()
    async for line in caller.lines(PATH):
        told = decoded(line, EventLine, record=PATH)
        if told.error is not None:
            raise SourceUnreachable(f"The node ended {PATH}.")
        reading = under_way.heard(told.result) if told.result else None
        if reading is not None:
            yield reading


class _UnderWay:
    """What the forwards under way carry: a failure downstream does not repeat the amounts."""

    def __init__(self) -> None:
        self._amounts: OrderedDict[Forwarding, EventAmounts] = OrderedDict()

    def heard(self, event: HtlcEvent) -> FailureReading | None:
        """Return the failure that this event tells of, if it does."""
        if event.event_type != "FORWARD":
            return None
        key = event.incoming_channel_id, event.incoming_htlc_id
        if event.forward_event is not None:
            self._remember(key, event.forward_event.info)
            return None
        known = self._amounts.pop(key, None)
        if event.link_fail_event is not None:
            failed = event.link_fail_event
            return _reading(event, failed.info or known, failed_at=FailedAt.HERE, reason=failed.wire_failure)
        if event.forward_fail_event is not None:
            return _reading(event, known, failed_at=FailedAt.DOWNSTREAM, reason="")
        return None

    def _remember(self, key: Forwarding, amounts: EventAmounts | None) -> None:
        if amounts is not None:
            self._amounts[key] = amounts
        if len(self._amounts) > MOST_REMEMBERED:
            self._amounts.popitem(last=False)


def _reading(event: HtlcEvent, amounts: EventAmounts | None, *, failed_at: FailedAt, reason: str) -> FailureReading:
    is_known = amounts is not None and amounts.outgoing_amt_msat > 0
    return FailureReading(
        at=moment(event.timestamp_ns / NANO, record=PATH, field="timestamp_ns"),
        incoming_scid=scid_of(event.incoming_channel_id, record=PATH, field="incoming_channel_id"),
        outgoing_scid=_outgoing(event.outgoing_channel_id),
        amount_msat=amounts.outgoing_amt_msat if amounts and is_known else None,
        fee_msat=max(0, amounts.incoming_amt_msat - amounts.outgoing_amt_msat) if amounts and is_known else None,
        failed_at=failed_at,
        reason=reason[:LONGEST_REASON],
    )


def _outgoing(channel_id: int | str) -> str | None:
    return None if channel_id in (0, "0") else scid_of(channel_id, record=PATH, field="outgoing_channel_id")
