"""Cut an answer into what it states: sentences of paragraphs and list items, rows, lines of code. Pure.

The same statements come out whether the answer is cut whole or as it streams.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

FENCE = re.compile(r"^\s{0,3}(`{3,}|~{3,})")
ITEM = re.compile(r"^\s{0,9}(?:[-*+]|\d{1,3}[.)])\s+")
ROW = re.compile(r"^\s*\|.*\|\s*$")
HEADING = re.compile(r"^\s{0,3}#{1,6}\s")
# A sentence ends before the next one begins; the citations behind its stop still belong to it.
SENTENCE_END = re.compile(r"(?<=[.!?…])[\"'”»)*_]*(?:\s*\[\d{1,3}\])*(?=\s+(?:[\"'“«(*_`]*[A-ZÀ-ÝŒ0-9`]|[-–]))")
ABBREVIATION = re.compile(r"(?:\b(?:e\.g|i\.e|approx|vs|etc|cf|no|env|ex|max|min|fig)|\b[A-Z])\.$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence, row or line of code. `end` is the place in the answer behind it, where a mark can stand.

    `block` counts the paragraphs and items.
    """

    text: str
    end: int
    block: int
    is_code: bool = False
    is_item: bool = False


def statements(answer: str) -> tuple[Statement, ...]:
    """Return what the whole answer states, in order."""
    cutter = Cutter()
    return (*cutter.feed(answer), *cutter.flush())


class Cutter:
    """Yields statements as an answer arrives. A statement comes when its end is certain."""

    def __init__(self) -> None:
        self._text = ""  # not yet cut
        self._at = 0  # its place in the answer
        self._block = 0
        self._fence = ""
        self._is_item = False
        self._is_new_block = True
        self._is_line_start = True

    def feed(self, piece: str) -> tuple[Statement, ...]:
        """Return the statements that this piece completes."""
        self._text += piece
        if not re.search(r"[\n.!?…]", self._text):
            return ()
        return tuple(self._cut(is_last=False))

    def flush(self) -> tuple[Statement, ...]:
        """Return what is left when the answer ends."""
        return tuple(self._cut(is_last=True))

    def _cut(self, *, is_last: bool) -> Iterator[Statement]:
        while (end := self._text.find("\n")) >= 0:
            yield from self._line(self._text[: end + 1])
        if is_last:
            yield from self._line(self._text)
        elif not (self._fence or FENCE.match(self._text) or "|" in self._text[:3]):
            yield from self._sentences(self._text, is_whole=False)

    def _line(self, line: str) -> Iterator[Statement]:
        if mark := FENCE.match(line):
            is_closing = bool(self._fence) and mark[1].startswith(self._fence)
            self._fence = "" if is_closing else self._fence or mark[1]
            self._begin_block()
            self._skip(len(line))
        elif self._fence:
            end = self._at + len(line.rstrip())
            self._skip(len(line))
            if line.strip():
                self._is_new_block = False
                yield Statement(line.strip(), end, self._block, is_code=True)
        elif not line.strip():
            self._begin_block()
            self._skip(len(line))
        elif ROW.match(line) or HEADING.match(line):
            self._begin_block()
            text = line.rstrip()
            self._is_new_block = False
            yield Statement(text.strip().strip("|").strip(), self._at + len(text.rstrip("|").rstrip()), self._block)
            self._skip(len(line))
            self._begin_block()
        else:
            yield from self._sentences(line, is_whole=True)

    def _sentences(self, line: str, *, is_whole: bool) -> Iterator[Statement]:
        """Yield the sentences of a line that ends here, or of what of it has arrived."""
        if self._is_line_start and ITEM.match(line):
            self._begin_block(is_item=True)
        start = 0
        for found in SENTENCE_END.finditer(line):
            if ABBREVIATION.search(line[start : found.start()]) or self._is_mark(line[start : found.end()]):
                continue
            yield self._statement(line[start : found.end()], start)
            start = found.end()
        if is_whole and line[start:].strip():
            yield self._statement(line[start:], start)
        self._skip(len(line) if is_whole else start)
        self._is_line_start = is_whole or (self._is_line_start and start == 0)

    def _statement(self, text: str, start: int) -> Statement:
        self._is_new_block = False
        end = self._at + start + len(text.rstrip())
        return Statement(text.strip(), end, self._block, is_item=self._is_item)

    def _is_mark(self, text: str) -> bool:
        return re.fullmatch(r"\s*\d{1,3}\.", text) is not None

    def _begin_block(self, *, is_item: bool = False) -> None:
        if not self._is_new_block:
            self._block += 1
        self._is_new_block, self._is_item, self._is_line_start = True, is_item, True

    def _skip(self, length: int) -> None:
        self._text, self._at = self._text[length:], self._at + length
