"""The one object that is shown, stored and tracked: a finding with its score, reason, commands and citations. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rag.domain.passages import Citation
from recommendations.domain.actions import Action, ManualStep
from recommendations.domain.advice import (
    Category,
    Ease,
    Evidence,
    Finding,
    GainRange,
    Impact,
    Priority,
    Reversibility,
    RiskLevel,
    Severity,
    State,
)
from recommendations.domain.commands import RenderedCommands, known_targets, render
from recommendations.domain.contract import deadline_hours, expected_impact, validation
from recommendations.domain.facts import NodeFacts
from recommendations.domain.findings.catalog import Examination
from recommendations.domain.french import beside, in_french
from recommendations.domain.judging import node_metrics, scoring_input
from recommendations.domain.limits import Limits
from recommendations.domain.payload import UNITS, commands_payload, evidence_payload, flat
from recommendations.domain.reasoning import reason
from recommendations.domain.scoring import (
    PRIORITY_ORDER,
    Factors,
    NetworkState,
    Score,
    Weights,
    score_recommendation,
)
from recommendations.domain.tracking import tracking_id_of


@dataclass(frozen=True, slots=True)
class ScoredRecommendation:
    """One piece of advice as shown. Words are ours unless `spoken_by` says whose; numbers always the rule's."""

    tracking_id: str
    finding_key: str
    rule: str
    rule_number: int
    category: Category
    severity: Severity
    priority: Priority
    score: float
    confidence: float | None
    factors: Factors
    reasoning: str
    target: str
    title: str
    explanation: str
    evidence: tuple[Evidence, ...]
    action: Action | None
    commands: RenderedCommands | None
    manual_step: str | None
    gain: GainRange | None
    impact: Impact | None
    ease: Ease
    effort_hours: float
    days_to_effect: float
    risk: RiskLevel
    cost_sat: int | None
    reversibility: Reversibility
    threshold: str
    window_days: int | None
    missing: tuple[str, ...]
    topics: tuple[str, ...]
    more_like_this: int
    generated_at: datetime
    citations: tuple[Citation, ...] = ()
    state: State = State.GENERATED
    spoken_by: str | None = None
    lang: str = "en"  # of every sentence; quotes keep their own

    @property
    def rank_key(self) -> tuple[int, float, str]:
        return PRIORITY_ORDER.index(self.priority), -self.score, self.tracking_id

    @property
    def needs_command(self) -> bool:
        """Whether a command could do it. A step outside the node's software has none and is not held against it."""
        return self.action is not None and not isinstance(self.action, ManualStep)

    def to_payload(self) -> dict[str, Any]:
        """Return JSON-safe data: the names of FEATURES 4.4 on top, every other number with its unit in the name.

        Unknown is None, never 0.
        """
        return {
            **self._scores(),
            **self._words(),
            "evidence": [evidence_payload(one) for one in self.evidence],
            "gain": None if self.gain is None else flat(self.gain),
            "impact": None if self.impact is None else flat(self.impact),
            "expected_impact": expected_impact(self),
            "validation": validation(self),
            "deadline_hours": deadline_hours(self.priority),
            **commands_payload(self.action, self.commands),
            "citations": [flat(citation) for citation in self.citations],
            "state": self.state.value,
            "spoken_by": self.spoken_by,
            "generated_at": self.generated_at.isoformat(),
            "metadata": {
                "finding_key": self.finding_key,
                "more_like_this": self.more_like_this,
                "units": dict(UNITS),
                "topics": list(self.topics),
                "lang": self.lang,
            },
        }

    def _scores(self) -> dict[str, Any]:
        increase = None if self.gain is None else round((self.gain.low_sat + self.gain.high_sat) / 2)
        return {
            "tracking_id": self.tracking_id,
            "action": self.rule if self.action is None else self.action.kind.value,
            "category": self.category.value,
            "priority": self.priority.value,
            "score": self.score,
            "confidence": self.confidence,
            "impact_factors": flat(self.factors),
            "reasoning": self.reasoning,
            "estimated_cost": self.cost_sat,
            "estimated_time_hours": self.effort_hours,
            "estimated_revenue_increase": increase,
            "risk_level": self.risk.value,
            "ease": self.ease.value,
            "severity": self.severity.value,
        }

    def _words(self) -> dict[str, Any]:
        return {
            "rule": self.rule,
            "rule_number": self.rule_number,
            "target": self.target,
            "title": self.title,
            "explanation": self.explanation,
            "manual_step": self.manual_step,
            "reversibility": self.reversibility.value,
            "threshold": self.threshold,
            "window_days": self.window_days,
            "days_to_effect": self.days_to_effect,
            "missing": list(self.missing),
        }


def recommend(
    facts: NodeFacts,
    examination: Examination,
    weights: Weights,
    *,
    at: datetime,
    lang: str = "en",
    limits: Limits | None = None,
) -> tuple[ScoredRecommendation, ...]:
    """Return the findings as scored advice, by priority, score and id. A finding without evidence is not shown."""
    scored = _scored(facts, examination, weights, at=at, lang=lang, limits=limits or Limits())
    return tuple(sorted(scored, key=lambda item: item.rank_key))


def _scored(
    facts: NodeFacts, examination: Examination, weights: Weights, *, at: datetime, lang: str, limits: Limits
) -> Iterator[ScoredRecommendation]:
    node, network, known = node_metrics(facts), NetworkState(facts.network.onchain_fee_percentile), known_targets(facts)
    for finding in examination.findings:
        if not finding.evidence:
            continue
        identity = tracking_id_of(facts.pubkey, rule=finding.rule, target=finding.target, action=finding.action, at=at)
        one = scoring_input(finding, tracking_id=identity, at=at)
        score = score_recommendation(one, node, network, weights=weights)
        told = in_french(finding) if lang == "fr" else finding
        commands = None if told.action is None else render(told.action, limits=limits, known=known)
        commands = beside(commands) if commands is not None and lang == "fr" else commands
        words = reason(score, one, lang=lang)
        more = examination.more.get(finding.rule, 0)
        yield _recommendation(told, score, commands, words, more=more, at=at, lang=lang)


def _recommendation(
    finding: Finding, score: Score, commands: RenderedCommands | None, words: str, *, more: int, at: datetime, lang: str
) -> ScoredRecommendation:
    return ScoredRecommendation(
        tracking_id=score.id,
        finding_key=finding.key,
        rule=finding.rule,
        rule_number=finding.rule_number,
        category=finding.category,
        severity=finding.severity,
        priority=score.priority,
        score=score.value,
        confidence=None if score.confidence is None else round(score.confidence, 4),
        factors=score.factors,
        reasoning=words,
        target=finding.target,
        title=finding.title,
        explanation=finding.explanation,
        evidence=finding.evidence,
        action=finding.action,
        commands=commands,
        manual_step=finding.manual_step,
        gain=finding.gain,
        impact=finding.impact,
        ease=finding.ease,
        effort_hours=finding.effort_hours,
        days_to_effect=finding.days_to_effect,
        risk=finding.risk,
        cost_sat=finding.cost_sat,
        reversibility=finding.reversibility,
        threshold=finding.threshold,
        window_days=finding.window_days,
        missing=finding.missing,
        topics=finding.topics,
        more_like_this=more,
        generated_at=at,
        lang=lang,
    )
