"""What the rules themselves say of a node as a whole: the summary, and the analysis in the shape that was asked. Pure.

Every number is a fact or follows from facts; a model's checked words may later take the place of a part.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from models_registry.domain.query_types import QueryType
from recommendations.domain import french
from recommendations.domain.actions import OpenChannel
from recommendations.domain.advice import Priority, Reversibility
from recommendations.domain.contract import validation
from recommendations.domain.facts import NodeFacts, PrivateNodeFacts
from recommendations.domain.findings.catalog import Examination
from recommendations.domain.overview_words import ENGLISH, PHRASES, Phrases
from recommendations.domain.recommendation import ScoredRecommendation
from recommendations.domain.shapes import MOST_POINTS

UPTIME_GOAL, SUCCESS_GOAL = 0.98, 0.95
STANDS_OUT = 75.0  # percentile
WELL_SPREAD = 1_500.0  # HHI below it
MSAT_PER_SAT = 1_000
FEWEST_POINTS, MOST_TITLES = 3, 3


@dataclass(frozen=True, slots=True)
class Seen:
    """All that an overview is made of: the facts, what was examined, and the advice in rank order."""

    facts: NodeFacts
    examination: Examination
    items: tuple[ScoredRecommendation, ...]
    lang: str = "en"

    @property
    def words(self) -> Phrases:
        return PHRASES.get(self.lang, ENGLISH)

    def say(self, name: str, **facts: Any) -> str:
        """Return the phrase with its numbers in the language's notation; what is None is called unknown."""
        return self.words.said[name].format(**{key: self._shown(value) for key, value in facts.items()})

    def _shown(self, value: Any) -> str:
        if value is None:
            return self.words.said["unknown"]
        if isinstance(value, bool) or not isinstance(value, int | float):
            return str(value)
        text = f"{value:,}" if isinstance(value, int) else f"{value:,.1f}"
        return text.translate(str.maketrans(",.", f"{self.words.thousands}{self.words.decimal}"))


def summary(seen: Seen) -> str:
    """Return one or two sentences: how many recommendations of which priority, and the first."""
    counts = Counter(item.priority for item in seen.items)
    named = ((counts[level], seen.words.priorities[level]) for level in Priority if counts[level])
    levels = ", ".join(seen.say("level", count=count, priority=priority) for count, priority in named)
    if not levels:
        return seen.say("nothing", rules=len(seen.examination.checked))
    phrase = "summary" if len(seen.items) > 1 else "summary_one"
    return seen.say(phrase, count=len(seen.items), levels=levels, first=seen.items[0].title)


def analysis(seen: Seen, query_type: QueryType) -> dict[str, Any]:
    """Return the parts of an answer of this kind (shapes.SHAPES), each with something to say."""
    return _PARTS[query_type](seen)


def _quick(seen: Seen) -> dict[str, Any]:
    points = [*_short(seen)[:1], *_titles(seen.items), *_strong(seen), _performance(seen), _size(seen), _risk(seen)]
    return {"key_points": list(dict.fromkeys(points))[:MOST_POINTS]}


def _detailed(seen: Seen) -> dict[str, Any]:
    return {
        "performance": f"{_performance(seen)} {_size(seen)}",
        "strengths": _strong(seen) or [seen.say("no_strength")],
        "weaknesses": [*_short(seen), *_titles(seen.items)] or [seen.say("no_weakness")],
        "limits": limits(seen),
        "follow_up": [_follow(seen, item) for item in seen.items[:MOST_TITLES]] or [seen.say("no_follow")],
    }


def _strategic(seen: Seen) -> dict[str, Any]:
    standing = seen.facts.standing
    opens = [item for item in seen.items if isinstance(item.action, OpenChannel)]
    position = seen.say("position", capacity=standing.capacity_percentile, betweenness=standing.betweenness_percentile)
    return {
        "horizon": seen.say("horizon"),
        "position": position,
        "growth": seen.say("growth", count=len(opens), first=opens[0].title) if opens else seen.say("no_growth"),
        "liquidity": _liquidity(seen),
        "risk": " ".join([_risk(seen), *_short(seen)]),
        "return_on_capital": _return(seen),
        "steps": _steps(seen),
    }


def _technical(seen: Seen) -> dict[str, Any]:
    if not seen.items:
        nothing = seen.say("nothing", rules=len(seen.examination.checked))
        return {"explanation": nothing, "example": seen.say("no_example"), "consequences": [_size(seen)]}
    first = seen.items[0]
    return {
        "explanation": f"{first.title}. {first.explanation}",
        "example": first.gain.computation if first.gain else first.threshold or first.reasoning,
        "consequences": _titles(seen.items),
    }


def _scoring(seen: Seen) -> dict[str, Any]:
    if not seen.items:
        return {"comparison": seen.say("nothing_scored"), "scores": []}
    values = [item.score for item in seen.items]
    comparison = seen.say("scored", low=min(values), high=max(values), first=seen.items[0].title)
    return {"comparison": comparison, "scores": [_scored(item) for item in seen.items]}


def _scored(item: ScoredRecommendation) -> dict[str, Any]:
    return {
        "title": item.title,
        "target": item.target,
        "score": item.score,
        "priority": item.priority.value,
        "confidence": item.confidence,
    }


def _troubleshooting(seen: Seen) -> dict[str, Any]:
    if not seen.items:
        return {
            "cause": seen.say("no_cause", rules=len(seen.examination.checked)),
            "diagnosis": [seen.say("no_diagnosis")],
            "fix": [seen.say("no_fix")],
            "prevention": [seen.say("no_follow")],
        }
    first = seen.items[0]
    categories = dict.fromkeys(item.category for item in seen.items[:MOST_TITLES])
    return {
        "cause": seen.say("cause", title=first.title, explanation=first.explanation),
        "diagnosis": list(_diagnosis(seen, first)),
        "fix": [item.manual_step or item.title for item in seen.items[:MOST_TITLES]],
        "prevention": [seen.words.prevention[category] for category in categories],
    }


def _diagnosis(seen: Seen, first: ScoredRecommendation) -> Iterable[str]:
    for fact in first.evidence[:MOST_TITLES]:
        value, unit = _in_percent(fact.value, fact.unit)
        shown = "" if len(unit) > 2 and unit in fact.label else unit
        yield seen.say("checked_fact", label=fact.label, value=value, unit=shown).replace(" .", ".")
    if first.commands is not None and first.commands.lnd.verify and first.commands.lnd.is_checked:
        yield seen.say("check_command", command=first.commands.lnd.verify)


def _performance(seen: Seen) -> str:
    private = seen.facts.private
    if private is None or private.revenue_msat is None:
        return seen.say("revenue_unknown")
    revenue = private.revenue_msat // MSAT_PER_SAT
    return seen.say("revenue", sat=revenue, forwards=private.forward_count, days=private.window_days)


def _size(seen: Seen) -> str:
    facts = seen.facts
    announced = len(facts.announced_channels)
    return seen.say("size", live=len(facts.live_channels), all=announced, capacity=facts.announced_sat)


def _strong(seen: Seen) -> list[str]:
    standing = seen.facts.standing
    betweenness, capacity, hhi = standing.betweenness_percentile, standing.capacity_percentile, standing.hhi
    found = [*_goals(seen, is_met=True)]
    if betweenness is not None and betweenness >= STANDS_OUT:
        found.append(seen.say("placed", percent=betweenness))
    if capacity is not None and capacity >= STANDS_OUT:
        found.append(seen.say("large", percent=capacity))
    if hhi is not None and hhi < WELL_SPREAD:
        found.append(seen.say("spread", peers=standing.effective_peers))
    return found


def _short(seen: Seen) -> list[str]:
    return list(_goals(seen, is_met=False))


def _goals(seen: Seen, *, is_met: bool) -> Iterable[str]:
    private = seen.facts.private
    for name, value, goal in _measured(private):
        if value is not None and (value >= goal) is is_met:
            ending = "good" if is_met else "short"
            facts = {"is": value * 100, "goal": round(goal * 100), "gap": (goal - value) * 100}
            yield seen.say(f"{name}_{ending}", **facts)


def _measured(private: PrivateNodeFacts | None) -> tuple[tuple[str, float | None, float], ...]:
    if private is None:
        return ()
    return ("uptime", private.uptime_ratio, UPTIME_GOAL), ("success", private.success_rate, SUCCESS_GOAL)


def _liquidity(seen: Seen) -> str:
    known = [one.private for one in seen.facts.channels if one.private and one.private.local_ratio is not None]
    total = sum((one.local_sat or 0) + (one.remote_sat or 0) for one in known)
    if not total:
        return seen.say("liquidity_unknown")
    return seen.say("liquidity", percent=100 * sum(one.local_sat or 0 for one in known) / total)


def _risk(seen: Seen) -> str:
    share = seen.facts.standing.largest_peer_share
    return seen.say("risk_unknown") if share is None else seen.say("risk", share=share * 100)


def _return(seen: Seen) -> str:
    private, capacity = seen.facts.private, seen.facts.capacity_sat
    if private is None or private.revenue_msat is None or not capacity:
        return seen.say("return_unknown")
    revenue = private.revenue_msat / MSAT_PER_SAT
    ppm = revenue * 1_000_000 / capacity
    return seen.say("return", sat=round(revenue), days=private.window_days, capacity=capacity, ppm=ppm)


def _steps(seen: Seen) -> list[str]:
    free = (Reversibility.REVERSIBLE, Reversibility.NOTHING_CHANGES)
    groups = (
        ("steps_reversible", free),
        ("steps_costly", (Reversibility.COSTLY,)),
        ("steps_irreversible", (Reversibility.IRREVERSIBLE,)),
    )
    found = []
    for name, kinds in groups:
        titles = _titles(item for item in seen.items if item.reversibility in kinds)
        if titles:
            found.append(seen.say(name, titles=seen.words.semicolon.join(titles)))
    return found or [seen.say("steps_none")]


def limits(seen: Seen) -> list[str]:
    """Return what is not known, with what was assumed instead and how to obtain it."""
    lacking = tuple(dict.fromkeys(one for finding in seen.examination.insufficient for one in finding.missing))
    named = french.each(lacking, lang=seen.lang)
    return [seen.say("missing", missing=one) for one in named] or [seen.say("all_known")]


def _follow(seen: Seen, item: ScoredRecommendation) -> str:
    check = validation(item)
    if check["low"] is None:
        return item.title
    (low, unit), (high, _) = (_in_percent(check[side], check["unit"]) for side in ("low", "high"))
    facts = {"low": low, "high": high, "unit": unit, "days": check["within_days"]}
    phrase = "follow_one" if check["low"] == check["high"] else "follow"
    return seen.say(phrase, metric=check["metric"], title=item.title, **facts)


def _in_percent(value: Any, unit: str) -> tuple[Any, str]:
    """Return the value and its unit as people say them: 0.98 of a ratio is 98 %."""
    return (value * 100, "%") if unit == "ratio" and isinstance(value, int | float) else (value, unit)


def _titles(items: Iterable[ScoredRecommendation]) -> list[str]:
    return list(dict.fromkeys(item.title for item in items))[:MOST_TITLES]


_PARTS: Mapping[QueryType, Callable[[Seen], dict[str, Any]]] = {
    QueryType.QUICK: _quick,
    QueryType.DETAILED: _detailed,
    QueryType.STRATEGIC: _strategic,
    QueryType.TECHNICAL: _technical,
    QueryType.SCORING: _scoring,
    QueryType.TROUBLESHOOTING: _troubleshooting,
}
