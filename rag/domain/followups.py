"""Questions that follow on: tell that one leans on an earlier one, and make it stand alone by rules. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.domain.expansion import TOKEN, fold, words_of
from rag.domain.language import is_function_word

SHORT = 7  # words; a longer question mostly says itself what it is about
MOST_TERMS = 8  # of the earlier question: more would drown the new one
POINTERS = frozenset(
    """
    it its they them their this that these those one ones he she there then same former latter other others instead
    il elle ils elles lui leur leurs cela ca ceci celui celle ceux celles en y memes meme autre autres dessus
    """.split()  # noqa: SIM905 - read as a text, not as a column of strings
)
OPENINGS = re.compile(
    r"^(?:and|but|or|so|also|then|why not|what about|how about|what if|et|mais|ou|donc|alors|aussi|sinon|"
    r"et pour|et si|qu'en est-il|pourquoi pas|dans ce cas|in that case|otherwise)\b"
)


@dataclass(frozen=True, slots=True)
class EarlierTurn:
    """A question asked before in the same conversation, and what it was answered."""

    question: str
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A question that stands alone. `search_text`: what is searched in its place, None: `standalone` itself."""

    standalone: str
    search_text: str | None = None
    is_by_model: bool = False


def follows_on(question: str) -> bool:
    """Tell whether `question` leans on an earlier one: it opens like a reply, points back, or is only a few words."""
    folded = fold(question).strip()
    words = words_of(question)
    if not words:
        return False
    telling = [word for word in words if not _is_function(word)]
    points_back = any(word in POINTERS for word in words)
    return bool(OPENINGS.match(folded)) or (len(words) <= SHORT and points_back) or len(telling) < 2


def stand_alone(question: str, *, earlier: Sequence[EarlierTurn]) -> str:
    """Return `question` with the telling words of the latest question it leans on, or as it is when it leans on none.

    `earlier` goes from old to new. A chain of follow-ups leans on the question that opened it.
    """
    if not earlier or not follows_on(question):
        return question
    telling: list[str] = []
    for turn in reversed(earlier):
        telling = [*_telling(turn.question), *telling]
        if not follows_on(turn.question):
            break
    own = set(words_of(question))
    missing = [token for token in dict.fromkeys(telling) if not own.intersection(words_of(token))]
    return f"{question} ({' '.join(missing[:MOST_TERMS])})" if missing else question


def _telling(question: str) -> list[str]:
    return [token for token in TOKEN.findall(question) if not all(map(_is_function, words_of(token)))]


def _is_function(word: str) -> bool:
    return word in POINTERS or is_function_word(word, lang="en") or is_function_word(word, lang="fr")
