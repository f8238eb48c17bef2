"""Cut a Markdown document into passages at its headings. Code fences stay whole; no tiny leftovers. Pure."""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rag.domain.markdown import Block, BlockKind, Section, count_words, split_sections

BREADCRUMB_SEPARATOR = " > "
BREADCRUMB_PART = 80  # characters; a longer heading is a sentence and says no more
BREADCRUMB_LIMIT = 240
SENTENCE_END = re.compile(r"(?<=[.!?:;])\s+(?=[\w\"'«(`*\[])")


@dataclass(frozen=True, slots=True)
class ChunkSizes:
    """Words per passage: about `target`, at most `limit` (a longer fence is kept whole), rarely under `smallest`."""

    target: int = 300
    limit: int = 400
    smallest: int = 40


@dataclass(frozen=True, slots=True)
class ChunkText:
    """One passage before it is stored."""

    ordinal: int
    breadcrumb: str
    text: str
    word_count: int
    start: int | None = None  # where the text stands in the document, in characters; None: not in one piece
    end: int | None = None

    @property
    def sha256(self) -> str:
        """Return the hash of what is embedded: equal means equal vectors."""
        return hashlib.sha256(f"{self.breadcrumb}\n{self.text}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class StoredChunk:
    """What is known of a passage that is stored."""

    pk: int
    ordinal: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Recut:
    """What a new cut of a document changes: pairs that stay, with their new place; what comes; what goes."""

    kept: tuple[tuple[StoredChunk, ChunkText], ...]
    added: tuple[ChunkText, ...]
    gone: tuple[int, ...]


def recut(stored: Iterable[StoredChunk], cut: Sequence[ChunkText]) -> Recut:
    """Return which stored passages stay as they are, although their place may differ. Equal ones stay in order."""
    waiting: defaultdict[str, list[StoredChunk]] = defaultdict(list)
    for one in sorted(stored, key=lambda one: one.ordinal, reverse=True):
        waiting[one.sha256].append(one)
    kept: list[tuple[StoredChunk, ChunkText]] = []
    added: list[ChunkText] = []
    for piece in cut:
        if same := waiting[piece.sha256]:
            kept.append((same.pop(), piece))
        else:
            added.append(piece)
    gone = tuple(one.pk for rest in waiting.values() for one in rest)
    return Recut(tuple(kept), tuple(added), gone)


def chunk_markdown(
    text: str, *, origin: str = "", title: str = "", sizes: ChunkSizes | None = None
) -> tuple[ChunkText, ...]:
    """Return the passages of `text` in order, each under its breadcrumb "origin > title > H2 > H3"."""
    sizes = sizes or ChunkSizes()
    sections = join_small_sections(split_sections(text), sizes=sizes)
    found: list[ChunkText] = []
    cursor = 0
    for section in sections:
        crumb = breadcrumb(origin, title, section.path)
        for piece in pack(section.blocks, sizes=sizes):
            start = text.find(piece, cursor)
            end = None if start < 0 else start + len(piece)
            found.append(ChunkText(len(found), crumb, piece, count_words(piece), start if end else None, end))
            cursor = end or cursor
    return tuple(found)


def breadcrumb(origin: str, title: str, path: Iterable[str]) -> str:
    """Return the way down to a section, each step once and shortened, the whole within BREADCRUMB_LIMIT characters."""
    steps: list[str] = []
    for step in (origin, title, *path):
        short = shorten(" ".join(step.split()), BREADCRUMB_PART)
        if short and short.casefold() not in (known.casefold() for known in steps):
            steps.append(short)
    while len(BREADCRUMB_SEPARATOR.join(steps)) > BREADCRUMB_LIMIT and len(steps) > 2:
        del steps[-2]  # the nearest heading says most, the title comes next
    return BREADCRUMB_SEPARATOR.join(steps)[:BREADCRUMB_LIMIT]


def shorten(text: str, limit: int) -> str:
    """Return `text` within `limit` characters, cut after a word where that costs little."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    at_word = cut.rsplit(" ", 1)[0]
    return (at_word if len(at_word) > limit * 0.6 else cut).rstrip(" ,;:-") + "…"


def join_small_sections(sections: Iterable[Section], *, sizes: ChunkSizes) -> tuple[Section, ...]:
    """Return the sections with those under `smallest` words joined to a neighbor, their heading kept as text."""
    joined: list[Section] = []
    for section in sections:
        if joined and can_join(joined[-1], section, sizes=sizes):
            joined[-1] = join(joined[-1], section)
        else:
            joined.append(section)
    return tuple(joined)


def can_join(first: Section, second: Section, *, sizes: ChunkSizes) -> bool:
    """Tell whether one of two neighbors is tiny, both fit in one passage, and they are siblings or parent and child."""
    if min(first.word_count, second.word_count) >= sizes.smallest:
        return False
    if first.word_count + second.word_count > sizes.target:
        return False
    return second.path[: len(first.path)] == first.path or second.path[:-1] == first.path[:-1]


def join(first: Section, second: Section) -> Section:
    heading = (Block(BlockKind.HEADING, second.path[-1]),) if second.path else ()
    return Section(first.path, (*first.blocks, *heading, *second.blocks))


def pack(blocks: Iterable[Block], *, sizes: ChunkSizes) -> tuple[str, ...]:
    """Return the blocks gathered into texts of about `target` words; a small rest goes to the text before it."""
    texts: list[list[str]] = [[]]
    words = 0
    for block in divide(blocks, sizes=sizes):
        size = count_words(block)
        if texts[-1] and words + size > sizes.target:
            texts.append([])
            words = 0
        texts[-1].append(block)
        words += size
    gathered = ["\n\n".join(parts) for parts in texts if parts]
    return tuple(_without_leftover(gathered, sizes=sizes))


def _without_leftover(texts: list[str], *, sizes: ChunkSizes) -> list[str]:
    if len(texts) < 2 or count_words(texts[-1]) >= sizes.smallest:
        return texts
    together = f"{texts[-2]}\n\n{texts[-1]}"
    return [*texts[:-2], together] if count_words(together) <= sizes.limit else texts


def divide(blocks: Iterable[Block], *, sizes: ChunkSizes) -> Iterator[str]:
    """Yield the blocks as texts, cutting those over `target` words at lines or sentences; a fence never."""
    for block in blocks:
        if block.kind is BlockKind.FENCE or count_words(block.text) <= sizes.target:
            yield block.text
        elif block.kind is BlockKind.TABLE:
            yield from _divide_table(block.text, sizes=sizes)
        else:
            yield from _regroup(_lines_or_sentences(block), sizes=sizes)


def _divide_table(text: str, *, sizes: ChunkSizes) -> Iterator[str]:
    lines = text.split("\n")
    head, rows = "\n".join(lines[:2]), lines[2:]
    room = ChunkSizes(max(sizes.target - count_words(head), 40), sizes.limit, sizes.smallest)
    yield from (f"{head}\n{part}" for part in _regroup(((row, "\n") for row in rows), sizes=room))


def _lines_or_sentences(block: Block) -> Iterator[tuple[str, str]]:
    """Yield (piece, glue before it): list items by line, prose by sentence."""
    for line in block.text.split("\n"):
        for number, sentence in enumerate(SENTENCE_END.split(line)):
            yield sentence, " " if number else "\n"


def _regroup(pieces: Iterable[tuple[str, str]], *, sizes: ChunkSizes) -> Iterator[str]:
    text, words = "", 0
    for whole, glue in pieces:
        for piece in _within_limit(whole, limit=sizes.limit):
            size = count_words(piece)
            if text and words + size > sizes.target:
                yield text
                text, words = "", 0
            text = f"{text}{glue}{piece}" if text else piece
            words += size
    if text:
        yield text


def _within_limit(text: str, *, limit: int) -> Iterator[str]:
    """Yield `text`, or parts of `limit` words of it: some pages are one sentence of a thousand words."""
    if count_words(text) <= limit:
        yield text
        return
    words = text.split()
    half = max(len(words) // 2, 1)
    if len(words) < 2:
        yield text
        return
    yield from _within_limit(" ".join(words[:half]), limit=limit)
    yield from _within_limit(" ".join(words[half:]), limit=limit)
