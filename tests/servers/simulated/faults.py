"""Name what may go wrong on the way from a node, and decide which request meets it."""

from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """One behavior of the server."""

    NONE = "none"
    SLOW = "slow"  # silent for `delay_s` before the first byte
    RESET = "reset"  # the connection is reset before the first byte
    HANG_UP = "hang_up"  # closed without an answer
    STATUS = "status"  # answers `status` with the implementation's error
    BROKEN_JSON = "broken_json"  # a body that is no JSON
    PAGE = "page"  # a web page with status of success: some other program answers
    TRUNCATED = "truncated"  # Content-Length is right, the body breaks off in the midst
    STALLED = "stalled"  # half the body, then silence
    MISPACKED = "mispacked"  # says that it is packed, and is not
    CUT_JSON = "cut_json"  # a whole answer whose JSON breaks off in the midst
    WRONG_TYPES = "wrong_types"  # every number is a list, every list a number
    EMPTY = "empty"  # an object without anything
    REDIRECT = "redirect"  # somewhere else
    ENDLESS = "endless"  # a body that does not end


@dataclass(frozen=True, slots=True)
class Fault:
    """A kind with what it needs. `path`: only requests whose path contains it meet the fault."""

    kind: Kind
    status: int = 500
    retry_after_s: int | None = None
    delay_s: float = 3600.0
    path: str = ""
    code: int | None = None  # of the implementation's error, where the usual one is not meant
    message: str = ""


NO_FAULT = Fault(Kind.NONE)


@dataclass(slots=True)
class Faults:
    """The standing fault, and those for the next requests."""

    standing: Fault = NO_FAULT
    waiting: deque[Fault] = field(default_factory=deque)

    def choose(self, path: str) -> Fault:
        """Return what this request meets."""
        if self.waiting and self.waiting[0].path in path:
            return self.waiting.popleft()
        return self.standing if self.standing.path in path else NO_FAULT
