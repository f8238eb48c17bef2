"""The steps of a retrieval, each of which can be switched off, so that an evaluation can tell what it adds. Pure."""

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Steps:
    """Which steps run."""

    lexical: bool = True  # BM25 over the words
    dense: bool = True  # cosine of the vectors
    glossary: bool = True  # what terms stand for, appended to the question
    gloss: bool = True  # French is also read word for word in English
    proximity: bool = True  # words of the question that stand together count for more
    distinct: bool = True  # near-duplicates are shown once
    rerank: bool = True  # by freshness and trust, where the policy asks for it

    @classmethod
    def names(cls) -> tuple[str, ...]:
        return tuple(field.name for field in fields(cls))


ALL_STEPS = Steps()
