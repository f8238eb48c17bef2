"""Decide whether two questions ask the same, so that one answer serves both. Pure, and rather too strict than not.

Near vectors only propose a pair: "raise" and "lower", "LND" and "CLN", 0.1 and 1 lie close together. Two questions are
the same when their numbers, names, ids, negations and telling words are equal, up to inflection, a few plain synonyms
and words that carry nothing. With a word of direction in them, the order of words counts too.
"""

import re
from collections.abc import Iterator, Sequence

from rag.domain.expansion import fold
from rag.domain.quantities import quantities_in

WORD = re.compile(r"[a-z0-9]+(?:['’.:_-][a-z0-9]+)*")
EMPTY = {
    "en": frozenset(
        """
        a an the my our your of for with please i we you me us do does did is are am was were be been being it its this
        that these those there and so just actually really exactly some any on in at by as about kindly tell explain
        show know want wish would could 'd lightning network
        """.split()  # noqa: SIM905 - read as a text, not as a column of strings
    ),
    "fr": frozenset(
        """
        un une le la les l de des du d mon ma mes notre nos votre vos je j nous vous moi pour avec s'il plait svp est
        sont suis ce cette ces cet c il elle on y et alors dis explique montre savoir veux voudrais voulez peux
        m me te se sur dans a au aux lightning reseau que qu est-ce
        """.split()  # noqa: SIM905 - read as a text, not as a column of strings
    ),
}
AFTER_HOW = frozenset({"can", "should", "to", "may", "must", "puis-je", "dois-je", "faut-il", "peut-on", "doit-on"})
HOW = frozenset({"how", "comment"})
DIRECTION = frozenset(
    """
    from to into onto out toward towards between before after over under above below than instead rather versus vs when
    if unless until while without not no never nor neither except only vers depuis entre avant apres sans pas ne ni
    jamais plutot si quand sauf seulement contre par jusqu'a plus moins more less
    """.split()  # noqa: SIM905 - read as a text, not as a column of strings
)
SAME_WORDS = (
    "raise increase", "lower reduce decrease cut", "choose pick select", "configure setup", "shut close", "good best",
    "big large", "quick fast", "cost price", "fix repair solve", "begin start", "augmenter relever",
    "baisser reduire diminuer",
    "choisir selectionner", "configurer parametrer", "fermer clore", "meilleur bon", "demarrer commencer",
)  # fmt: skip
CANONICAL = {word: group.split()[0] for group in SAME_WORDS for word in group.split()}
ENDINGS = re.compile(r"(?:ies|es|ing|ed|ees|ee|er|ez|e|x)$")
SHORTEST_STEM = 4  # letters


def ask_the_same(one: str, other: str, *, lang: str, other_lang: str) -> bool:
    """Tell whether an answer to one question may be given to the other."""
    if lang != other_lang or _numbers(one) != _numbers(other) or _names(one) != _names(other):
        return False
    mine, theirs = _telling(one, lang=lang), _telling(other, lang=lang)
    if set(mine) & DIRECTION or set(theirs) & DIRECTION:
        return mine == theirs
    return bool(mine) and sorted(mine) == sorted(theirs)


def _numbers(question: str) -> tuple[str, ...]:
    """Return the quantities in their base units, each in one spelling."""
    return tuple(
        " ".join((one.dimension, *(f"{value:.9g}" for value in one.values))) for one in quantities_in(question)
    )


def _names(question: str) -> tuple[str, ...]:
    """Return what is written like a name, an id or an option, in order; the first word only with digits or capitals."""
    words = re.findall(r"[\w][\w'’.:-]*|--?\w[\w-]*", _without_numbers(question))
    return tuple(
        word.rstrip(".:'’-").casefold()
        for place, word in enumerate(words)
        if word != "I"
        and (re.search(r"\d", word) or word.startswith("-") or any(sign.isupper() for sign in word[(place == 0) :]))
    )


def _telling(question: str, *, lang: str) -> tuple[str, ...]:
    """Return the words that say what is asked, in order, each in one spelling."""
    empty = EMPTY.get(lang, EMPTY["en"])
    words = list(_parted(WORD.findall(fold(_without_numbers(question)).replace("’", "'"))))
    has_how = any(word in HOW for word in words)
    told = [word for place, word in enumerate(words) if not (has_how and _asks_how(words, place))]
    return tuple(_stem(CANONICAL.get(word, word)) for word in told if word not in empty)


def _without_numbers(question: str) -> str:
    """Return the question without its quantities, which are compared as such: 1,000 msat is 1 sat."""
    for one in reversed(quantities_in(question)):
        question = f"{question[: one.start]} {question[one.end :]}"
    return question


def _asks_how(words: Sequence[str], place: int) -> bool:
    """Tell whether this word only goes with "how": how can I, how to, how should we."""
    return words[place] in AFTER_HOW and any(word in HOW for word in words[max(place - 1, 0) : place])


def _parted(words: list[str]) -> Iterator[str]:
    """Yield each word without what is joined to it: the article of l'ouverture, the verb of what's."""
    for word in words:
        head, mark, tail = word.partition("'")
        yield head if tail == "s" else tail if mark and len(head) <= 2 and tail else word


def _stem(word: str) -> str:
    if word in DIRECTION or len(word) < SHORTEST_STEM:
        return word
    singular = re.sub(r"(?<=[^s])s$", "", word)
    cut = ENDINGS.sub("", singular)
    bare = cut if len(cut) >= SHORTEST_STEM - 1 else singular
    return CANONICAL.get(bare, bare)
