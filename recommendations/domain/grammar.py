"""Judge one command line by grammar: known program, known verb, typed parameters, known targets. No shell is involved.

Independent of the printer on purpose: everything that is shown with a copy button has passed here, whoever wrote it.
"""

import unicodedata
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from enum import StrEnum

from recommendations.domain.command_forms import FORMS, Form
from recommendations.domain.limits import Limits

LONGEST_COMMAND = 600
ALLOWED_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 -_=:.,")


class Platform(StrEnum):
    LND = "lnd"
    CLN = "cln"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a command may be shown as checked; when not, `reason` says why in one sentence."""

    is_allowed: bool
    reason: str = ""
    platform: Platform | None = None
    verb: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    is_read_only: bool = False


class _RefusalError(Exception):
    """Carries the reason out of the parse; never leaves this module."""


def check(command: str, *, known: Set[str], limits: Limits | None = None) -> Verdict:
    """Return the verdict on one line. `known` holds the channel points, short channel ids and node keys it may name."""
    bounds = limits or Limits()
    try:
        _refuse_characters(command)
        tokens = command.split(" ")
        form, rest = _form_of(tokens)
        parameters = _parameters(form, rest)
        _refuse_values(form, parameters, known=known, limits=bounds)
    except _RefusalError as refusal:
        return Verdict(False, str(refusal))
    platform = Platform.CLN if form.words[0] == "lightning-cli" else Platform.LND
    return Verdict(True, "", platform, " ".join(form.words), parameters, form.is_read_only)


def _refuse_characters(command: str) -> None:
    if not command or len(command) > LONGEST_COMMAND:
        raise _RefusalError(f"a command has 1 to {LONGEST_COMMAND} characters")
    if not command.isascii() or unicodedata.normalize("NFKC", command) != command:
        raise _RefusalError("only plain ASCII is allowed: look-alike letters hide what is run")
    strange = sorted(set(command) - ALLOWED_CHARACTERS)
    if strange:
        raise _RefusalError(f"sign not allowed: {strange[0]!r}")
    if "" in command.split(" "):
        raise _RefusalError("exactly one space between words")


def _form_of(tokens: list[str]) -> tuple[Form, list[str]]:
    for form in FORMS:
        count = len(form.words)
        if tuple(tokens[:count]) == form.words:
            return form, tokens[count:]
    raise _RefusalError(f"not on the allow-list: {' '.join(tokens[:2])}")


def _parameters(form: Form, tokens: list[str]) -> dict[str, str]:
    pairs = _keyword_pairs(tokens) if form.words[0] == "lightning-cli" else _flag_pairs(form, tokens)
    found: dict[str, str] = {}
    for name, value in pairs:
        if name not in form.types:
            raise _RefusalError(f"parameter not on the allow-list: {name}")
        if name in found:
            raise _RefusalError(f"parameter given twice: {name}")
        found[name] = value
    absent = [name for name in form.required if name not in found]
    if absent:
        raise _RefusalError(f"mandatory parameter missing: {absent[0]}")
    return found


def _keyword_pairs(tokens: list[str]) -> list[tuple[str, str]]:
    pairs = [tuple(token.split("=")) for token in tokens]
    if any(len(pair) != 2 for pair in pairs):
        raise _RefusalError("parameters are written name=value")
    return [(pair[0], pair[1]) for pair in pairs]


def _flag_pairs(form: Form, tokens: list[str]) -> list[tuple[str, str]]:
    pairs, position, waiting = [], 0, list(tokens)
    while waiting:
        token = waiting.pop(0)
        if token in form.switches:
            pairs.append((token, ""))
        elif token.startswith("-") and token in form.types:
            if not waiting:
                raise _RefusalError(f"{token} needs a value")
            pairs.append((token, waiting.pop(0)))
        elif not token.startswith("-") and position < len(form.positions):
            pairs.append((form.positions[position], token))
            position += 1
        else:
            raise _RefusalError(f"parameter not on the allow-list: {token}")
    return pairs


def _refuse_values(form: Form, parameters: Mapping[str, str], *, known: Set[str], limits: Limits) -> None:
    for name, value in parameters.items():
        problem = form.types[name](value, known, limits)
        if problem:
            raise _RefusalError(f"{name}: {problem}")
    if form.together is not None:
        problem = form.together(parameters, limits)
        if problem:
            raise _RefusalError(problem)
