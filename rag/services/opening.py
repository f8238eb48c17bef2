"""What a search begins with, in one statement: the space that is searched, and the glossary's terms."""

from dataclasses import dataclass
from typing import Final

from django.db import connection

from rag import metrics
from rag.domain.expansion import Expansion, Term, candidate_terms, expand, words_of
from rag.domain.language import is_function_word
from rag.domain.spaces import Space
from rag.models import GlossaryEntry, IndexVersion
from rag.services.active_space import FIELDS, space_of_values

COLUMNS: Final = ("id", *FIELDS[1:])
OPENING: Final = f"""
SELECT g.term, g.lang, g.expansion, {", ".join(f"space.{name}" for name in COLUMNS)}
FROM (SELECT) AS one
LEFT JOIN {IndexVersion._meta.db_table} AS space ON space.is_active
LEFT JOIN {GlossaryEntry._meta.db_table} AS g ON g.is_enabled AND g.key = ANY (%(keys)s::text[])
ORDER BY g.lang, g.term
"""  # noqa: S608 - made of constants only


@dataclass(frozen=True, slots=True)
class Opening:
    """The space that is searched (None while there is none), and the question with what its terms stand for."""

    space: Space | None
    expansion: Expansion


def open_search(question: str, *, lang: str, with_glossary: bool = True) -> Opening:
    """Return what a search for the question begins with. One statement.

    Without the glossary the question stands for itself alone.
    """
    with metrics.EXPANSION_SECONDS.time():
        keys = candidate_terms(question, lang=lang) if with_glossary else ()
        with connection.cursor() as cursor:
            cursor.execute(OPENING, {"keys": list(keys)})
            rows = cursor.fetchall()
        space = rows[0][3:]
        terms = [Term(*row[:3]) for row in rows if row[0] is not None]
        unsaid = [word for word in words_of(question) if is_function_word(word, lang=lang)] if with_glossary else ()
        expansion = expand(question, terms, lang=lang if with_glossary else "en", unsaid=unsaid)
        return Opening(space_of_values(*space) if space[0] is not None else None, expansion)
