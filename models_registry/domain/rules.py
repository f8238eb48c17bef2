"""Words in a prompt that call for certain models (GW-06). Whole words and phrases: "capital" is not "api". Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from models_registry.domain.query_types import fold


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. A rule without words and phrases, both folded, is the usual order, and matches nothing."""

    slug: str
    words: frozenset[str] = frozenset()
    phrases: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    specialty: str = ""
    max_tokens: int | None = None
    target_s: float | None = None
    priority: int = 10

    @property
    def is_usual(self) -> bool:
        return not self.words and not self.phrases


@dataclass(frozen=True, slots=True)
class Match:
    """The rule whose words occur most, and these words."""

    rule: Rule
    words: tuple[str, ...]


def folded_words(written: Sequence[str]) -> tuple[frozenset[str], tuple[str, ...]]:
    """Return the words, and the phrases of several words, as they are compared."""
    folded = {text for word in written if (text := fold(word))}
    phrases = sorted(text for text in folded if " " in text)
    return frozenset(folded.difference(phrases)), tuple(phrases)


def best_match(folded: str, rules: Sequence[Rule]) -> Match | None:
    """Return the rule with the most distinct words in the text; of equals the first by priority, then by name."""
    said, padded = frozenset(folded.split()), f" {folded} "
    found = ((rule, (*(rule.words & said), *_phrases_in(padded, rule))) for rule in rules)
    matching = [Match(rule, tuple(sorted(words))) for rule, words in found if words]
    return min(matching, key=lambda one: (-len(one.words), one.rule.priority, one.rule.slug), default=None)


def _phrases_in(padded: str, rule: Rule) -> tuple[str, ...]:
    return tuple(phrase for phrase in rule.phrases if f" {phrase} " in padded)
