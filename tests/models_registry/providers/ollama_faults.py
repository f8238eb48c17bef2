"""Every fault of the stand-in by name, and what must come of it: one table, read by the tests beside it."""

from dataclasses import dataclass, replace
from typing import Any

from models_registry.domain.errors import (
    AnswerCutOff,
    AnswerEmpty,
    AnswerInvalid,
    ModelError,
    ModelNotInstalled,
    PromptTooLong,
    ProviderRejected,
    ProviderTimeout,
    ProviderUnavailable,
    RateLimited,
)
from tests.models_registry.conftest import SCHEMA
from tests.servers.ollama import Fault, Scenario

ONCE, THREE_TIMES = 1, 3  # how often the host is asked: only what may pass by itself is repeated (CL-07, CL-08)


@dataclass(frozen=True, slots=True)
class Case:
    """One fault and its outcome. No `error`: the answer is whole. `said`: words went out before it struck."""

    fault: Fault
    error: type[ModelError] | None = None
    asked: int = ONCE
    said: bool = False
    reason: str = "stop"  # of a whole answer
    is_truncated: bool = False  # a whole answer that must be marked
    schema: dict[str, Any] | None = None
    is_cold: bool = False  # the model is not in memory
    note: str = ""

    @property
    def name(self) -> str:
        return f"{self.fault.scenario}{f' {self.note}' if self.note else ''}"


def whole(scenario: Scenario, **more: Any) -> Case:
    return Case(Fault(scenario), said=True, **more)


def before(what: Scenario | Fault, error: type[ModelError], **more: Any) -> Case:
    """Strikes before the first word: nothing was said, so another model may answer."""
    return Case(what if isinstance(what, Fault) else Fault(what), error, **more)


def after(what: Scenario | Fault, error: type[ModelError], **more: Any) -> Case:
    """Strikes after the first word: never repeated, never continued by another model."""
    return Case(what if isinstance(what, Fault) else Fault(what), error, said=True, **more)


S = Scenario
SPEAKING: tuple[Case, ...] = (
    # How the bytes are cut
    whole(S.NORMAL),
    whole(S.NON_STREAM),
    whole(S.SPLIT_AT),
    whole(S.BYTE_WRITES),
    whole(S.BYTE_CHUNKS),
    whole(S.COALESCED),
    whole(S.NO_LAST_NEWLINE),
    whole(S.BLANK_LINES),
    # What is said
    whole(S.STRANGE_CHARACTERS),
    whole(S.GIANT_LAST_LINE),
    whole(S.ZERO_FIELDS_ABSENT),
    whole(S.THINKING_FIRST),
    whole(S.DONE_REASON_LENGTH, reason="length"),
    after(S.DONE_REASON_LENGTH, AnswerCutOff, schema=SCHEMA, note="in a document"),
    after(S.JSON_CUT_OFF, AnswerCutOff, schema=SCHEMA),
    whole(S.PROMPT_HALVED, is_truncated=True),
    before(S.TOOL_CALL, AnswerEmpty),
    before(S.EMPTY_ANSWER, AnswerEmpty),
    before(S.JSON_WHITESPACE, AnswerEmpty, schema=SCHEMA),
    # Before the first byte
    before(S.ERROR_400, ProviderRejected),
    before(S.ERROR_400_NESTED, PromptTooLong),
    before(S.ERROR_401, ProviderRejected),
    before(S.ERROR_403, ProviderRejected),
    before(S.ERROR_403_CLOUD, ProviderRejected),
    before(S.ERROR_404, ModelNotInstalled),
    before(S.ERROR_429, RateLimited),
    before(S.ERROR_499, ProviderUnavailable),
    before(S.ERROR_500, ProviderUnavailable),
    before(Fault(S.ERROR_500, text='option "stop" must be of type array'), ProviderRejected, note="of an option"),
    before(Fault(S.ERROR_500, text='invalid format: "x"'), ProviderRejected, note="of the format"),
    before(S.ERROR_502, ProviderUnavailable, asked=THREE_TIMES),
    before(S.ERROR_503, RateLimited, asked=THREE_TIMES),
    before(S.LOAD_FAILS, ProviderUnavailable, is_cold=True),
    before(S.STALL_BEFORE_HEADERS, ProviderTimeout),
    before(S.RESET_BEFORE_HEADERS, ProviderUnavailable, asked=THREE_TIMES),
    # After the first byte, before the first word
    before(S.ERROR_AT_ONCE, ProviderUnavailable),
    before(S.RESET_AFTER_HEADERS, ProviderUnavailable, asked=THREE_TIMES),
    before(S.STALL_AFTER_HEADERS, ProviderTimeout),
    before(Fault(S.EOF_WITHOUT_DONE, after=0), AnswerCutOff, note="at once"),
    # After the first word
    after(S.ERROR_LINE, ProviderUnavailable),
    after(Fault(S.ERROR_LINE, text="input length exceeds the context length"), PromptTooLong, note="of the context"),
    after(S.EOF_WITHOUT_DONE, AnswerCutOff),
    after(S.CUT_MID_LINE, ProviderUnavailable),
    after(S.REPEAT_ABORT, AnswerCutOff),
    after(S.RESET_MID_STREAM, ProviderUnavailable),
    after(S.STALL_MID_STREAM, ProviderTimeout),
    whole(S.DEAF),  # whoever listens to the end gets the end; test_ollama_leaving tells of those who leave
)

EMBEDDING: tuple[Case, ...] = (
    before(S.EMBED_EMPTY, AnswerInvalid),
    before(S.EMBED_WRONG_COUNT, AnswerInvalid),
    before(S.EMBED_WRONG_WIDTH, AnswerInvalid),
    before(S.EMBED_NOT_UNIT, AnswerInvalid),
    before(S.EMBED_NAN_400, ProviderRejected),
    before(S.EMBED_NAN_500, ProviderUnavailable),
    before(Fault(S.EMBED_POISONED, poison="bad"), ProviderRejected, note="with a bad text"),
    Case(Fault(S.EMBED_POISONED, poison="bad"), note="without it"),
)

PULLING: tuple[Case, ...] = (
    before(S.PULL_ERROR_LINE, ProviderRejected),
    before(S.PULL_STALL, ProviderTimeout),
)

RESIDENCY: tuple[Case, ...] = (
    Case(Fault(S.PS_FAR_FUTURE)),
    Case(Fault(S.PS_LOADING)),
    Case(Fault(S.PS_PARTIAL_VRAM)),
)

ALL = (*SPEAKING, *EMBEDDING, *PULLING, *RESIDENCY)


def only_chat(case: Case) -> Fault:
    """Return the fault for the question itself: looking at the host and loading the model go well."""
    return case.fault if case.is_cold else replace(case.fault, paths=("/api/chat",))
