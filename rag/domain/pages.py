"""Make the pages of a PDF one Markdown text, a section per page: running heads dropped, lines joined. Pure."""

import re
import statistics
from collections import Counter
from collections.abc import Sequence

EDGE = 2  # lines at the top and the bottom of a page that may be a running head or foot
RUNNING_SHARE = 0.5  # of the pages that show the same line there
LEAST_PAGES = 3  # before that, an equal line is a coincidence
ENDS_PARAGRAPH = 0.7  # of the usual line length: a shorter line that ends a sentence ends its paragraph
DIGITS = re.compile(r"\d+")
PAGE_NUMBER = re.compile(r"[-–—\s]*(?:page|p\.)?\s*\d{1,4}(?:\s*(?:/|of|sur)\s*\d{1,4})?[-–—\s]*", re.IGNORECASE)
HYPHEN = re.compile(r"(\w)[-\u00ad\u2010]$")
ITEM = re.compile(r"^(?:[-*•◦▪–]|\(?\d{1,2}[.)]|[a-z][.)])\s+")
BULLET = re.compile(r"^[•◦▪–]\s+")


def pages_to_markdown(pages: Sequence[str]) -> str:
    """Return the pages as Markdown, each under the heading `p. N`; pages without words are left out."""
    lines = [_lines(page) for page in pages]
    running = _running(lines)
    sections = []
    for number, page in enumerate(lines, 1):
        paragraphs = _paragraphs(_without_running(page, running))
        if paragraphs:
            sections.append(f"## p. {number}\n\n" + "\n\n".join(paragraphs))
    return "\n\n".join(sections)


def _lines(page: str) -> list[str]:
    return [" ".join(line.split()) for line in page.split("\n")]


def _shape(line: str) -> str:
    return DIGITS.sub("0", line.casefold())


def _edges(page: Sequence[str]) -> list[int]:
    places = [at for at, line in enumerate(page) if line]
    edge = min(EDGE, len(places) // 4)  # a page of a few lines is all text
    return [*places[:edge], *places[len(places) - edge :]]


def _running(pages: Sequence[Sequence[str]]) -> frozenset[str]:
    """Return the shapes of the lines that stand at the edge of most pages."""
    filled = [page for page in pages if any(page)]
    if len(filled) < LEAST_PAGES:
        return frozenset()
    seen = Counter(shape for page in filled for shape in {_shape(page[at]) for at in _edges(page)})
    return frozenset(shape for shape, count in seen.items() if count > max(len(filled) * RUNNING_SHARE, 2))


def _without_running(page: Sequence[str], running: frozenset[str]) -> list[str]:
    edges = {at for at in _edges(page) if _shape(page[at]) in running or PAGE_NUMBER.fullmatch(page[at])}
    return [line for at, line in enumerate(page) if at not in edges]


def _paragraphs(lines: Sequence[str]) -> list[str]:
    """Return the paragraphs, a word that was cut at a line's end whole again."""
    widths = [len(line) for line in lines if line]
    usual = statistics.median(widths) if widths else 0
    paragraphs: list[str] = []
    is_open = False
    for line in lines:
        if not line:
            is_open = False
        elif is_open and not ITEM.match(line):
            paragraphs[-1] = _joined(paragraphs[-1], line)
        elif is_open and ITEM.match(paragraphs[-1].rpartition("\n")[2]):
            paragraphs[-1] += f"\n{_plain(line)}"
        else:
            paragraphs.append(_plain(line))
        if line:
            is_open = not (len(line) < usual * ENDS_PARAGRAPH and line.endswith((".", "!", "?", ":")))
    return paragraphs


def _joined(text: str, line: str) -> str:
    if HYPHEN.search(text) and line[:1].islower():
        return text[:-1] + line
    return f"{text} {line}"


def _plain(line: str) -> str:
    """Return a line that Markdown takes as words: a sign for a heading or a fence is escaped, a bullet becomes one."""
    line = BULLET.sub("- ", line)
    return f"\\{line}" if line.startswith(("#", "```", "~~~", "|")) else line
