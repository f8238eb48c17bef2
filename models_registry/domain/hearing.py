"""What a prompt's words tell before a model is chosen: kind of question, language, complexity. Keeps no text. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from models_registry.domain.complexity import Complexity, complexity_of
from models_registry.domain.language import language_of
from models_registry.domain.query_types import QueryType, detect_query_type, fold

HEAD, TAIL = 3000, 1000  # characters read of a long prompt: what is asked stands at its beginning or its end
ASKED_HEAD, ASKED_TAIL = 1000, 500  # of these the ones in which the kind of question is sought, a phrase at a time


@dataclass(frozen=True, slots=True)
class Heard:
    """What was heard. `folded` is used for matching and then let go of; `chars` counts the whole prompt."""

    folded: str
    chars: int
    lang: str
    query_type: QueryType
    complexity: Complexity


def hear(prompt: str, *, context: Mapping[str, object] | None = None) -> Heard:
    """Return what the words tell; of a long prompt, those of its beginning and end."""
    read = _ends(prompt, head=HEAD, tail=TAIL)
    folded = fold(read)
    words = folded.split()
    return Heard(
        folded=folded,
        chars=len(prompt),
        lang=language_of(words),
        query_type=detect_query_type(_ends(read, head=ASKED_HEAD, tail=ASKED_TAIL), context),
        complexity=complexity_of(words, context=context),
    )


def _ends(text: str, *, head: int, tail: int) -> str:
    return text if len(text) <= head + tail else f"{text[:head]} {text[-tail:]}"
