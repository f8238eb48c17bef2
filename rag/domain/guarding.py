"""Keep out of an answer, while it streams, what words of a model must not make anybody open, pay or run. Pure.

Left out are links and addresses that no given text holds, every payment address, commands as `commands.py` says, and
signs that nobody sees. What is cut out is named in the reader's language, so that nothing vanishes unseen.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from rag.domain.commands import BARE, NODE_TOOLS, SHELL_TOOLS, Command, Risk, holds, parse, skeleton, unknown_values
from rag.domain.hygiene import BIDI, CONTROL, INVISIBLE, TAGS, strip_invisible, suspicious_patterns

LONGEST_HELD = 400  # characters; nobody waits longer for what may become a command or a link
LEFT_OUT = {
    "en": {"link": "(link left out)", "command": "(command left out)", "address": "(payment address left out)"},
    "fr": {"link": "(lien omis)", "command": "(commande omise)", "address": "(adresse de paiement omise)"},
}
_TOOLS = "|".join(sorted(map(re.escape, NODE_TOOLS | SHELL_TOOLS | BARE), key=len, reverse=True))
TRIGGER = re.compile(
    r"(?P<mark>!?\[)"
    r"|(?P<link>(?:(?:https?|ftp|wss?|file|data|javascript):(?://)?|(?<![:\w/])//(?=[\w-]+\.)|\bwww\.)[^\s<>\"'`)\]]+)"
    r"|(?P<address>\b(?:(?:bc1|tb1|bcrt1|lnbc|lntb|lnbcrt|lno1|lnurl1)[a-z0-9]{8,}|[13][a-km-zA-HJ-NP-Z1-9]{25,34})\b)"
    rf"|(?P<tool>(?<![\w./-])(?:{_TOOLS})(?![\w-]))",
    re.IGNORECASE,
)
MARKDOWN_LINK = re.compile(
    r"(?P<bang>!?)\[(?P<label>[^\[\]\n]{0,200})\](?:\((?P<target>[^()\n]*(?:\([^()\n]*\)[^()\n]*)*)\))?"
)
OPEN_LINK = re.compile(r"!?\[[^\[\]\n]*(?:\](?:\([^\n]*)?)?")
ENDS_CODE = re.compile(r"(?<!\\)\n|`")
ENDS_PROSE = re.compile(r"(?<!\\)\n|`|[.!?,;:)](?=\s)|(?<=\w)\s(?=\[\d)")


@dataclass(frozen=True, slots=True)
class Given:
    """What an answer may draw on: each passage folded by `skeleton`, and whether its wording is above suspicion."""

    passages: tuple[str, ...]
    is_clean: tuple[bool, ...]
    asked: str  # the question and the facts, folded

    @classmethod
    def of(cls, passages: Iterable[str], *, asked: Iterable[str]) -> "Given":
        texts = tuple(passages)
        return cls(
            passages=tuple(skeleton(text) for text in texts),
            is_clean=tuple(is_clean(text) for text in texts),
            asked=skeleton("\n".join(asked)),
        )

    @property
    def trusted(self) -> tuple[str, ...]:
        clean = (text for text, fit in zip(self.passages, self.is_clean, strict=True) if fit)
        return (self.asked, *clean)


def is_clean(text: str) -> bool:
    """Tell whether a text neither hides signs nor is worded like an order to a model."""
    return not suspicious_patterns(text) and not any(sign.search(text) for sign in (TAGS, BIDI, INVISIBLE))


def may_say(command: Command, given: Given) -> bool:
    """Tell whether an answer may repeat this command."""
    if command.risk is Risk.NONE:
        return True
    if command.risk is Risk.TOTAL:  # whoever typed it may read it again
        return holds(given.asked, command) and not unknown_values(command, (given.asked,))
    return any(holds(text, command) for text in given.trusted) and not unknown_values(command, given.trusted)


class AnswerGuard:
    """Pass an answer through piece by piece. The word being written is held back, and what may become more than one."""

    def __init__(self, given: Given, *, lang: str) -> None:
        self._given = given
        self._words = LEFT_OUT.get(lang, LEFT_OUT["en"])
        self._held = ""
        self._ticks = 0  # backticks passed on in this line
        self._is_fenced = False
        self.removed: list[str] = []  # link, command or address, for each that was left out

    def feed(self, piece: str) -> str:
        """Return what can be shown now."""
        for sign in (TAGS, BIDI, INVISIBLE, CONTROL):
            piece = sign.sub("", piece)
        self._held += piece
        return self._passed(is_last=False)

    def flush(self) -> str:
        """Return what was held back when the answer ends."""
        return self._passed(is_last=True)

    def _passed(self, *, is_last: bool) -> str:
        shown: list[str] = []
        while self._held:
            settled = len(self._held) if is_last else self._settled()
            found = TRIGGER.search(skeleton(self._held), 0, settled)
            if found is None:
                shown.append(self._take(settled))
                break
            shown.append(self._take(found.start()))
            taken = self._replaced(found.lastgroup or "", is_last=is_last)
            if taken is None:
                break
            shown.append(taken)
        return "".join(shown)

    def _settled(self) -> int:
        """Return how far whole words reach: up to the latest blank."""
        blank = max(self._held.rfind(" "), self._held.rfind("\n"))
        is_long = len(self._held) > LONGEST_HELD
        return len(self._held) if is_long else blank + 1

    def _take(self, length: int) -> str:
        taken, self._held = self._held[:length], self._held[length:]
        for line in taken.splitlines(keepends=True):
            if re.match(r"\s{0,3}(```|~~~)", line):
                self._is_fenced = not self._is_fenced
            self._ticks = 0 if line.endswith("\n") else self._ticks + line.count("`")
        return taken

    def _replaced(self, kind: str, *, is_last: bool) -> str | None:
        """Return what stands for the trigger that the held text begins with; None while that is not known."""
        if kind == "mark":
            return self._link_of_text(is_last=is_last)
        if kind == "tool":
            return self._command(is_last=is_last)
        found = TRIGGER.match(skeleton(self._held))
        written = self._take(found.end() if found else 1)
        if kind == "link" and any(_bare(written) in text for text in self._given.trusted):
            return written
        return self._cut(kind)

    def _link_of_text(self, *, is_last: bool) -> str | None:
        found = MARKDOWN_LINK.match(self._held)
        is_open = OPEN_LINK.fullmatch(self._held) is not None and len(self._held) <= LONGEST_HELD
        if is_open and not is_last and (found is None or found["target"] is None):
            return None
        if found is None or found["target"] is None:
            return self._take(2 if self._held.startswith("!") else 1)
        self._take(found.end())
        self.removed.append("link")
        if found["bang"]:
            return self._words["link"]
        return f"[{found['label']}]" if found["label"].strip("^").isdigit() else found["label"]

    def _command(self, *, is_last: bool) -> str | None:
        is_code = self._is_fenced or self._ticks % 2 == 1
        end = (ENDS_CODE if is_code else ENDS_PROSE).search(f"{self._held}\n" if is_last else self._held)
        if end is None and not is_last and len(self._held) <= LONGEST_HELD:
            return None
        length = end.start() if end else len(self._held)
        command = parse(self._held[:length].replace("\\\n", " "), is_code=is_code)
        if command is not None and not may_say(command, self._given):
            self._take(length)
            return self._cut("command")
        found = TRIGGER.match(skeleton(self._held))
        return self._take(found.end() if found else 1)  # what follows the tool's name is looked at as well

    def _cut(self, kind: str) -> str:
        """Return the words that stand for what is left out. What it was is told nowhere: it was meant to be run."""
        self.removed.append(kind)
        return self._words[kind]


def guarded(text: str, given: Given, *, lang: str) -> str:
    """Return a whole text as the guard lets it pass."""
    guard = AnswerGuard(given, lang=lang)
    return guard.feed(strip_invisible(text)) + guard.flush()


def _bare(link: str) -> str:
    return skeleton(link).rstrip(".,;:!?")
