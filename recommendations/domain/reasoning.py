"""Say in one sentence, in English or French, why a recommendation got its place: what lifts it, what holds it back."""

from collections.abc import Mapping
from dataclasses import dataclass

from recommendations.domain.advice import Ease, Priority
from recommendations.domain.scoring import Score, ScoringInput

STRONG = 0.7
WEAK = 0.3
MOST_STRONG = 2


@dataclass(frozen=True, slots=True)
class Words:
    """One language's vocabulary. A factor has a phrase for when it is strong and one for when it is weak."""

    priorities: Mapping[Priority, str]
    strong: Mapping[str, str]
    weak: Mapping[str, str]
    ease: Mapping[Ease, str]
    confidence: str
    unknown: str
    days: str
    facts: str
    free: str
    day: str
    colon: str
    semicolon: str
    decimal: str


ENGLISH = Words(
    priorities={priority: priority.value for priority in Priority},
    strong={
        "revenue_impact": "strong revenue effect ({fact})",
        "ease_of_implementation": "{fact}",
        "risk_level": "{fact} risk",
        "time_to_value": "quick effect ({fact})",
        "data_confidence": "solid data ({fact})",
        "network_conditions": "the market speaks for it ({fact})",
    },
    weak={
        "revenue_impact": "little revenue effect ({fact})",
        "ease_of_implementation": "laborious ({fact})",
        "risk_level": "{fact} risk",
        "time_to_value": "slow effect ({fact})",
        "data_confidence": "thin data ({fact})",
        "network_conditions": "the market speaks against it ({fact})",
    },
    ease={Ease.EASY: "easy", Ease.MEDIUM: "some work", Ease.HARD: "hard", Ease.VERY_HARD: "very hard"},
    confidence="confidence",
    unknown="unknown",
    days="data {days} days old",
    facts="{present} of {needed} kinds of facts",
    free="free",
    day="d",
    colon=": ",
    semicolon="; ",
    decimal=".",
)
FRENCH = Words(
    priorities={
        Priority.CRITICAL: "critique",
        Priority.HIGH: "haute",
        Priority.MEDIUM: "moyenne",
        Priority.LOW: "basse",
        Priority.INFO: "information",
    },
    strong={
        "revenue_impact": "fort effet sur les revenus ({fact})",
        "ease_of_implementation": "{fact}",
        "risk_level": "risque {fact}",
        "time_to_value": "effet rapide ({fact})",
        "data_confidence": "données solides ({fact})",
        "network_conditions": "le marché plaide pour ({fact})",
    },
    weak={
        "revenue_impact": "peu d'effet sur les revenus ({fact})",
        "ease_of_implementation": "laborieux ({fact})",
        "risk_level": "risque {fact}",
        "time_to_value": "effet lent ({fact})",
        "data_confidence": "données minces ({fact})",
        "network_conditions": "le marché plaide contre ({fact})",
    },
    ease={
        Ease.EASY: "facile",
        Ease.MEDIUM: "un peu de travail",
        Ease.HARD: "difficile",
        Ease.VERY_HARD: "très difficile",
    },
    confidence="confiance",
    unknown="inconnue",
    days="données vieilles de {days} jours",
    facts="{present} sortes de faits sur {needed}",
    free="gratuit",
    day="j",
    colon=" : ",
    semicolon=" ; ",
    decimal=",",
)
WORDS = {"en": ENGLISH, "fr": FRENCH}


def reason(score: Score, recommendation: ScoringInput, *, lang: str = "en") -> str:
    """Return e.g. "87.5, critical, confidence 0.92: low risk (minimal), easy, 0.2 h; data 6 days old."."""
    words = WORDS.get(lang, ENGLISH)
    confidence = words.unknown if score.confidence is None else _number(score.confidence, 2, words)
    head = f"{_number(score.value, 1, words)}, {words.priorities[score.priority]}, {words.confidence} {confidence}"
    points = words.semicolon.join(
        part for part in (_lifting(score, recommendation, words), _holding(score, recommendation, words)) if part
    )
    return f"{head}{words.colon}{points}." if points else f"{head}."


def _lifting(score: Score, recommendation: ScoringInput, words: Words) -> str:
    # Confidence already stands at the head of the sentence. The sort is stable: among equals revenue and ease go first.
    strong = [pair for pair in score.factors.known().items() if pair[1] > STRONG and pair[0] != "data_confidence"]
    names = [name for name, _ in sorted(strong, key=lambda pair: -pair[1])][:MOST_STRONG]
    return ", ".join(words.strong[name].format(fact=_fact(name, recommendation, words)) for name in names)


def _holding(score: Score, recommendation: ScoringInput, words: Words) -> str:
    weak = sorted((value, name) for name, value in score.factors.known().items() if value < WEAK)
    parts = [words.weak[name].format(fact=_fact(name, recommendation, words)) for _, name in weak[:1]]
    days = recommendation.oldest_fact_days
    if days is not None and days >= 1 and not any(name == "data_confidence" for _, name in weak[:1]):
        parts.append(words.days.format(days=round(days)))
    return ", ".join(parts)


def _fact(name: str, one: ScoringInput, words: Words) -> str:
    if name == "revenue_impact":
        return "0 sat" if not one.gain_sat_30d else f"{_thousands(one.gain_sat_30d, words)} sat / 30 {words.day}"
    if name == "ease_of_implementation":
        free = f", {words.free}" if one.cost_sat == 0 else ""
        return f"{words.ease[one.ease]}, {_number(one.effort_hours, 1, words)} h{free}"
    if name == "risk_level":
        return one.risk.value if words is ENGLISH else _RISK_FR[one.risk.value]
    if name == "time_to_value":
        return f"{one.days_to_effect:.0f} {words.day}"
    if name == "network_conditions":
        if one.fee_ppm is None or one.peer_median_ppm is None:
            return "on-chain" if words is ENGLISH else "sur la chaîne"
        return f"{_grouped(one.fee_ppm, words)} / {_grouped(one.peer_median_ppm, words)} ppm"
    known = words.facts.format(present=one.facts_present, needed=one.facts_needed)
    days = one.oldest_fact_days
    return known if days is None or days < 1 else f"{known}, {words.days.format(days=round(days))}"


_RISK_FR = {"minimal": "minimal", "low": "faible", "medium": "moyen", "high": "élevé", "critical": "critique"}


def _number(value: float, digits: int, words: Words) -> str:
    return f"{value:.{digits}f}".replace(".", words.decimal)


def _thousands(value: float, words: Words) -> str:
    return f"{'-' if value < 0 else '+'}{_grouped(abs(value), words)}"


def _grouped(value: float, words: Words) -> str:
    text = f"{value:,.0f}"
    return text if words.decimal == "." else text.replace(",", "\u202f")
