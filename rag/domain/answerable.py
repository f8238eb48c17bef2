"""Decide from the passages whether the library can answer a question at all. The score is one signal of several. Pure."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from rag.domain.bm25 import QuestionWord, inverse_frequency
from rag.domain.expansion import TOKEN, fold, words_of

# A name: capital inside a sentence, capitals or digits within the word. Common words may be missing from a library by
# chance; a name that is missing means that the library does not know the thing.
NAME_SHAPE = re.compile(r"^(?:[A-Z][\w'’.-]*|[a-z]+[A-Z]\w*|(?=\w*\d)(?=\w*[A-Za-z])[\w.-]+)$")
NOT_A_TOPIC = re.compile(r"^[\d.,x:%-]+$|^[0-9a-f]{16,}$", re.IGNORECASE)  # amounts, channel ids, node keys
LEAST_COSINE = 0.30  # below it, passages of the 1,131 real documents never held the answer
SURE_COSINE = 0.55
LEAST_HELD_SHARE = 0.45


@dataclass(frozen=True, slots=True)
class Support:
    """What speaks for the passages. `missing`: words of the question that nothing in the library holds, names first."""

    best_cosine: float | None
    missing: tuple[str, ...]
    missing_names: tuple[str, ...]
    held_share: float  # 0-1, of the weight of the question's words, held by the found passages
    has_passages: bool

    @property
    def is_answerable(self) -> bool:
        if not self.has_passages or self.missing_names:
            return False
        cosine = self.best_cosine or 0.0
        if cosine < LEAST_COSINE:
            return False
        return cosine >= SURE_COSINE or self.held_share >= LEAST_HELD_SHARE


def names_in(question: str) -> frozenset[str]:
    """Return the folded words of `question` that are written like names; the first word of a sentence is not judged."""
    found: set[str] = set()
    for sentence in re.split(r"(?<=[.!?:])\s+", question):
        tokens = re.findall(r"[\w][\w'’.-]*", sentence)
        for place, token in enumerate(tokens):
            token = token.rstrip(".'’-")
            inner_capital = any(sign.isupper() or sign.isdigit() for sign in token[1:])
            if NAME_SHAPE.match(token) and (place > 0 or inner_capital):
                found.update(words_of(token))
    return frozenset(found)


def judge(
    words: Sequence[QuestionWord],
    *,
    question: str,
    passage_texts: Sequence[str],
    best_cosine: float | None,
    covered: Collection[str],
    passages: int,
) -> Support:
    """Return the support for `passage_texts`; `covered` words are known by the glossary, `passages` is the library's size."""
    own = [word for word in words if not word.is_added and not word.is_stop_word and not NOT_A_TOPIC.match(word.word)]
    missing = tuple(word.word for word in own if not word.document_frequency and word.word not in covered)
    names = names_in(question)
    held = {word.word for word in words if _holds(passage_texts, word.word)}
    return Support(
        best_cosine=best_cosine,
        missing=missing,
        missing_names=tuple(word for word in missing if word in names),
        held_share=_held_share(own, held=held | set(covered), passages=passages),
        has_passages=bool(passage_texts),
    )


def _held_share(own: Sequence[QuestionWord], *, held: Collection[str], passages: int) -> float:
    weights: Mapping[str, float] = {
        word.word: inverse_frequency(word.document_frequency, passages=passages) for word in own
    }
    total = sum(weights.values())
    return sum(weight for word, weight in weights.items() if word in held) / total if total else 1.0


def _holds(texts: Sequence[str], word: str) -> bool:
    stem = word[:-1] if len(word) > 4 else word
    return any(stem in text for text in texts)
