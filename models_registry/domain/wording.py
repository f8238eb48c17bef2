"""Keep a model's control tags out of prompts and answers. Pure; the host applies the model's own template."""

import re

# Control marks of the common chat templates: ChatML and Llama 3, DeepSeek (wide bars), Llama 2 and Mistral, Gemma.
TEMPLATE_TAG = re.compile(
    r"<[|｜][\w▁ .-]{1,40}[|｜]>"
    r"|\[/?(?:INST|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|SYSTEM_PROMPT)\]"
    r"|<</?SYS>>"
    r"|</?(?:s|bos|eos|pad|unk|start_of_turn|end_of_turn)>",
    re.IGNORECASE,
)
WRITTEN_OUT = (
    *(f"[{slash}{name}]" for slash in ("", "/") for name in
      ("INST", "AVAILABLE_TOOLS", "TOOL_CALLS", "TOOL_RESULTS", "SYSTEM_PROMPT")),
    "<<SYS>>",
    "<</SYS>>",
    *(f"<{slash}{name}>" for slash in ("", "/") for name in
      ("s", "bos", "eos", "pad", "unk", "start_of_turn", "end_of_turn")),
)  # fmt: skip
BEGUN = frozenset(tag[:end].lower() for tag in WRITTEN_OUT for end in range(1, len(tag)))
BEGUN_BARS = re.compile(r"<(?:[|｜](?:[\w▁ .-]{1,40}[|｜]?)?)?")
STARTS = re.compile(r"[<\[]")
LONGEST_HELD = 4096  # characters; whoever opens this many tags within each other is not writing tags
FENCE = re.compile(r"^ {0,3}(```|~~~)")
FENCE_REACH = 6  # characters of a line that decide
LINES = re.compile(r"[^\n]*\n|[^\n]+")
MANY_BLANK_LINES = re.compile(r"\n(?:[ \t]*\n){3,}")


def neutralize_tags(text: str) -> str:
    """Return the text with every typed template tag broken by a blank, so that no tokenizer takes it for control."""
    return TEMPLATE_TAG.sub(lambda found: f"{found[0][0]} {found[0][1:]}", text)


class TagFilter:
    """Takes leaked tags out of a text that arrives in pieces; joined, its pieces are the same however it was cut.

    Only what may become a tag is held back. Fenced code passes as it is. Taking one tag out may join the halves of
    another, which goes too.
    """

    def __init__(self) -> None:
        self._held = ""
        self._line = ""  # what the current line has let through: its beginning decides what is code
        self._fence: str | None = None
        self._is_opening = False  # the current line is the one that opened the fence

    def feed(self, piece: str) -> str:
        """Return what can be let through now."""
        return "".join(self._passed(part) for part in LINES.findall(piece))

    def flush(self) -> str:
        """Return what was held back: the text ended, so it is no tag."""
        rest, self._held = self._held, ""
        return rest

    def _passed(self, part: str) -> str:
        said = part if self._fence else self._prose(part)
        self._line = (self._line + said)[:FENCE_REACH]
        if part.endswith("\n"):
            self._end_line()
        return said

    def _prose(self, part: str) -> str:
        text = self._held + part
        self._held = ""
        while found := TEMPLATE_TAG.search(text):
            if self._opens_fence(text[: found.start()]):
                return text
            text = text[: found.start()] + text[found.end() :]
        if self._opens_fence(text) or text.endswith("\n"):  # no tag spans two lines
            return text
        at = _first_unsettled(text)
        self._held = text[at:]
        return text[:at]

    def _opens_fence(self, text: str) -> bool:
        if mark := FENCE.match(self._line + text[:FENCE_REACH]):
            self._fence, self._is_opening = mark[1], True
        return mark is not None

    def _end_line(self) -> None:
        mark = FENCE.match(self._line)
        if mark and mark[1] == self._fence and not self._is_opening:
            self._fence = None
        self._line, self._is_opening = "", False


def without_tags(text: str) -> str:
    """Return the text without leaked tags; fenced code stays as it is."""
    tags = TagFilter()
    return tags.feed(text) + tags.flush()


def clean_answer(text: str) -> str:
    """Return the answer without leaked tags, trailing blanks and long gaps; fenced code stays as it is."""
    parts = _parts(without_tags(text.replace("\r\n", "\n")))
    cleaned = "".join(part if is_code else _tidy(part) for part, is_code in parts)
    return cleaned.strip()


def _first_unsettled(text: str) -> int:
    """Return where the part begins that may still become a tag, or a tag around tags; the length when none does.

    Such a part is a row of beginnings, each of which the end of the one after it would continue.
    """
    if len(text) > LONGEST_HELD:
        return len(text)
    places = [found.start() for found in STARTS.finditer(text)]
    unsettled = {len(text)}
    for number in reversed(range(len(places))):
        ends = {*places[number + 1 : number + 3], len(text)} & unsettled  # a beginning holds at most one more start
        if any(_is_begun(text[places[number] : end]) for end in ends):
            unsettled.add(places[number])
    return min(unsettled)


def _is_begun(text: str) -> bool:
    return text.lower() in BEGUN or BEGUN_BARS.fullmatch(text) is not None


def _tidy(prose: str) -> str:
    trimmed = re.sub(r"[ \t]+(?=\n)", "", prose)
    return MANY_BLANK_LINES.sub("\n\n", trimmed)


def _parts(text: str) -> list[tuple[str, bool]]:
    """Return runs of lines with whether they are fenced code, fences included."""
    parts: list[tuple[str, bool]] = []
    run: list[str] = []
    fence: str | None = None
    for line in LINES.findall(text):
        mark = FENCE.match(line)
        if mark and fence is None:
            parts.append(("".join(run), False))
            run, fence = [line], mark[1]
        elif mark and mark[1] == fence:
            parts.append(("".join([*run, line]), True))
            run, fence = [], None
        else:
            run.append(line)
    return [*parts, ("".join(run), fence is not None)]
