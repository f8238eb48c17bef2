"""Name what may go wrong on the way to a client and back, and decide what a request meets."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Fault(StrEnum):
    """One behavior of the server; the comment says what the client sees."""

    NORMAL = "normal"

    # How the bytes are cut: the answer is complete
    SPLIT_AT = "split_at"  # the whole body in two chunks, cut at byte `at`
    BYTE_CHUNKS = "byte_chunks"  # one byte per HTTP chunk
    COALESCED = "coalesced"  # all events in one HTTP chunk
    CRLF = "crlf"  # lines end with CR LF
    COMMENTS = "comments"  # a comment before each event, as proxies send to keep a line open
    NO_LAST_NEWLINE = "no_last_newline"  # the last event lacks its blank line

    # Before the first byte
    STATUS = "status"  # `status` with `body` and `headers`
    PLAIN_ERROR = "plain_error"  # 200 with an error object instead of a stream
    PLAIN_TEXT = "plain_text"  # 200 with a page instead of a stream
    STALL_BEFORE_HEADERS = "stall_before_headers"
    RESET_BEFORE_HEADERS = "reset_before_headers"

    # After `at` tokens
    ERROR_EVENT = "error_event"  # the dialect's error in mid-stream
    END_EARLY = "end_early"  # the stream ends in good manners
    RESET_MID_STREAM = "reset_mid_stream"
    STALL_MID_STREAM = "stall_mid_stream"

    # The end
    NO_LAST_MARK = "no_last_mark"  # a clean end without the last event
    LAST_MARK_ALONE = "last_mark_alone"  # the last event, and no reason before it
    NO_USAGE = "no_usage"


@dataclass(frozen=True, slots=True)
class Order:
    """A fault with what it needs."""

    fault: Fault = Fault.NORMAL
    at: int = 3  # tokens, or the byte of the cut
    status: int = 500
    body: Any = None  # JSON, or bytes as they are
    headers: Mapping[str, str] = field(default_factory=dict)
    error: Any = None  # of an error event


@dataclass(slots=True)
class OrderBook:
    """The standing order, and those for the next requests."""

    standing: Order = field(default_factory=Order)
    waiting: deque[Order] = field(default_factory=deque)

    def choose(self) -> Order:
        return self.waiting.popleft() if self.waiting else self.standing
