"""Read the shape of a Markdown text: sections under their headings, and the blocks in them. Pure; renders nothing."""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

HEADING = re.compile(r"^ {0,3}(#{1,6})[ \t]+(.*?)[ \t]*#*[ \t]*$")
UNDERLINE = re.compile(r"^ {0,3}(=+|-+)[ \t]*$")
FENCE = re.compile(r"^(\s*)(`{3,}|~{3,})(.*)$")
LIST_ITEM = re.compile(r"^\s*(?:[-*+]|\d{1,3}[.)])\s+")
TABLE_ROW = re.compile(r"^\s*\|")
WORDS_AND_SIGNS = re.compile(r"\w+|([^\w\s])\1*")
TRAILING_BLANKS = re.compile(r"[ \t]+$", re.MULTILINE)
EMPTY_LINES = re.compile(r"\n{3,}")
HEADING_MARKUP = re.compile(r"`|\*\*|__|<[^>]{1,200}>|!?\[([^\]]*)\]\([^)]*\)|\{#[^}]*\}")


class BlockKind(StrEnum):
    PARAGRAPH = "paragraph"
    LIST = "list"
    TABLE = "table"
    FENCE = "fence"
    HEADING = "heading"


@dataclass(frozen=True, slots=True)
class Block:
    kind: BlockKind
    text: str


@dataclass(frozen=True, slots=True)
class Section:
    """The blocks under one heading; `path` is the headings from the top down to it."""

    path: tuple[str, ...]
    blocks: tuple[Block, ...]

    @property
    def word_count(self) -> int:
        return sum(count_words(block.text) for block in self.blocks)


def tidy(text: str) -> str:
    """Return `text` without blanks at line ends, and with one empty line at most: passages stand whole in it."""
    return EMPTY_LINES.sub("\n\n", TRAILING_BLANKS.sub("", text)).strip("\n") + "\n"


@lru_cache(maxsize=16)  # a block is weighed when it is joined, packed and stored, one time after the other
def count_words(text: str) -> int:
    """Return the number of words and punctuation signs; runs of table rules and dashes count once."""
    return len(WORDS_AND_SIGNS.findall(text))


def split_sections(text: str) -> tuple[Section, ...]:
    """Return the sections that hold text, in order. A heading inside a code fence is code."""
    return SectionReader().read(text.split("\n"))


def plain_heading(text: str) -> str:
    """Return a heading's words without its markup."""
    return " ".join(HEADING_MARKUP.sub(lambda found: found.group(1) or "", text).split())


class SectionReader:
    """Walks the lines once: the open block, the blocks of the open section, the headings above it."""

    def __init__(self) -> None:
        self.sections: list[Section] = []
        self.path: list[tuple[int, str]] = []
        self.blocks: list[Block] = []
        self.pending: list[str] = []
        self.kind = BlockKind.PARAGRAPH

    def read(self, lines: list[str]) -> tuple[Section, ...]:
        at = 0
        while at < len(lines):
            fence = FENCE.match(lines[at])
            end = fence_end(lines, at, mark=fence[2]) if fence else None
            if end is not None:
                self.close_block()
                self.blocks.append(Block(BlockKind.FENCE, "\n".join(lines[at:end])))
                at = end
            else:
                self.read_line(lines[at])
                at += 1
        self.close_section()
        return tuple(self.sections)

    def read_line(self, line: str) -> None:
        heading = HEADING.match(line)
        underline = UNDERLINE.match(line)
        if heading:
            self.open_section(len(heading[1]), heading[2])
        elif underline and len(self.pending) == 1 and self.kind is BlockKind.PARAGRAPH:
            title, self.pending = self.pending[0], []
            self.open_section(1 if underline[1][0] == "=" else 2, title)
        elif line.strip():
            self.add_text(line)
        else:
            self.close_block()

    def add_text(self, line: str) -> None:
        kind = _kind_of(line, current=self.kind if self.pending else None)
        if kind is not self.kind:
            self.close_block()
        self.kind = kind
        self.pending.append(line.rstrip())

    def open_section(self, level: int, title: str) -> None:
        self.close_section()
        self.path = [step for step in self.path if step[0] < level] + [(level, plain_heading(title))]

    def close_block(self) -> None:
        if self.pending:
            self.blocks.append(Block(self.kind, "\n".join(self.pending)))
        self.pending, self.kind = [], BlockKind.PARAGRAPH

    def close_section(self) -> None:
        self.close_block()
        if self.blocks:
            self.sections.append(Section(tuple(name for _, name in self.path), tuple(self.blocks)))
        self.blocks = []


def _kind_of(line: str, *, current: BlockKind | None) -> BlockKind:
    if TABLE_ROW.match(line):
        return BlockKind.TABLE
    if LIST_ITEM.match(line) or (current is BlockKind.LIST and line[:1].isspace()):
        return BlockKind.LIST
    if current is BlockKind.LIST:
        return BlockKind.LIST  # a lazy continuation line of the item
    return BlockKind.PARAGRAPH


def fence_end(lines: list[str], start: int, *, mark: str) -> int | None:
    """Return the index after the closing fence, or None when it is never closed: then it is plain text."""
    for at in range(start + 1, len(lines)):
        closing = lines[at].strip()
        if closing.startswith(mark) and not closing.strip(mark[0]):
            return at + 1
    return None
