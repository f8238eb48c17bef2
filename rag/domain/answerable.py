"""Decide from the passages whether the library can answer a question; the score is one signal of several. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from rag.domain.asking import asks_for_figures_of_a_moment, is_amount_or_key, names_in, spelling, years_in
from rag.domain.bm25 import QuestionWord, inverse_frequency
from rag.domain.policy import SHIPPED, Policy

# Words that a text need not repeat to answer the question they stand in.
WEAK_WORDS = frozenset(
    """
    often many much long short large small big little good better best worse worst bad worth need needs want wants use
    uses used using possible usually mean means happen happens work works way ways thing things kind right wrong exactly
    really actually tell explain know understand help please question answer example difference one two three first
    second last next new old same different day days week weeks month months year years
    """.split()  # noqa: SIM905 - read as a text, not as a column of strings
)
LOOKED_AT = 3  # passages: what speaks of everything asked stands in one of the first, not scattered over all
NAME_COSINE = 0.11  # above the sure one: so near that an unknown name cannot be what the question is about
RARE_SHARE = 0.003  # of the passages: a name that more of them hold is part of the trade
RARE_AT_LEAST = 2  # passages
FOREIGN_SHARE = 0.9  # of the least cosine: what the glossary made of a French question lies a little farther off
TRANSLATED_WEIGHT = 0.5  # of a word that the glossary put in English: one word of several that may be meant
UNKNOWN_FACTOR = 1.5  # on what must be held, when a word of the question stands nowhere in the library
SHOWN_WORDS = 3  # of those that are missing


class Lack(StrEnum):
    """Why the library cannot answer."""

    NOTHING = "nothing_found"
    MOMENT = "figures_of_a_moment"
    NAME = "unknown_name"
    FAR = "too_far"
    THIN = "words_not_held"


@dataclass(frozen=True, slots=True)
class Support:
    """What speaks for the passages. Shares are 0 to 1, of the weight of the question's words."""

    best_cosine: float | None
    held_share: float  # by the best of the first passages
    lack: Lack | None  # None: the library can answer
    missing: tuple[str, ...] = ()  # as typed: what the passages do not speak of, names first

    @property
    def is_answerable(self) -> bool:
        return self.lack is None


def judge(
    words: Sequence[QuestionWord],
    *,
    question: str,
    passage_texts: Sequence[str],
    best_cosine: float | None,
    covered: Collection[str] = (),
    passages: int,
    lang: str = "en",
    policy: Policy = SHIPPED,
) -> Support:
    """Return the support for `passage_texts` (folded, best first). `passages` is the library's size.

    The glossary knows `covered` words. A French word that nothing holds says little of a library that is mostly
    English; a name says the same in both.
    """
    telling = [word for word in words if _is_telling(word, covered=covered, lang=lang)]
    weights = {word.word: _weight(word, passages=passages) for word in telling}
    held_by = [{word for word in weights if holds(text, word)} for text in passage_texts]
    absent = [word for word in telling if not any(word.word in held for held in held_by)]
    names = _absent_names(absent, question=question, covered=covered, passages=passages)
    share = max((_share(weights, held) for held in held_by[:LOOKED_AT]), default=0.0)
    if lang != "en":  # a French passage holds the words themselves
        share = max(share, _share_as_said(words, passage_texts[:LOOKED_AT], passages=passages))
    unknown = [word.word for word in absent if not word.document_frequency and not word.is_added]
    lack = _lack(
        question,
        cosine=best_cosine,
        share=share,
        names=names,
        has_passages=bool(passage_texts),
        has_unknown=bool(unknown) and lang == "en",
        policy=policy if lang == "en" else replace(policy, least_cosine=policy.least_cosine * FOREIGN_SHARE),
    )
    return Support(best_cosine, share, lack, _shown(question, names=names, unknown=unknown, absent=absent, lack=lack))


def _lack(
    question: str,
    *,
    cosine: float | None,
    share: float,
    names: Sequence[str],
    has_passages: bool,
    has_unknown: bool,
    policy: Policy,
) -> Lack | None:
    """Return the first thing that speaks against answering. Without vectors there is no cosine: then words decide."""
    if not has_passages:
        return Lack.NOTHING
    if asks_for_figures_of_a_moment(question):
        return Lack.MOMENT
    near = policy.least_cosine if cosine is None else cosine
    if names and near < policy.sure_cosine + NAME_COSINE:
        return Lack.NAME
    if near < policy.least_cosine:
        return Lack.FAR
    must_hold = policy.least_held_share * _doubt(near, policy=policy) * (UNKNOWN_FACTOR if has_unknown else 1.0)
    return Lack.THIN if share < must_hold else None


def _doubt(cosine: float, *, policy: Policy) -> float:
    """Return 1 at the least cosine, falling to 0 at the sure one."""
    span = policy.sure_cosine - policy.least_cosine
    return min(max((policy.sure_cosine - cosine) / span, 0.0), 1.0) if span > 0 else 0.0


def _is_telling(word: QuestionWord, *, covered: Collection[str], lang: str) -> bool:
    is_number = is_amount_or_key(word.word) and not years_in(word.word)
    if word.is_stop_word or word.word in WEAK_WORDS or is_number:
        return False
    if word.is_added:
        return lang != "en"  # the glossary's English stands for the words it covers
    return lang == "en" or word.word not in covered


def _weight(word: QuestionWord, *, passages: int) -> float:
    weight = inverse_frequency(word.document_frequency, passages=passages)
    return weight * TRANSLATED_WEIGHT if word.is_added else weight


def _absent_names(
    absent: Sequence[QuestionWord], *, question: str, covered: Collection[str], passages: int
) -> list[str]:
    """Return the names and years that the found passages do not hold, and few others do.

    What the glossary knows may stand there in full: CLN as Core Lightning.
    """
    rare = max(RARE_AT_LEAST, passages * RARE_SHARE)
    named = (names_in(question) | years_in(question)).difference(covered)
    return [word.word for word in absent if word.word in named and word.document_frequency <= rare]


def _share_as_said(words: Sequence[QuestionWord], texts: Sequence[str], *, passages: int) -> float:
    own = [word for word in words if not word.is_added and _is_telling(word, covered=(), lang="en")]
    weights = {word.word: _weight(word, passages=passages) for word in own}
    return max((_share(weights, {word for word in weights if holds(text, word)}) for text in texts), default=0.0)


def _share(weights: Mapping[str, float], held: Collection[str]) -> float:
    total = sum(weights.values())
    return sum(weights[word] for word in held) / total if total else 1.0


def holds(text: str, word: str) -> bool:
    """Tell whether a folded text holds a folded word or, of a longer one, its plain inflections."""
    return (word[:-1] if len(word) > 4 else word) in text


def _shown(
    question: str,
    *,
    names: Sequence[str],
    unknown: Sequence[str],
    absent: Sequence[QuestionWord],
    lack: Lack | None,
) -> tuple[str, ...]:
    """Return what to name as missing, as typed: names, else words unknown here, else the rarest the passages lack."""
    typed = spelling(question)
    own = sorted((one for one in absent if not one.is_added), key=lambda one: one.document_frequency)
    found = names or unknown or ([one.word for one in own[:SHOWN_WORDS]] if lack in (Lack.FAR, Lack.THIN) else ())
    return tuple(typed.get(word, word) for word in found)
