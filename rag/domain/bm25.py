"""Weigh the words of a question for the lexical leg. Pure; the sums over postings are done in SQL."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

K1 = 1.2  # the usual values; the evaluation set is flat around them
B = 0.75


@dataclass(frozen=True, slots=True)
class QuestionWord:
    """A word of the question (or one its glossary terms added) with its lexemes and how many passages hold each."""

    word: str
    frequencies: Mapping[str, int]
    is_added: bool = False

    @property
    def document_frequency(self) -> int:
        return sum(self.frequencies.values())

    @property
    def is_stop_word(self) -> bool:
        return not self.frequencies


def inverse_frequency(document_frequency: int, *, passages: int) -> float:
    """Return BM25's weight of a word that `document_frequency` of `passages` hold; never negative."""
    held = min(document_frequency, passages)
    return math.log(1 + (passages - held + 0.5) / (held + 0.5))


def lexeme_weights(words: Iterable[QuestionWord], *, passages: int, added_weight: float = 1.0) -> dict[str, float]:
    """Return a weight per lexeme. The lexemes of one word share its weight: English and French stems are one word."""
    weights: dict[str, float] = {}
    for word in words:
        weight = inverse_frequency(word.document_frequency, passages=passages)
        weight *= added_weight if word.is_added else 1.0
        for lexeme, held in word.frequencies.items():
            if held:
                weights[lexeme] = max(weights.get(lexeme, 0.0), weight)
    return weights
