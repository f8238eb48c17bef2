"""Words that also mean other words: find glossary terms in a question, and what they stand for. Pure."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rag.domain.stemming import french_stem, singular

LONGEST_TERM = 4  # words
MOST_ADDED_WORDS = 40  # more would drown the question
TOKEN = re.compile(r"[^\W_]+(?:[-_.'’][^\W_]+)*")
ELISION = re.compile(r"^(?:l|d|j|n|s|qu|c|m|t|lorsqu|jusqu|puisqu)['’](?=\w)", re.IGNORECASE)
INVERSION = re.compile(r"(?<=[a-z])-(?:t-)?(?:je|tu|il|elle|on|nous|vous|ils|elles|ce|moi|le|la|les|y|en)$")
POSSESSIVE = re.compile(r"['’]s$", re.IGNORECASE)
ACCENT = re.compile("[\u0300-\u036f]")  # what NFKD splits off
LIGATURES = str.maketrans({"œ": "oe", "Œ": "oe", "æ": "ae", "Æ": "ae", "ß": "ss", "’": "'"})
FRENCH = "fr"


@dataclass(frozen=True, slots=True)
class Term:
    """One glossary row: words that mean `term`'s words in another language or in full."""

    term: str
    lang: str
    expansion: str


@dataclass(frozen=True, slots=True)
class Expansion:
    """A question with what its glossary terms stand for; `covered` are the question's own words those terms used.

    `gloss`: of a French question, its telling words put into English one by one; else empty.
    """

    question: str
    added: tuple[str, ...]
    covered: frozenset[str]
    gloss: str = ""

    @property
    def text(self) -> str:
        return " ".join((self.question, *self.added))

    @property
    def readings(self) -> tuple[str, ...]:
        """Return the texts whose meanings together stand for the question: an English space cannot read French."""
        return tuple(dict.fromkeys((self.gloss or self.question, self.text)))


def fold(text: str) -> str:
    """Return `text` in lower case without accents, ligatures opened, for comparing words."""
    if text.isascii():
        return text.lower()
    return ACCENT.sub("", unicodedata.normalize("NFKD", text.translate(LIGATURES).casefold()))


def words_of(text: str) -> tuple[str, ...]:
    """Return the folded words of `text`; French elisions and inversions and English possessives are cut off."""
    return tuple(map(_bare, TOKEN.findall(fold(text))))


def _bare(word: str) -> str:
    return POSSESSIVE.sub("", INVERSION.sub("", ELISION.sub("", word)))


def term_key(term: str, *, lang: str = "en") -> str:
    """Return the form under which a glossary term is looked up."""
    return _key(words_of(term), lang=lang)


def candidate_terms(question: str, *, lang: str = "en") -> tuple[str, ...]:
    """Return every key under which a row could name 1 to 4 of the question's words, in this language or English."""
    words = words_of(question)
    return tuple(dict.fromkeys(key for run in _runs(words) for key in _keys(run, lang=lang)))


def expand(
    question: str, entries: Iterable[Term], *, lang: str = "en", unsaid: Iterable[str] = frozenset()
) -> Expansion:
    """Return `question` with the expansions of the entries it names; of terms that overlap the longest counts.

    French entries read French questions only: file and pair are words of both languages. `unsaid` are the words that
    carry no topic, which no entry of one word explains and no gloss repeats.
    """
    words, silent = words_of(question), frozenset(unsaid)
    found = _named(words, entries, lang=lang, unsaid=silent)
    own, added, covered, gloss = set(words), list[str](), set[str](), list[str]()
    at = 0
    while at < len(words):
        size, named = found.get(at, (1, ()))
        said = [word for entry in named for word in entry.expansion.split()]
        covered.update(words[at : at + size] if named else ())
        added.extend(word for word in said if fold(word) not in own and word not in added)
        gloss.extend(word for word in said or _kept(words[at], unsaid=silent) if word not in gloss)
        at += size
    return Expansion(
        question, tuple(added[:MOST_ADDED_WORDS]), frozenset(covered), " ".join(gloss) if lang == FRENCH else ""
    )


def _kept(word: str, *, unsaid: frozenset[str]) -> tuple[str, ...]:
    return () if word in unsaid else (word,)


def _named(
    words: tuple[str, ...], entries: Iterable[Term], *, lang: str, unsaid: frozenset[str]
) -> Mapping[int, tuple[int, tuple[Term, ...]]]:
    """Return where terms stand: place -> (words used, entries), longest first, none over another."""
    by_key: dict[str, list[Term]] = {}
    for entry in entries:
        if entry.lang in ("en", lang):
            by_key.setdefault(term_key(entry.term, lang=entry.lang), []).append(entry)
    found: dict[int, tuple[int, tuple[Term, ...]]] = {}
    taken: set[int] = set()
    for size in range(LONGEST_TERM, 0, -1):
        for start in range(len(words) - size + 1):
            run, places = words[start : start + size], range(start, start + size)
            if taken.isdisjoint(places) and not (size == 1 and run[0] in unsaid):
                named = _closest(run, [entry for key in _keys(run, lang=lang) for entry in by_key.get(key, ())])
                found |= {start: (size, named)} if named else {}
                taken.update(places if named else ())
    return found


def _closest(run: Sequence[str], entries: Sequence[Term]) -> tuple[Term, ...]:
    """Return the entries spelled like `run`, else those alike in the singular, else all that share its stem."""
    distinct = tuple(dict.fromkeys(entries))
    exact = tuple(entry for entry in distinct if words_of(entry.term) == tuple(run))
    alike = [one for one in distinct if [*map(singular, words_of(one.term))] == [*map(singular, run)]]
    return exact or tuple(alike) or distinct


def _runs(words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for size in range(1, LONGEST_TERM + 1):
        for start in range(len(words) - size + 1):
            yield words[start : start + size]


@lru_cache(maxsize=4096)  # asked for each run when rows are looked up, and again when they are placed
def _keys(run: tuple[str, ...], *, lang: str) -> tuple[str, ...]:
    forms = (_key(run, lang="en"), " ".join(map(singular, run)), _key(run, lang=lang))
    return tuple(dict.fromkeys(forms))


def _key(words: Sequence[str], *, lang: str) -> str:
    return " ".join(map(french_stem, words) if lang == FRENCH else words)
