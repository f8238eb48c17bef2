"""Hear a model say that the passages do not hold the answer: by a mark on its first line, which nobody sees. Pure."""

import re

MARK = "NOT_IN_PASSAGES"
AROUND = " \t\r\n*_`\"'#>[(“«-"  # what a model may dress its first word in
BETWEEN_WORDS = re.compile(r"[ _-]")
SAID = re.compile(r"NOT[ _-]IN[ _-]PASSAGES(?!\w)")
LONGEST_DRESS = 12  # characters before the mark


class RefusalFilter:
    """Passes an answer through piece by piece, its beginning held back until it is no mark. One use only."""

    def __init__(self) -> None:
        self._held = ""
        self._is_decided = False
        self.has_refused = False

    def feed(self, piece: str) -> str:
        """Return what can be shown now; after the mark nothing any more."""
        if self._is_decided:
            return "" if self.has_refused else piece
        self._held += piece
        first = self._held.lstrip(AROUND)
        if len(self._held) < LONGEST_DRESS + len(MARK) and MARK.startswith(BETWEEN_WORDS.sub("_", first)):
            return ""  # too short yet to tell
        return self._decide(has_refused=SAID.match(first) is not None)

    def flush(self) -> str:
        """Return what was held back when the answer ends."""
        if self._is_decided:
            return ""
        return self._decide(has_refused=SAID.match(self._held.lstrip(AROUND)) is not None)

    def _decide(self, *, has_refused: bool) -> str:
        self._is_decided, self.has_refused = True, has_refused
        held, self._held = self._held, ""
        return "" if has_refused else held
