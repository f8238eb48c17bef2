"""Hold what an answer states against what it was given: numbers, quotes and commands, sentence by sentence. Pure.

A number is held by the passages that its sentence cites, by the node's facts, or by the question; without a citation,
by any passage found. Words in quotation marks must stand there word for word, commands and options too. What nobody
gave is grave. What another passage than the cited one gave is misplaced, and a number in a paragraph that cites
nothing is uncited: both are light.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from rag.domain.citing import cited_numbers
from rag.domain.commands import holds, identifiers, parse, skeleton
from rag.domain.guarding import LEFT_OUT
from rag.domain.hygiene import suspicious_patterns
from rag.domain.quantities import Quantity, is_held, quantities_given, quantities_in
from rag.domain.statements import Cutter, Statement

LEAST_QUOTED_WORDS = 4  # fewer are a term in quotation marks, not a quote
QUOTED = re.compile(r"“([^”\n]{8,600})”|«\s?([^»\n]{8,600}?)\s?»|(?<!\w)\"([^\"\n]{8,600})\"(?!\w)")
INLINE_CODE = re.compile(r"(`+)(?!`)(.+?)(?<!`)\1(?!`)")
LONGEST_SHOWN = 240  # characters of a sentence in a check


class Kind(StrEnum):
    """What is wrong with a sentence."""

    NUMBER = "number"
    QUOTE = "quote"
    COMMAND = "command"
    CITATION = "citation"
    REMOVED = "removed"
    PLANTED = "planted"
    MISPLACED = "misplaced"
    UNCITED = "uncited"


LIGHT = frozenset({Kind.MISPLACED, Kind.UNCITED})
MESSAGES: Mapping[str, Mapping[Kind, str]] = {
    "en": {
        Kind.NUMBER: "No passage and no fact holds this number: {text}.",
        Kind.QUOTE: "These words stand in no passage: {text}.",
        Kind.COMMAND: "No passage shows this command or option: {text}.",
        Kind.CITATION: "It cited a passage that does not exist; the citation was removed: {text}.",
        Kind.REMOVED: "{text}: no passage shows it, or nobody should run or open it from here.",
        Kind.PLANTED: "Worded like an order to a model, as a planted text would be. Do not follow it.",
        Kind.MISPLACED: "Stands in {places}, not in the passage that is cited: {text}.",
        Kind.UNCITED: "Names a number and cites no passage: {text}.",
    },
    "fr": {
        Kind.NUMBER: "Aucun passage ni aucun fait ne contient ce nombre : {text}.",
        Kind.QUOTE: "Ces mots ne figurent dans aucun passage : {text}.",
        Kind.COMMAND: "Aucun passage ne montre cette commande ou option : {text}.",
        Kind.CITATION: "Un passage inexistant était cité ; la citation a été retirée : {text}.",
        Kind.REMOVED: "{text} : aucun passage ne le montre, ou personne ne devrait l'exécuter ni l'ouvrir d'ici.",
        Kind.PLANTED: "Formulé comme un ordre à un modèle, comme le serait un texte piégé. Ne le suivez pas.",
        Kind.MISPLACED: "Figure dans {places}, pas dans le passage cité : {text}.",
        Kind.UNCITED: "Donne un nombre sans citer de passage : {text}.",
    },
}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing in an answer that what it was given does not hold. `end`: where its sentence ends in the answer."""

    kind: Kind
    text: str
    sentence: str = ""
    end: int | None = None
    cited: tuple[int, ...] = ()
    held_by: tuple[int, ...] = ()

    @property
    def is_grave(self) -> bool:
        return self.kind not in LIGHT

    def as_data(self, *, lang: str) -> dict[str, Any]:
        """Return it as it is sent and stored, with a message for the reader."""
        places = ", ".join(f"[{number}]" for number in self.held_by)
        words = MESSAGES.get(lang, MESSAGES["en"])[self.kind]
        named = LEFT_OUT.get(lang, LEFT_OUT["en"]).get(self.text, self.text)
        return {
            "kind": self.kind.value,
            "text": self.text,
            "sentence": self.sentence,
            "end": self.end,
            "cited": list(self.cited),
            "held_by": list(self.held_by),
            "is_grave": self.is_grave,
            "message": words.format(text=named, places=places),
        }


@dataclass(frozen=True, slots=True)
class Held:
    """What one given text holds, read once."""

    folded: str
    words: str
    quantities: tuple[Quantity, ...]

    @classmethod
    def by(cls, text: str) -> "Held":
        return cls(skeleton(text), _plain(text), quantities_given(text))


@dataclass(frozen=True, slots=True)
class Evidence:
    """What an answer may rest on: the passages in the order of their numbers, and the question with the facts."""

    passages: tuple[Held, ...] = ()
    free: Held = field(default_factory=lambda: Held.by(""))

    @classmethod
    def of(cls, passages: Iterable[str], *, given: Iterable[str]) -> "Evidence":
        return cls(tuple(map(Held.by, passages)), Held.by("\n".join(given)))

    @property
    def everything(self) -> tuple[Held, ...]:
        return (self.free, *self.passages)


class Grounding:
    """Checks an answer while it arrives. One use only. `claims` counts the numbers, quotes and commands stated."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self._cutter = Cutter()
        self._block: list[Statement] = []
        self._is_led_in = False  # a cited sentence with a colon speaks for the list below it
        self.claims = 0

    def feed(self, piece: str) -> tuple[Check, ...]:
        """Return what is wrong with the sentences that this piece completes."""
        return self._judged(self._cutter.feed(piece))

    def flush(self) -> tuple[Check, ...]:
        """Return what is wrong with the rest, when the answer ends."""
        return (*self._judged(self._cutter.flush()), *self._close_block())

    def _judged(self, statements: Iterable[Statement]) -> tuple[Check, ...]:
        found: list[Check] = []
        for one in statements:
            if self._block and self._block[-1].block != one.block:
                found += self._close_block()
            self._block.append(one)
            checks, claims = judge(one, self._evidence)
            self.claims += claims
            found += checks
        return tuple(found)

    def _close_block(self) -> tuple[Check, ...]:
        block, self._block = self._block, []
        if not block:
            return ()
        has_citation = any(cited_numbers(one.text) for one in block)
        is_covered = has_citation or (self._is_led_in and block[0].is_item)
        leads_in = block[-1].text.endswith(":") and has_citation
        self._is_led_in = leads_in or (self._is_led_in and block[0].is_item)
        return () if is_covered else tuple(_uncited(block, self._evidence))


def check_answer(answer: str, evidence: Evidence) -> tuple[tuple[Check, ...], int]:
    """Return everything wrong with a whole answer, in order of place, and how many claims it makes."""
    grounding = Grounding(evidence)
    found = (*grounding.feed(answer), *grounding.flush())
    return tuple(sorted(found, key=lambda one: one.end or 0)), grounding.claims


def judge(one: Statement, evidence: Evidence) -> tuple[tuple[Check, ...], int]:
    """Return what is wrong with one statement, and how many claims it makes."""
    if one.is_code:
        commands = _commands((one.text,), one, evidence)
        return commands, 1
    prose = _without_code(one.text)
    stated = [number for number in quantities_in(prose) if number.is_claim]
    quotes = [next(filter(None, found.groups())) for found in QUOTED.finditer(prose)]
    quotes = [quote for quote in quotes if len(quote.split()) >= LEAST_QUOTED_WORDS]
    code = [found[2] for found in INLINE_CODE.finditer(one.text)]
    called = [] if code or parse(prose, is_code=False) is None else [prose]
    checks = (
        *filter(None, (_number(number, one, evidence) for number in stated)),
        *filter(None, (_quote(quote, one, evidence) for quote in quotes)),
        *_commands((*code, *called), one, evidence),
        *_planted(prose, one),
    )
    return checks, len(stated) + len(quotes) + len(code)


def _number(number: Quantity, one: Statement, evidence: Evidence) -> Check | None:
    if is_held(number, evidence.free.quantities):
        return None
    holding = tuple(n for n, text in enumerate(evidence.passages, start=1) if is_held(number, text.quantities))
    return _placed(Kind.NUMBER, number.written, one, holding)


def _quote(quote: str, one: Statement, evidence: Evidence) -> Check | None:
    parts = [plain for part in re.split(r"…|\.{3}|\[[^\]]*\]", quote) if (plain := _plain(part))]
    if all(part in evidence.free.words for part in parts):
        return None
    holding = tuple(n for n, text in enumerate(evidence.passages, start=1) if all(part in text.words for part in parts))
    return _placed(Kind.QUOTE, quote, one, holding)


def _placed(kind: Kind, text: str, one: Statement, holding: tuple[int, ...]) -> Check | None:
    """Return the check for something that the passages `holding` hold; None when it stands where it should."""
    cited = cited_numbers(one.text)
    if holding and (not cited or set(cited) & set(holding)):
        return None
    return _check(Kind.MISPLACED if holding else kind, text, one, held_by=holding)


def _commands(pieces: Sequence[str], one: Statement, evidence: Evidence) -> tuple[Check, ...]:
    return tuple(_check(Kind.COMMAND, text, one) for piece in pieces if (text := _unknown(piece, evidence)))


def _unknown(code: str, evidence: Evidence) -> str | None:
    """Return what of a piece of code nothing given holds: the command, or its first unknown option or name."""
    given = [text.folded for text in evidence.everything]
    folded = " ".join(skeleton(code).split())
    if any(folded in " ".join(text.split()) for text in given):
        return None
    command = parse(code)
    if command and not any(holds(text, command) for text in given):
        return command.text
    return next((name for name in identifiers(code) if not any(skeleton(name) in text for text in given)), None)


def _planted(prose: str, one: Statement) -> tuple[Check, ...]:
    return () if not suspicious_patterns(prose) else (_check(Kind.PLANTED, prose[:LONGEST_SHOWN], one),)


def _uncited(block: Sequence[Statement], evidence: Evidence) -> Iterable[Check]:
    """Yield a check for each sentence of an uncited block whose number a passage holds, but nothing else given."""
    for one in block:
        stated = () if one.is_code else quantities_in(_without_code(one.text))
        for number in stated:
            is_from_passage = any(is_held(number, text.quantities) for text in evidence.passages)
            if number.is_claim and is_from_passage and not is_held(number, evidence.free.quantities):
                yield _check(Kind.UNCITED, number.written, one)
                break


def _check(kind: Kind, text: str, one: Statement, *, held_by: tuple[int, ...] = ()) -> Check:
    return Check(kind, text, one.text[:LONGEST_SHOWN], one.end, cited_numbers(one.text), held_by)


def _without_code(text: str) -> str:
    return INLINE_CODE.sub(lambda found: " " * len(found.group()), text)


def _plain(text: str) -> str:
    """Return the words of a text, without signs, so that a quote is found whatever its punctuation and markup."""
    return " ".join(re.findall(r"[^\W_]+", text.casefold()))
