"""Build the finding that advises a fee: the action keeps every other value of the policy as it stands."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from recommendations.domain.actions import ChannelRef, FeeTerms, SetChannelFee
from recommendations.domain.advice import (
    Ease,
    Evidence,
    Finding,
    GainRange,
    Impact,
    Severity,
    Thresholds,
)
from recommendations.domain.facts import ChannelFacts, NodeFacts, PolicyFacts
from recommendations.domain.findings import fee_guard
from recommendations.domain.findings.draft import adjusting, blank
from recommendations.domain.findings.fee_guard import FeeStep
from recommendations.domain.findings.parallel import joined, together
from recommendations.domain.findings.rule import Rule
from recommendations.domain.findings.witness import Witness

ELASTICITY = -1.5  # the far end of the range we state: demand falls 1.5 % for each 1 % of price


@dataclass(frozen=True, slots=True)
class FeeCase:
    """Why one channel's fee should move: the step, the words, and how sure the rule is."""

    channel: ChannelFacts
    policy: PolicyFacts
    step: FeeStep
    why: str
    evidence: tuple[Evidence, ...]
    severity: Severity
    confidence: float
    threshold: str
    window_days: int | None = None
    gain: GainRange | None = None
    impact: Impact | None = None
    facts_present: int = 1
    facts_needed: int = 1
    missing: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    days_to_effect: float = 3.0
    ease: Ease = Ease.EASY  # MEDIUM where the operator must look something up first


def priced_channels(facts: NodeFacts) -> Iterable[tuple[ChannelFacts, PolicyFacts]]:
    """Return live channels that neither side disabled: the only ones whose policy means something."""
    return _priced(facts) if facts.priced is None else facts.priced


def _priced(facts: NodeFacts) -> Iterator[tuple[ChannelFacts, PolicyFacts]]:
    for channel in facts.channels:
        policy, remote = channel.own_policy, channel.peer_policy
        if policy is None or policy.is_disabled or not channel.is_live or channel.capacity_sat <= 0:
            continue
        if remote is None or not remote.is_disabled:
            yield channel, policy


def priced_peers(facts: NodeFacts) -> Iterator[tuple[ChannelFacts, PolicyFacts]]:
    """Yield priced channels, the parallel ones of one peer as one: senders may use any of them (`parallel.py`)."""
    for channel in _joint(facts) if facts.joint is None else facts.joint:
        if channel.own_policy is not None:
            yield channel, channel.own_policy


def readied(facts: NodeFacts) -> NodeFacts:
    """Return the facts with the priced channels, and these joined by peer: twelve rules read them."""
    facts = replace(facts, priced=tuple(_priced(facts)))
    return replace(facts, joint=_joint(facts))


def _joint(facts: NodeFacts) -> tuple[ChannelFacts, ...]:
    return joined(channel for channel, _ in priced_channels(facts))


def finding_of(rule: Rule, case: FeeCase, facts: NodeFacts, thresholds: Thresholds) -> Finding:
    """Return the finding of one fee case, guard's words included."""
    step, terms = case.step, FeeTerms.of(case.policy)
    verb = "Raise" if step.change_ppm > 0 else "Lower"
    tail = (
        together(case.channel)
        + fee_guard.words(step, thresholds)
        + fee_guard.caution(case.policy, at=facts.judged_at, thresholds=thresholds)
    )
    market = case.channel.market
    return replace(
        blank(rule, case.channel.scid, adjusting(days=case.days_to_effect, ease=case.ease)),
        severity=case.severity,
        title=f"{verb} the fee of channel {case.channel.scid} from {step.current_ppm:,} to {step.new_ppm:,} ppm",
        explanation=case.why + tail,
        evidence=(*case.evidence, *_siblings(rule, case.channel, facts)),
        confidence=case.confidence,
        action=SetChannelFee(ChannelRef.of(case.channel), terms, terms.priced(fee_ppm=step.new_ppm)),
        gain=case.gain,
        impact=case.impact,
        facts_needed=case.facts_needed,
        facts_present=case.facts_present,
        missing=case.missing,
        topics=case.topics,
        params={"wanted_ppm": step.wanted_ppm, "market_median_ppm": market.median_ppm},
        threshold=f"{case.threshold}.{tail}" if tail else case.threshold,
        window_days=case.window_days,
    )


def own_fee(witness: Witness, policy: PolicyFacts) -> Evidence:
    return witness.own("own_ppm", "our fee", policy.fee_ppm, "ppm")


def _siblings(rule: Rule, channel: ChannelFacts, facts: NodeFacts) -> tuple[Evidence, ...]:
    if not channel.siblings:
        return ()
    count, label = len(channel.siblings) + 1, "channels with this peer, judged together"
    return (Witness(rule.slug, facts, channel).public("parallel_channels", label, count, "channels"),)


def gain_of_raise(step: FeeStep, *, out_sat_30d: float) -> GainRange:
    """Return 0 to volume x change: nothing if demand falls as fast as the fee rises, all of it if demand stays."""
    high = round(out_sat_30d * step.change_ppm / 1e6)
    words = f"{out_sat_30d:,.0f} sat left in 30 days x {step.change_ppm:,} ppm = {high:,} sat if demand stays"
    if step.current_ppm <= 0:
        return GainRange(0, high, f"{words}; 0 sat if it stops: a free channel tells nothing of demand at a price")
    ratio = step.new_ppm / step.current_ppm
    far = round(out_sat_30d * (step.new_ppm * ratio**ELASTICITY - step.current_ppm) / 1e6)
    words = f"{words} (elasticity 0); 0 sat at elasticity -1; at {ELASTICITY} revenue would change by {far:,} sat"
    return GainRange(0, high, words)
