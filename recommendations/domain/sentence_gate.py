"""Let a model's prose through sentence by sentence, each only after it was checked. Pure."""

import re
from collections.abc import Callable
from dataclasses import dataclass

LONGEST_SENTENCE = 1_200  # characters; what runs on longer is no sentence
_END = re.compile(r"(?<=[.!?…:;])\s+|\n+")


@dataclass(slots=True)
class SentenceGate:
    """Feed pieces of prose; get back the finished sentences that `may_pass`. Others are counted in `left_out`."""

    may_pass: Callable[[str], bool]
    left_out: int = 0
    _held: str = ""

    def feed(self, piece: str) -> str:
        """Return what can be shown now; the sentence still being written is held."""
        self._held += piece
        shown, start = [], 0
        for end in _END.finditer(self._held):
            shown.append(self._judged(self._held[start : end.start()], self._held[end.start() : end.end()]))
            start = end.end()
        self._held = self._held[start:]
        if len(self._held) > LONGEST_SENTENCE:
            self._held = self._held[: LONGEST_SENTENCE + 1]  # too long to be let through, and long enough to tell
        return "".join(shown)

    def flush(self) -> str:
        """Return the latest sentence when the prose is over, if it may pass."""
        held, self._held = self._held, ""
        return self._judged(held, "")

    def _judged(self, sentence: str, blank: str) -> str:
        if not sentence.strip():
            return sentence + blank
        if len(sentence) <= LONGEST_SENTENCE and self.may_pass(" ".join(sentence.split())):
            return sentence + blank
        self.left_out += 1
        return "\n" if "\n" in blank else ""
