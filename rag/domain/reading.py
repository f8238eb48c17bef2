"""Cut a text for the page that shows it: into parts that load quickly, and around the passage pointed at. Pure."""

from dataclasses import dataclass

from rag.domain.markdown import HEADING, LIST_ITEM, TABLE_ROW

PART = 60_000  # characters; as much takes about a tenth of a second to lay out
BREAK = "\n\n"
MARKS_BETWEEN = 12  # characters: of a heading's signs and the blank lines around it


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a text, `number` of `count`, with what to highlight in it, in characters of its own text."""

    text: str
    number: int
    count: int
    marked: tuple[int, int] | None = None


def part_of(text: str, *, number: int = 1, mark: tuple[int, int] | None = None, most: int = PART) -> Part:
    """Return one part of `text`: the one that holds `mark`, else that of this number, else the first."""
    spans = _spans(text, most=most)
    chosen = number - 1 if 1 <= number <= len(spans) else 0
    if mark is None or not 0 <= mark[0] < mark[1] <= len(text):
        start, end = spans[chosen]
        return Part(text[start:end], chosen + 1, len(spans))
    chosen = next(place for place, (_, end) in enumerate(spans) if mark[0] < end)
    start, end = spans[chosen]
    end = max(end, mark[1])  # a passage is not cut by the end of a part
    divided, within = _divided(text[start:end], (mark[0] - start, mark[1] - start))
    return Part(divided, chosen + 1, len(spans), within)


def place_of(passage: str, text: str) -> tuple[int, int] | None:
    """Return where a passage stands that was joined from neighbors: from its first block to its latest, or None.

    Between them the text has what a passage has not: the marks of headings.
    """
    blocks = [block for block in passage.split(BREAK) if block.strip()]
    if not blocks:
        return None
    room = len(passage) + MARKS_BETWEEN * len(blocks)
    start = text.find(blocks[0])
    while start >= 0:
        found = text.find(blocks[-1], start + len(BREAK.join(blocks[:-1])), start + room)
        if found >= 0:
            return start, found + len(blocks[-1])
        start = text.find(blocks[0], start + 1)
    return None


def _spans(text: str, *, most: int) -> list[tuple[int, int]]:
    """Return where the parts begin and end, cut between two blocks where that is possible."""
    spans: list[tuple[int, int]] = []
    start = 0
    while len(text) - start > most:
        cut = text.rfind(BREAK, start + most // 2, start + most)
        end = cut + len(BREAK) if cut > 0 else start + most
        spans.append((start, end))
        start = end
    return [*spans, (start, len(text))]


def _divided(text: str, mark: tuple[int, int]) -> tuple[str, tuple[int, int]]:
    """Divide the paragraphs that the mark begins or ends in, so that whole blocks can be highlighted."""
    start, end = mark
    if _is_inside_paragraph(text, end):
        text = f"{text[:end]}{BREAK}{text[end:].lstrip(' ')}"
    if _is_inside_paragraph(text, start):
        text, start, end = f"{text[:start]}{BREAK}{text[start:]}", start + len(BREAK), end + len(BREAK)
    return text, (start, end)


def _is_inside_paragraph(text: str, place: int) -> bool:
    before, after = text[:place].rpartition("\n")[2], text[place:].partition("\n")[0]
    if before.strip() and after.strip():
        return not TABLE_ROW.match(before)
    if before.strip():
        above, below = before, text[place:].partition("\n")[2].partition("\n")[0]
    else:
        above, below = text[: place - len(before)].removesuffix("\n").rpartition("\n")[2], after
    return bool(above.strip() and below.strip()) and _is_plain(above) and _is_plain(below)


def _is_plain(line: str) -> bool:
    is_marked = any(sign.match(line) for sign in (LIST_ITEM, TABLE_ROW, HEADING))
    return not is_marked and not line.startswith((" ", "\t", ">", "`", "~"))
