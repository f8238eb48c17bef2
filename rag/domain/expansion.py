"""Words that also mean other words: find glossary terms in a question, append what they stand for. Pure."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

LONGEST_TERM = 4  # words
MOST_ADDED_WORDS = 24  # more would drown the question
TOKEN = re.compile(r"[^\W_]+(?:[-_.'’][^\W_]+)*")
ELISION = re.compile(r"^(?:l|d|j|n|s|qu|c|m|t|lorsqu|jusqu|puisqu)['’](?=\w)", re.IGNORECASE)
POSSESSIVE = re.compile(r"['’]s$", re.IGNORECASE)
ACCENT = re.compile("[\u0300-\u036f]")  # what NFKD splits off
LIGATURES = str.maketrans({"œ": "oe", "Œ": "oe", "æ": "ae", "Æ": "ae", "ß": "ss", "’": "'"})


@dataclass(frozen=True, slots=True)
class Term:
    """One glossary row: words that mean `term`'s words in another language or in full."""

    term: str
    lang: str
    expansion: str


@dataclass(frozen=True, slots=True)
class Expansion:
    """A question with what its glossary terms stand for; `covered` are the question's own words those terms used."""

    question: str
    added: tuple[str, ...]
    covered: frozenset[str]

    @property
    def text(self) -> str:
        return " ".join((self.question, *self.added))


def fold(text: str) -> str:
    """Return `text` in lower case without accents, ligatures opened, for comparing words."""
    if text.isascii():
        return text.lower()
    return ACCENT.sub("", unicodedata.normalize("NFKD", text.translate(LIGATURES).casefold()))


def words_of(text: str) -> tuple[str, ...]:
    """Return the folded words of `text`, French elisions and possessives cut off."""
    return tuple(POSSESSIVE.sub("", ELISION.sub("", word)) for word in TOKEN.findall(fold(text)))


def singular(word: str) -> str:
    """Return `word` without a plain plural ending: canaux and channels as canal and channel."""
    if word.endswith("aux") and len(word) > 4:
        return word[:-3] + "al"
    if word[-1:] in "sx" and len(word) > 3 and not word.endswith("ss"):
        return word[:-1]
    return word


def candidate_terms(question: str) -> dict[str, tuple[str, ...]]:
    """Return every run of 1 to 4 words that a row could name, as written and singular, with the words it used."""
    words = words_of(question)
    found: dict[str, tuple[str, ...]] = {}
    for size in range(1, LONGEST_TERM + 1):
        for start in range(len(words) - size + 1):
            run = words[start : start + size]
            found.setdefault(" ".join(run), run)
            found.setdefault(" ".join(singular(word) for word in run), run)
    return found


def term_key(term: str) -> str:
    """Return the form under which a glossary term is looked up."""
    return " ".join(words_of(term))


def expand(
    question: str, entries: Iterable[Term], *, candidates: Mapping[str, tuple[str, ...]] | None = None
) -> Expansion:
    """Return `question` with the expansions of the entries it names; of nested terms the longest counts."""
    runs = candidate_terms(question) if candidates is None else candidates
    named = [(runs[term_key(entry.term)], entry) for entry in entries if term_key(entry.term) in runs]
    named.sort(key=lambda pair: -len(pair[0]))
    own = set(words_of(question))
    covered: set[str] = set()
    added: list[str] = []
    for run, entry in named:
        if set(run) <= covered and len(run) < LONGEST_TERM and any(set(run) < set(longer) for longer, _ in named):
            continue
        covered |= set(run)
        added.extend(word for word in entry.expansion.split() if fold(word) not in own and word not in added)
    return Expansion(question, tuple(added[:MOST_ADDED_WORDS]), frozenset(covered))
