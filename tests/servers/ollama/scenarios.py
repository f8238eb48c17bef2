"""Name every fault of OLLAMA.md A.13 and decide which one a request meets. Does not act them out."""

import threading
from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from tests.servers.ollama.catalog import normalized

PRELOAD = "preload"  # the path under which an empty prompt looks for its fault

SPEAKING = frozenset({"/api/chat", "/api/generate", "/v1/chat/completions", "/v1/completions"})
EMBEDDING = frozenset({"/api/embed", "/api/embeddings", "/v1/embeddings"})
WORKING = SPEAKING | EMBEDDING | {PRELOAD}


class Scenario(StrEnum):
    """One behavior of the server; the comment says what the client sees."""

    NORMAL = "normal"

    # How the bytes are cut
    NON_STREAM = "non_stream"  # one JSON object although a stream was asked for
    SPLIT_AT = "split_at"  # the whole NDJSON in two chunks, cut at byte `split_at`
    BYTE_WRITES = "byte_writes"  # one byte per TCP write, headers included
    BYTE_CHUNKS = "byte_chunks"  # one byte per HTTP chunk
    COALESCED = "coalesced"  # all lines in one HTTP chunk
    NO_LAST_NEWLINE = "no_last_newline"
    BLANK_LINES = "blank_lines"  # an empty line before each line

    # What is said
    STRANGE_CHARACTERS = "strange_characters"  # U+0085, U+2028, U+2029, emoji, BOM, < > &
    GIANT_LAST_LINE = "giant_last_line"  # 5 MB of `context`
    ZERO_FIELDS_ABSENT = "zero_fields_absent"  # no durations, no counts
    DONE_REASON_LENGTH = "done_reason_length"  # cut after `after` tokens
    THINKING_FIRST = "thinking_first"
    TOOL_CALL = "tool_call"
    JSON_CUT_OFF = "json_cut_off"  # the first half of a document, done_reason "length"
    JSON_WHITESPACE = "json_whitespace"
    EMPTY_ANSWER = "empty_answer"
    PROMPT_HALVED = "prompt_halved"  # prompt_eval_count tells of silent truncation

    # Before the first byte
    ERROR_400 = "error_400"
    ERROR_400_NESTED = "error_400_nested"  # the error text is JSON itself
    ERROR_401 = "error_401"  # a cloud model, and nobody is signed in
    ERROR_403 = "error_403"  # bare, no JSON
    ERROR_403_CLOUD = "error_403_cloud"  # models of the cloud are switched off
    ERROR_404 = "error_404"
    ERROR_429 = "error_429"  # the cloud's quota is used up
    ERROR_499 = "error_499"  # the load was given up
    ERROR_500 = "error_500"
    ERROR_502 = "error_502"  # the cloud does not answer
    ERROR_503 = "error_503"
    LOAD_FAILS = "load_fails"  # 500 once the load has taken its time; a resident model answers
    STALL_BEFORE_HEADERS = "stall_before_headers"
    RESET_BEFORE_HEADERS = "reset_before_headers"

    # After the first byte
    ERROR_AT_ONCE = "error_at_once"  # 200, the first line is the error (0.12 and before)
    ERROR_LINE = "error_line"  # 200, an error line after `after` tokens
    EOF_WITHOUT_DONE = "eof_without_done"  # a well-formed end without done:true
    CUT_MID_LINE = "cut_mid_line"  # FIN inside a line, no closing chunk
    REPEAT_ABORT = "repeat_abort"  # 31 equal tokens, then an end without done:true
    RESET_AFTER_HEADERS = "reset_after_headers"  # headers, no token, RST
    RESET_MID_STREAM = "reset_mid_stream"  # RST after `after` tokens
    STALL_AFTER_HEADERS = "stall_after_headers"
    STALL_MID_STREAM = "stall_mid_stream"
    DEAF = "deaf"  # goes on generating when the client has left, as behind a bad proxy

    EMBED_EMPTY = "embed_empty"
    EMBED_WRONG_COUNT = "embed_wrong_count"
    EMBED_WRONG_WIDTH = "embed_wrong_width"
    EMBED_NOT_UNIT = "embed_not_unit"
    EMBED_NAN_400 = "embed_nan_400"  # current servers
    EMBED_NAN_500 = "embed_nan_500"  # older servers
    EMBED_POISONED = "embed_poisoned"  # 400 only when a text contains `poison`

    PULL_ERROR_LINE = "pull_error_line"
    PULL_STALL = "pull_stall"
    PS_FAR_FUTURE = "ps_far_future"
    PS_LOADING = "ps_loading"
    PS_PARTIAL_VRAM = "ps_partial_vram"


EARLY = frozenset(
    {
        Scenario.ERROR_400,
        Scenario.ERROR_400_NESTED,
        Scenario.ERROR_401,
        Scenario.ERROR_403,
        Scenario.ERROR_403_CLOUD,
        Scenario.ERROR_404,
        Scenario.ERROR_429,
        Scenario.ERROR_499,
        Scenario.ERROR_500,
        Scenario.ERROR_502,
        Scenario.ERROR_503,
        Scenario.STALL_BEFORE_HEADERS,
        Scenario.RESET_BEFORE_HEADERS,
    }
)


@dataclass(frozen=True, slots=True)
class Fault:
    """A scenario with its particulars. Empty `paths` means: where the scenario makes sense."""

    scenario: Scenario
    after: int = 3  # tokens sent before it strikes
    split_at: int = 1  # byte offset in the NDJSON payload
    status: int | None = None  # instead of the status in an ERROR_… name
    text: str | None = None  # instead of the usual error text
    poison: str | None = None  # embedding faults strike only when a text contains this
    paths: tuple[str, ...] = ()

    def strikes(self, path: str) -> bool:
        """Return whether a request for this path (or PRELOAD) meets the fault."""
        return path in (self.paths or usual_paths(self.scenario))


NORMAL = Fault(Scenario.NORMAL)


@cache
def usual_paths(scenario: Scenario) -> frozenset[str]:
    """Return where a scenario strikes when its fault names no path."""
    if scenario in EARLY or scenario is Scenario.BYTE_WRITES:
        return WORKING
    if scenario is Scenario.LOAD_FAILS:
        return SPEAKING | {PRELOAD}
    special = {"embed": EMBEDDING, "pull": frozenset({"/api/pull"}), "ps": frozenset({"/api/ps"})}
    return special.get(scenario.partition("_")[0], SPEAKING)


def as_fault(what: str | Scenario | Fault) -> Fault:
    """Return the fault for a name, a scenario or a fault.

    :raises ValueError: when no scenario has this name.
    """
    return what if isinstance(what, Fault) else Fault(Scenario(what))


class FaultBook:
    """Which fault comes next: the queued ones first, then the model's, then the server's. Thread-safe."""

    def __init__(self, always: str | Scenario | Fault) -> None:
        self._lock = threading.Lock()
        self._always = as_fault(always)
        self._queue: deque[Fault] = deque()
        self._by_model: dict[str, Fault] = {}

    def use(self, what: str | Scenario | Fault) -> None:
        """From now on every request meets this."""
        with self._lock:
            self._always = as_fault(what)

    def enqueue(self, what: str | Scenario | Fault, *, times: int) -> None:
        """The next `times` requests it strikes meet this, once each."""
        with self._lock:
            self._queue.extend([as_fault(what)] * times)

    def fail(self, model: str, what: str | Scenario | Fault) -> None:
        """Every request for this model meets this."""
        with self._lock:
            self._by_model[normalized(model)] = as_fault(what)

    def forget(self) -> None:
        """Behave normally again."""
        with self._lock:
            self._always = NORMAL
            self._queue.clear()
            self._by_model.clear()

    def pending(self) -> int:
        """Return how many queued faults have not struck yet."""
        with self._lock:
            return len(self._queue)

    def standing(self) -> dict[str, Fault]:
        """Return what every request meets ("") and what the requests for some models meet."""
        with self._lock:
            return {"": self._always, **self._by_model}

    def choose(self, path: str, model: str) -> Fault:
        """Return the fault for one request and strike it off the queue."""
        with self._lock:
            if self._always is NORMAL and not self._queue and not self._by_model:
                return NORMAL
            queued = next((fault for fault in self._queue if fault.strikes(path)), None)
            if queued:
                self._queue.remove(queued)
                return queued
            standing = (self._by_model.get(normalized(model)), self._always)
            return next((fault for fault in standing if fault and fault.strikes(path)), NORMAL)
