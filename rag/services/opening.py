"""What a search begins with, in one statement: the space, how much may be searched, and the glossary's terms."""

from dataclasses import dataclass
from typing import Final

from django.db import connection

from rag import metrics
from rag.domain.expansion import Expansion, Term, candidate_terms, expand, words_of
from rag.domain.language import is_function_word
from rag.domain.spaces import Space
from rag.models import GlossaryEntry, IndexVersion
from rag.services.active_space import FIELDS, space_of_values
from rag.services.search_sql import VISIBLE, CorpusSums, Reader
from rag.services.store import CHANGING

COLUMNS: Final = ("id", *FIELDS[1:])
OPENING: Final = f"""
WITH {VISIBLE},
stock AS (
    SELECT coalesce(sum(chunk_count), 0) AS passages, coalesce(sum(lexeme_total), 0) AS lexemes,
           string_agg(concat_ws(' ', id, version, place), ',' ORDER BY id) AS mark,
           coalesce(bool_or(content_sha256 = '{CHANGING}'), false) AS is_changing
    FROM visible
)
SELECT g.term, g.lang, g.expansion, stock.*, {", ".join(f"space.{name}" for name in COLUMNS)}
FROM stock
LEFT JOIN {IndexVersion._meta.db_table} AS space ON space.is_active
LEFT JOIN {GlossaryEntry._meta.db_table} AS g ON g.is_enabled AND g.key = ANY (%(keys)s::text[])
ORDER BY g.lang, g.term
"""  # noqa: S608 - made of constants only


@dataclass(frozen=True, slots=True)
class Opening:
    """The space that is searched (None while there is none), and the question with what its terms stand for.

    `sums`: how much the reader may search; `mark` names the state it is in, None while an ingestion changes it.
    """

    space: Space | None
    expansion: Expansion
    sums: CorpusSums
    mark: str | None


def open_search(question: str, *, lang: str, reader: Reader, with_glossary: bool = True) -> Opening:
    """Return what a search for the question begins with. One statement.

    Without the glossary the question stands for itself alone.
    """
    with metrics.EXPANSION_SECONDS.time():
        keys = candidate_terms(question, lang=lang) if with_glossary else ()
        with connection.cursor() as cursor:
            cursor.execute(OPENING, {"keys": list(keys)} | reader.parameters())
            rows = cursor.fetchall()
        passages, lexemes, mark, is_changing, *space = rows[0][3:]
        terms = [Term(*row[:3]) for row in rows if row[0] is not None]
        unsaid = [word for word in words_of(question) if is_function_word(word, lang=lang)] if with_glossary else ()
        return Opening(
            space=space_of_values(*space) if space[0] is not None else None,
            expansion=expand(question, terms, lang=lang if with_glossary else "en", unsaid=unsaid),
            sums=CorpusSums.of(int(passages), int(lexemes)),
            mark=None if is_changing else mark,
        )
