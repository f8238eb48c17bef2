"""Check the numbers an answer puts in brackets while it streams: those of passages pass, others are dropped. Pure."""

import re

CITATION = re.compile(r"\[\^?(\d{1,3}(?:\s?[,;]\s?\^?\d{1,3})*)\]")
CITATION_START = re.compile(r" *\[(?:\^?(?:\d{1,3}(?:\s?[,;](?:\s?(?:\^?\d{0,3})?)?)*)?)?")
LONGEST_CITATION = 40  # characters held back at most


class CitationFilter:
    """Pass an answer through piece by piece, dropping citations of passages that were not given.

    A "[" is held back, with the blanks before it, until it is clear what it opens. Code is left as it is.
    """

    def __init__(self, *, passages: int) -> None:
        self._known = range(1, passages + 1)
        self._held = ""
        self._ticks = 0  # run of backticks being read
        self._code = 0  # length of the run that opened the code we are in, 0 outside
        self.dropped: list[int] = []

    def feed(self, piece: str) -> str:
        """Return what can be shown now."""
        return "".join(self._take(sign) for sign in piece)

    def flush(self) -> str:
        """Return what was held back when the answer ends."""
        held, self._held = self._held, ""
        return held

    def _take(self, sign: str) -> str:
        self._follow_code(sign)
        if self._code or self._ticks:
            return self.flush() + sign
        candidate = self._held + sign
        if self._held.lstrip(" ") and sign == "]":
            return self._close(candidate)
        if candidate.strip(" ") == "" or (CITATION_START.fullmatch(candidate) and len(candidate) < LONGEST_CITATION):
            self._held = candidate
            return ""
        return self._release(sign)

    def _release(self, sign: str) -> str:
        """Give up holding: what was held is text, but `sign` itself may open anew."""
        shown = self.flush()
        if sign in " [":
            self._held = sign
            return shown
        return shown + sign

    def _close(self, candidate: str) -> str:
        self._held = ""
        found = CITATION.search(candidate)
        if not found:
            return candidate
        numbers = [int(number) for number in re.findall(r"\d+", found[1])]
        valid = [number for number in numbers if number in self._known]
        self.dropped.extend(number for number in numbers if number not in self._known)
        blanks = candidate[: found.start()]
        return blanks + "".join(f"[{number}]" for number in dict.fromkeys(valid)) if valid else ""

    def _follow_code(self, sign: str) -> None:
        if sign == "`":
            self._ticks += 1
            return
        if self._ticks:
            if not self._code:
                self._code = self._ticks
            elif self._ticks >= self._code:
                self._code = 0
            self._ticks = 0
        if sign == "\n" and 0 < self._code < 3:
            self._code = 0  # inline code does not pass the end of a line: a stray backtick


def without_code(text: str) -> str:
    """Return `text` with fenced and inline code left out."""
    return re.sub(r"`[^`\n]*`", " ", re.sub(r"(`{3,}|~{3,}).*?(?:\1|\Z)", " ", text, flags=re.DOTALL))


def cited_numbers(text: str) -> tuple[int, ...]:
    """Return the passage numbers an answer cites, each once, in order of first mention."""
    groups = (found[1] for found in CITATION.finditer(without_code(text)))
    return tuple(dict.fromkeys(int(number) for group in groups for number in re.findall(r"\d+", group)))
