"""Whether words are French or English, by the small words nobody writes without. Pure."""

from collections.abc import Collection

FRENCH_WORDS = """
le la les un une des du de est sont et ou mon ma mes ce cette ces je tu il nous vous que qui quoi quel quelle quels
comment pourquoi pour avec sans sur dans pas plus ne se au aux en dois faire
"""
ENGLISH_WORDS = """
the a an is are and or my this these i you he we it that which what who how why for with without on in not of to do
does should can from at by be was
"""
FRENCH, ENGLISH = frozenset(FRENCH_WORDS.split()), frozenset(ENGLISH_WORDS.split())


def language_of(words: Collection[str]) -> str:
    """Return fr or en, empty when the folded words do not tell."""
    distinct = frozenset(words)
    french, english = len(distinct & FRENCH), len(distinct & ENGLISH)
    if french == english:
        return ""
    return "fr" if french > english else "en"
