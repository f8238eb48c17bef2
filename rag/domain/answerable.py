"""Decide from the passages whether the library can answer a question; the score is one signal of several. Pure."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from rag.domain.bm25 import QuestionWord, inverse_frequency
from rag.domain.expansion import TOKEN, words_of
from rag.domain.policy import SHIPPED

# A name: capital inside a sentence, capitals or digits within the word. Common words may be missing from a library by
# chance; a name that is missing means that the library does not know the thing.
NAME_SHAPE = re.compile(r"^(?:[A-Z][\w'’.-]*|[a-z]+[A-Z]\w*|(?=\w*\d)(?=\w*[A-Za-z])[\w.-]+)$")
# Words that a text need not repeat to answer the question they stand in.
WEAK_WORDS = frozenset(
    """
    often many much long short large small big little good better best worse worst bad worth need needs want wants use
    uses used using possible usually mean means happen happens work works way ways thing things kind right wrong exactly
    really actually tell explain know understand help please question answer example difference one two three first
    second last next new old same different day days week weeks month months year years
    """.split()  # noqa: SIM905 - read as a text, not as a column of strings
)
NOT_A_TOPIC = re.compile(r"^[\d.,x:%-]+$|^[0-9a-f]{16,}$", re.IGNORECASE)  # amounts, channel ids, node keys
UNITS = frozenset(
    {"vb", "vbyte", "vbytes", "sat", "sats", "msat", "msats", "ppm", "btc", "gb", "mb", "tb", "ms", "usd", "eur"}
)
FOREIGN_SHARE = 0.5  # of the least cosine: the built-in space is English, French questions lie farther from everything
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
    lang: str = "en"
    least_cosine: float = SHIPPED.least_cosine

    @property
    def is_answerable(self) -> bool:
        if not self.has_passages or self.missing_names:
            return False
        cosine = self.best_cosine or 0.0
        if cosine < self.least_cosine * (1.0 if self.lang == "en" else FOREIGN_SHARE):
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
    lang: str = "en",
    least_cosine: float = SHIPPED.least_cosine,
) -> Support:
    """Return the support for `passage_texts`. The glossary knows `covered` words; `passages` is the library's size.

    Nothing is answered whose best passage is farther than `least_cosine`, in French than half of it.
    A French word that nothing holds says little of a library that is mostly English; a name says the same in both.
    """
    spelled = {word: token for token in TOKEN.findall(question) for word in words_of(token)}
    own = [word for word in words if not word.is_added and _is_telling(word)]
    missing = tuple(word.word for word in own if not word.document_frequency and word.word not in covered)
    names = names_in(question) - UNITS
    held = {word.word for word in words if _holds(passage_texts, word.word)}
    telling = own if lang == "en" else [word for word in own if word.word in names]
    return Support(
        best_cosine=best_cosine,
        missing=tuple(spelled.get(word, word) for word in missing),
        missing_names=tuple(spelled.get(word, word) for word in missing if word in names),
        held_share=_held_share(telling, held=held | set(covered), passages=passages),
        has_passages=bool(passage_texts),
        lang=lang,
        least_cosine=least_cosine,
    )


def _is_telling(word: QuestionWord) -> bool:
    return not (word.is_stop_word or word.word in WEAK_WORDS or NOT_A_TOPIC.match(word.word))


def _held_share(own: Sequence[QuestionWord], *, held: Collection[str], passages: int) -> float:
    weights: Mapping[str, float] = {
        word.word: inverse_frequency(word.document_frequency, passages=passages) for word in own
    }
    total = sum(weights.values())
    return sum(weight for word, weight in weights.items() if word in held) / total if total else 1.0


def _holds(texts: Sequence[str], word: str) -> bool:
    stem = word[:-1] if len(word) > 4 else word
    return any(stem in text for text in texts)
