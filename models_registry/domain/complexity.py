"""How much a question asks of a model, 0 to 1, from its words and from what the caller knows of it (RT-02). Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

LONG_WORDS, LONGER_WORDS = 50, 100
PER_DEPTH_WORD, MOST_DEPTH = 0.1, 0.3
FORECAST, STRUCTURED = 0.3, 0.15
FLAGS = {"requires_analysis": 0.3, "requires_prioritization": 0.2, "historical_data_required": 0.2}
DEPTH = {  # folded: no accents; each with its plain inflections, French and English
    "analysis": "analysis analyses analyse analyser analysez analyze analyzes analyzed analyzing",
    "detailed": "detailed detail details detaille detaillee detailles detaillees detailler detaillez",
    "complete": "complete completes completely complet complets completement",
    "in-depth": "depth approfondi approfondie approfondis approfondies profondeur",
    "strategy": "strategy strategies strategic strategie strategique strategiques",
    "optimization": "optimization optimizations optimisation optimisations optimize optimise optimiser optimisez",
    "comparison": "comparison comparisons compare compares comparaison comparaisons comparer comparez",
    "evaluation": "evaluation evaluations evaluate evaluates evaluer evaluez",
    "recommendation": "recommendation recommendations recommend recommandation recommandations recommander recommandez",
    "priority": "priority priorities prioritize prioritise priorite priorites prioriser priorisez",
    "critical": "critical critically critique critiques",
    "complex": "complex complexity complexe complexes complexite",
}
FORECASTING = (
    "forecast forecasts forecasting predict predicts predicted prediction predictions projection projections "
    "prevoir prevois prevoyez prevision previsions predire projeter"
)
STRUCTURE = "json csv yaml xml table tables tableau tableaux"
DEPTH_OF = {form: word for word, forms in DEPTH.items() for form in forms.split()}
FORECAST_WORDS, STRUCTURE_WORDS = frozenset(FORECASTING.split()), frozenset(STRUCTURE.split())


@dataclass(frozen=True, slots=True)
class Complexity:
    """The score and what it is the sum of, before it was cut at 1."""

    score: float
    parts: Mapping[str, float]


def complexity_of(words: Iterable[str], *, context: Mapping[str, object] | None = None) -> Complexity:
    """Return how complex a question is. `words` are folded and whole (query_types.fold); `context` holds flags."""
    said, flags = list(words), context or {}
    distinct = frozenset(said)
    depth = len({DEPTH_OF[word] for word in distinct & DEPTH_OF.keys()})
    is_structured = bool(flags.get("is_structured")) or not distinct.isdisjoint(STRUCTURE_WORDS)
    parts = {
        "length": _of_length(len(said)),
        "depth_words": min(MOST_DEPTH, PER_DEPTH_WORD * depth),
        **{flag: weight for flag, weight in FLAGS.items() if flags.get(flag)},
        "forecasting": 0.0 if distinct.isdisjoint(FORECAST_WORDS) else FORECAST,
        "structured": STRUCTURED if is_structured else 0.0,
    }
    counted = {name: round(value, 2) for name, value in parts.items() if value}
    return Complexity(score=min(1.0, round(sum(counted.values()), 2)), parts=counted)


def _of_length(words: int) -> float:
    if words > LONGER_WORDS:
        return 0.2
    return 0.1 if words > LONG_WORDS else 0.0
