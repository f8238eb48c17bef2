"""How many passages hold each word of a question. Remembered by the process while the library stands as it stood."""

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Final

from django.db import connection

from rag.services.postings import folded_sql
from rag.services.search_sql import VISIBLE, Reader

Counts = Mapping[str, int]  # lexeme: passages that hold it; a stop word has no lexeme
MOST_WORDS: Final = 20_000  # remembered, over all libraries and readers: about 11 MB
WORD_COUNTS = f"""
WITH {VISIBLE},
words AS MATERIALIZED (
    SELECT place,
           tsvector_to_array(to_tsvector('english', {folded_sql("word")})) AS english,
           tsvector_to_array(to_tsvector('french', {folded_sql("word")})) AS french
    FROM unnest(%(words)s::text[]) WITH ORDINALITY AS w(word, place)
),
lexemes AS MATERIALIZED (
    -- A stop word of either language is no term: the other dictionary would index it as a rare word.
    SELECT DISTINCT place, unnest(english || french) AS lexeme FROM words
    WHERE cardinality(english) > 0 AND cardinality(french) > 0
),
held AS (
    SELECT lexeme, count(*) AS passages FROM rag_posting p
    WHERE lexeme = ANY (ARRAY(SELECT lexeme FROM lexemes)) AND {{within}}
    GROUP BY lexeme
)
SELECT l.place, l.lexeme, coalesce(h.passages, 0) FROM lexemes l LEFT JOIN held h USING (lexeme)
"""  # noqa: S608 - made of constants only


class WordMemory:
    """What was counted lately, by (state of the library, languages) and word; beyond so many, what was long unasked."""

    def __init__(self, most_words: int = MOST_WORDS) -> None:
        self._most_words = most_words
        self._counts: OrderedDict[tuple[object, str], Counts] = OrderedDict()
        self._lock = threading.Lock()

    def known(self, state: object, words: Sequence[str]) -> dict[str, Counts]:
        """Return what is remembered of these words."""
        with self._lock:
            found = {word: self._counts[state, word] for word in words if (state, word) in self._counts}
            for word in found:
                self._counts.move_to_end((state, word))
        return found

    def keep(self, state: object, counted: Mapping[str, Counts]) -> None:
        """Remember what was counted in that state of the library."""
        with self._lock:
            self._counts.update({(state, word): counts for word, counts in counted.items()})
            while len(self._counts) > self._most_words:
                self._counts.popitem(last=False)


_memory = WordMemory()


def word_counts(words: Sequence[str], *, reader: Reader, mark: str | None) -> dict[str, Counts]:
    """Return for each word its lexemes and how many passages hold them. One statement, none when all are remembered.

    `mark` names the state of what the reader may search, as read before (opening.py); None: it changes just now, and
    nothing is remembered.
    """
    if not words:
        return {}
    state = (mark, reader.languages)
    known = _memory.known(state, words) if mark else {}
    counted = _counted([word for word in dict.fromkeys(words) if word not in known], reader=reader)
    if mark:
        _memory.keep(state, counted)
    return {**known, **counted}


def _counted(words: Sequence[str], *, reader: Reader) -> Mapping[str, Counts]:
    found: dict[str, dict[str, int]] = {word: {} for word in words}
    if words:
        with connection.cursor() as cursor:
            cursor.execute(WORD_COUNTS.format(within=reader.within("p")), {"words": list(words)} | reader.parameters())
            for place, lexeme, passages in cursor.fetchall():
                found[words[place - 1]][lexeme] = passages
    return found
