"""Begin a rule's finding: whose it is, whom it concerns, and how heavy its advice is to follow."""

from dataclasses import dataclass

from recommendations.domain.advice import Ease, Finding, Reversibility, RiskLevel, Severity
from recommendations.domain.findings.rule import Rule


@dataclass(frozen=True, slots=True)
class Burden:
    """What following an advice takes: work, danger, days until it shows, whether it can be undone, money."""

    ease: Ease
    effort_hours: float
    risk: RiskLevel
    days_to_effect: float
    reversibility: Reversibility
    cost_sat: int | None = None


def looking(*, hours: float, days: float) -> Burden:
    """Reading costs nothing and changes nothing."""
    return Burden(Ease.EASY, hours, RiskLevel.MINIMAL, days, Reversibility.NOTHING_CHANGES, 0)


def adjusting(*, days: float, ease: Ease = Ease.EASY) -> Burden:
    """A policy change is free and can be taken back; MEDIUM where something must be looked up first."""
    hours = 0.1 if ease is Ease.EASY else 0.5
    return Burden(ease, hours, RiskLevel.LOW, days, Reversibility.REVERSIBLE, 0)


def blank(rule: Rule, target: str, burden: Burden) -> Finding:
    """Return a finding without words yet; the rule fills them in with `replace`."""
    return Finding(
        rule=rule.slug,
        rule_number=rule.number,
        category=rule.category,
        severity=Severity.LOW,
        target=target,
        title="",
        explanation="",
        evidence=(),
        confidence=0.0,
        ease=burden.ease,
        effort_hours=burden.effort_hours,
        risk=burden.risk,
        cost_sat=burden.cost_sat,
        days_to_effect=burden.days_to_effect,
        reversibility=burden.reversibility,
    )
