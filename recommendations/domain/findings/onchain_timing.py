"""Rule 20: is a transaction cheap or dear now, by the latest 14 days? Opens and closes follow; nothing urgent waits.

After CLBOSS, which switches its regime at the 17th to 23rd percentile. LIGHTNING 7.20.
"""

from dataclasses import replace
from enum import StrEnum

from recommendations.domain.actions import CloseChannel, Inspect, Look, OpenChannel
from recommendations.domain.advice import Category, Evidence, Finding, Impact, Severity, Thresholds
from recommendations.domain.facts import NodeFacts
from recommendations.domain.findings.draft import blank, looking
from recommendations.domain.findings.rule import Need, Rule, ThresholdSpec, insufficient
from recommendations.domain.findings.witness import Witness

CONFIDENCE = 0.70
WINDOW_DAYS = 14
URGENT = frozenset({Severity.CRITICAL, Severity.HIGH})
TOPICS = ("on-chain fees", "opening channels", "closing channels", "mempool")


class Moment(StrEnum):
    """Whether a transaction costs little or much now."""

    CHEAP = "cheap"
    DEAR = "dear"


def moment_of(facts: NodeFacts, thresholds: Thresholds) -> Moment | None:
    """Return whether now is cheap or dear; None in between, and where it is not known."""
    percentile = facts.network.onchain_fee_percentile_14d
    if percentile is None or facts.network.onchain_fee_sat_vb is None:
        return None
    if percentile < thresholds["cheap_percentile"]:
        return Moment.CHEAP
    return Moment.DEAR if percentile > thresholds["dear_percentile"] else None


def find(facts: NodeFacts, thresholds: Thresholds) -> tuple[Finding, ...]:
    """Return one finding for a node that may open or close something, when now is a special moment."""
    if facts.network.is_synthetic or not (facts.candidates or facts.has_private_data):
        return ()
    if facts.network.onchain_fee_percentile_14d is None:
        return insufficient(RULE, facts, Need.ONCHAIN)
    moment = moment_of(facts, thresholds)
    return () if moment is None else (_finding(facts, moment, thresholds),)


def timed(finding: Finding, facts: NodeFacts, thresholds: Thresholds) -> Finding:
    """Return an advice to open or close with a word on the moment; what is urgent is left as it is."""
    moment = moment_of(facts, thresholds)
    is_urgent = finding.is_safety or finding.severity in URGENT
    if moment is None or is_urgent or not isinstance(finding.action, OpenChannel | CloseChannel):
        return finding
    evidence = _evidence(Witness(finding.rule, facts, about=finding.target), facts)
    is_dear = moment is Moment.DEAR
    return replace(
        finding,
        explanation=f"{finding.explanation} {_words(facts, moment)}",
        evidence=(*finding.evidence, *evidence),
        severity=Severity.LOW if is_dear else finding.severity,
        days_to_effect=finding.days_to_effect + (thresholds["defer_days"] if is_dear else 0),
        params={**finding.params, "moment": moment.value},
    )


def _words(facts: NodeFacts, moment: Moment) -> str:
    rate, percentile = facts.network.onchain_fee_sat_vb, facts.network.onchain_fee_percentile_14d
    seen = f"a transaction costs {rate:g} sat/vB now, percentile {percentile:.0f} of the latest {WINDOW_DAYS} days"
    if moment is Moment.CHEAP:
        return f"The moment is good: {seen}."
    return f"Wait with it unless it is urgent: {seen}."


def _evidence(witness: Witness, facts: NodeFacts) -> tuple[Evidence, ...]:
    network = facts.network
    label = f"its percentile within {WINDOW_DAYS} days"
    return (
        witness.onchain("onchain_sat_vb", "what a transaction costs now", network.onchain_fee_sat_vb, "sat/vB"),
        witness.onchain("onchain_percentile", label, network.onchain_fee_percentile_14d, "percentile", digits=0),
    )


def _finding(facts: NodeFacts, moment: Moment, thresholds: Thresholds) -> Finding:
    is_cheap, goal = moment is Moment.CHEAP, thresholds["cheap_percentile"]
    title = "On-chain fees are low: a good time for openings and closes you planned"
    later = "On-chain fees are high: put off openings and closes that can wait"
    return replace(
        blank(RULE, facts.pubkey, looking(hours=0.1, days=1 if is_cheap else thresholds["defer_days"])),
        title=title if is_cheap else later,
        explanation=(
            f"{_words(facts, moment)} A force close, or a channel that is at risk, never waits for cheaper fees."
            " Look first at what already waits for confirmation."
        ),
        evidence=_evidence(Witness(RULE.slug, facts), facts),
        severity=Severity.LOW,
        confidence=CONFIDENCE,
        action=Inspect(facts.pubkey, Look.PENDING),
        impact=Impact("on-chain fee percentile to act at", 0, goal, "percentile", horizon_days=WINDOW_DAYS),
        topics=TOPICS,
        threshold=(
            f"percentile of the fee within {WINDOW_DAYS} days below {goal:g}, or above"
            f" {thresholds['dear_percentile']:g}"
        ),
        window_days=WINDOW_DAYS,
    )


RULE = Rule(
    slug="onchain_timing",
    number=20,
    title="On-chain timing",
    category=Category.TIMING,
    summary="Says when transactions are cheap or dear against the latest 14 days; opens and closes take it up.",
    thresholds=(
        ThresholdSpec("cheap_percentile", 20, "percentile", "Below it openings and closes are advised now"),
        ThresholdSpec("dear_percentile", 80, "percentile", "Above it what can wait should wait"),
        ThresholdSpec("defer_days", 5, "days", "How long a wait for cheaper fees is reckoned"),
    ),
    needs=(Need.ONCHAIN,),
    find=find,
)
