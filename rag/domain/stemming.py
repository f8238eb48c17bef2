"""Cut words to what their forms share, so that a glossary row meets every form of its term. Light on purpose. Pure."""

from collections.abc import Iterator
from functools import lru_cache

# Of verbs and feminines, folded, without the plural. Noun endings such as -tion stay: they tell words apart.
ENDINGS = """
issaient eraient issent aient erait eront irait iront ante ent ant ait erai era iez ez er ir ee ie it e
"""
FRENCH_ENDINGS = tuple(sorted(ENDINGS.split(), key=len, reverse=True))
LEAST_STEM, LEAST_VERB_STEM = 3, 4  # letters that must stay: before short endings, and before longer ones
SHORT_ENDING = 2
LEAST_WORD = 5  # shorter words are left as they are


def singular(word: str) -> str:
    """Return `word` without a plain plural ending: canaux and channels as canal and channel."""
    if word.endswith("aux") and len(word) > 4:
        return word[:-3] + "al"
    if word[-1:] in "sx" and len(word) > 3 and not word.endswith("ss"):
        return word[:-1]
    return word


@lru_cache(maxsize=4096)  # each word stands in ten runs of a question
def french_stem(word: str) -> str:
    """Return what the forms of a folded French word share: fermer, fermée and ferment as ferm."""
    short = singular(word)
    if len(short) < LEAST_WORD:
        return short
    for ending in FRENCH_ENDINGS:
        least = LEAST_STEM if len(ending) <= SHORT_ENDING else LEAST_VERB_STEM
        if short.endswith(ending) and len(short) - len(ending) >= least:
            return short[: -len(ending)]
    return short


def beginning(word: str, *, letters: int) -> str:
    """Return what the forms of a folded word begin with, at most so many letters: canal and canaux as cana."""
    short = singular(word)
    return (short[:-1] if short.endswith("al") and len(short) > LEAST_STEM + 1 else short)[:letters]


def beginnings(text: str, stem: str) -> Iterator[int]:
    """Yield where words of a folded text begin like this. Each is looked for alone: one pattern takes twice as long."""
    place = text.find(stem)
    while place >= 0:
        if not place or not text[place - 1].isalnum():
            yield place
        place = text.find(stem, place + 1)


def begins_in(text: str, stem: str) -> bool:
    """Tell whether a word of a folded text begins like this."""
    return next(beginnings(text, stem), None) is not None
