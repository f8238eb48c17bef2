"""What the words of a question tell of what would answer it: names, years, figures of today. Pure."""

import re

from rag.domain.expansion import TOKEN, fold, words_of

# A name: capital inside a sentence, capitals or digits within the word. Common words may be missing from a library by
# chance; a name that is missing means that the library does not know the thing.
NAME_SHAPE = re.compile(r"^(?:[A-Z][\w'’.-]*|[a-z]+[A-Z]\w*|(?=\w*\d)(?=\w*[A-Za-z])[\w.-]+)$")
UNITS = frozenset(
    "vb vbyte vbytes sat sats msat msats ppm btc mbtc gb mb tb kb ms usd eur".split()  # noqa: SIM905 - read as a text
)
AMOUNT = re.compile(
    r"^[\d.,x:%-]+(?:k|m|bn?|gb|mb|tb|kb|sats?|msats?|btc|ppm|vb|ms|s|h|min|d|usd|eur)?$", re.IGNORECASE
)
KEY = re.compile(r"^[0-9a-f]{16,}$", re.IGNORECASE)  # a node's key, a channel's id
YEAR = re.compile(r"^20\d\d$")
MOMENTS = re.compile(
    r"\b(?:right now|now|today|tonight|yesterday|tomorrow|currently|at the moment|these days|this (?:week|month|year)|"
    r"next (?:week|month|year|monday|tuesday|wednesday|thursday|friday|saturday|sunday)|in \w+ (?:days|months|"
    r"years)|en ce moment|actuellement|aujourd'?hui|demain|hier|ce mois|cette (?:semaine|annee)|(?:mois|semaine|annee) "
    r"prochaine?|dans \w+ (?:jours|mois|ans|annees))\b"
)
FIGURES = re.compile(
    r"\b(?:how (?:many|much|high|big)|price|median|average|exchange rate|hash ?rate|worth|value of|number of|weather|"
    r"combien|prix|cours d[eu]|moyenne|mediane?|valeur|vaut|vaudra|meteo|quel temps|nombre de)\b"
)


def names_in(question: str) -> frozenset[str]:
    """Return the folded words of `question` that are written like names; the first word of a sentence is not judged."""
    found: set[str] = set()
    for sentence in re.split(r"(?<=[.!?:])\s+", question):
        for place, token in enumerate(re.findall(r"[\w][\w'’.-]*", sentence)):
            token = token.rstrip(".'’-")
            inner_capital = any(sign.isupper() or sign.isdigit() for sign in token[1:])
            if NAME_SHAPE.match(token) and not AMOUNT.match(token) and (place > 0 or inner_capital):
                found.update(words_of(token))
    return frozenset(found) - UNITS


def years_in(question: str) -> frozenset[str]:
    """Return the years a question speaks of: what does not mention them says nothing about them."""
    return frozenset(word for word in words_of(question) if YEAR.match(word))


def asks_for_figures_of_a_moment(question: str) -> bool:
    """Tell whether a question wants a number as of today or of a day to come: no library of texts holds those."""
    folded = fold(question)
    return bool(MOMENTS.search(folded) and FIGURES.search(folded))


def is_amount_or_key(word: str) -> bool:
    """Tell whether a word is a number with or without its unit, or an identifier: a text need not repeat it."""
    return bool(AMOUNT.match(word) or KEY.match(word))


def spelling(question: str) -> dict[str, str]:
    """Return folded word -> as it was typed."""
    return {word: token for token in TOKEN.findall(question) for word in words_of(token)}
