"""Phrases written in words, and the patterns they become: how the tables of the query vocabulary are read. Pure.

A phrase is read word by word. `a|b` is either, `{s,ed}` are endings, `~` stands for any letters, `_` joins two words,
`?a` may be missing, `*` is any word, `...` up to three, `***` any number, `!a|b` must not follow, `!...a|b` not in the
rest of the clause, `<name>` is a list of WORD_LISTS; `^` is the beginning of a clause, `^^` of the question, `$` the
end of a clause, `$?` its end with a question mark. A line that ends with `|` goes on in the next.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from models_registry.domain.query_vocabulary_lists import WORD_LISTS

ASKING = "qmark"  # the word a question mark becomes
KEY_LENGTH = 3  # letters of a phrase's first word it is looked up by: a stem needs as many
SIGNS = {
    "^": r"(?<=; )",
    "^^": r"(?<=\A; )",
    "$": rf"(?=(?:{ASKING} )?; )",
    "$?": rf"(?={ASKING} ; )",
    "*": r"[a-z0-9]+ ",
    "...": r"(?:[a-z0-9]+ ){0,3}?",
    "***": r"(?:[a-z0-9]+ )*?",
}
CONTINUED = re.compile(r"\|\n\s*")
NOWHERE = "!..."
ENDINGS = re.compile(r"([a-z0-9_]*)\{([a-z,]*)\}")


@dataclass(frozen=True, slots=True)
class Family:
    """One way of asking: its points count once, however many of its phrases occur; `mutes` takes points from others."""

    points: int
    phrases: tuple[str, ...]
    mutes: Mapping[str, int] = field(default_factory=dict)


def family(points: int, phrases: str, **mutes: int) -> Family:
    """Return the family of the phrases, one a line."""
    return Family(points, tuple(_lines(phrases)), mutes)


def words(points: int, phrases: str) -> tuple[Family, ...]:
    """Return a family for each line: every line that occurs counts."""
    return tuple(Family(points, (line,)) for line in _lines(phrases))


def keys_of(phrase: str) -> set[str]:
    """Return the first letters of every word the phrase may begin with."""
    first = next(token for token in phrase.split() if token not in ("^", "^^"))
    return {form.split()[0][:KEY_LENGTH] for form in _forms(first)}


def pattern_of(phrase: str) -> re.Pattern[str]:
    """Return the pattern of a phrase, for words each followed by one blank and clauses each followed by `; `."""
    return re.compile("".join(_piece(token) for token in phrase.split()))


def _lines(phrases: str) -> Iterator[str]:
    """Return the lines, those joined that break after a `|`."""
    return (line.strip() for line in CONTINUED.sub("|", phrases).strip().splitlines())


def _piece(token: str) -> str:
    if token in SIGNS:
        return SIGNS[token]
    if token.startswith("?"):
        return f"(?:{_piece(token[1:])})?"
    if token.startswith(NOWHERE):
        return rf"(?![^;]*\b{_piece(token.removeprefix(NOWHERE))})"
    forms = "|".join(_of_form(form) for form in _forms(token.removeprefix("!")))
    return f"(?!{forms})" if token.startswith("!") else f"(?:{forms})"


def _of_form(form: str) -> str:
    return SIGNS["$"] if form == "$" else form.replace("*", "[a-z0-9]+").replace("~", "[a-z0-9]*") + " "


def _forms(token: str) -> list[str]:
    """Return every spelling of a token, underscores turned into blanks."""
    named = re.sub(r"<([a-z_]+)>", lambda found: "|".join(WORD_LISTS[found[1]].split()), token)
    return [form.replace("_", " ") for part in _alternatives(named) for form in _with_endings(part)]


def _alternatives(token: str) -> Iterable[str]:
    return token.split("|")


def _with_endings(part: str) -> list[str]:
    found = ENDINGS.fullmatch(part)
    return [found[1] + ending for ending in found[2].split(",")] if found else [part]
