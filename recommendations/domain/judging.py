"""Turn a finding and the facts into what the scorer reads. Pure; decides nothing itself."""

from datetime import datetime

from recommendations.domain.actions import CloseChannel, Inspect, OpenChannel, SetChannelFee
from recommendations.domain.advice import Finding, Reversibility
from recommendations.domain.facts import NodeFacts
from recommendations.domain.scoring import NodeMetrics, ScoringInput

MSAT_PER_SAT = 1000


def scoring_input(finding: Finding, *, tracking_id: str, at: datetime) -> ScoringInput:
    """Return what the scorer needs of one finding. What only looks earns nothing by itself: a known 0, not unknown."""
    gain = None if finding.gain is None else (finding.gain.low_sat + finding.gain.high_sat) / 2
    is_looking = finding.reversibility is Reversibility.NOTHING_CHANGES
    fee_ppm, median_ppm = _fee_against_market(finding)
    return ScoringInput(
        id=tracking_id,
        category=finding.category.value,
        gain_sat_30d=0.0 if is_looking and gain is None else gain,
        ease=finding.ease,
        effort_hours=finding.effort_hours,
        cost_sat=finding.cost_sat,
        risk=finding.risk,
        days_to_effect=finding.days_to_effect,
        rule_confidence=finding.confidence,
        facts_needed=finding.facts_needed,
        facts_present=finding.facts_present,
        oldest_fact_days=_oldest_fact_days(finding, at),
        is_close=isinstance(finding.action, CloseChannel),
        is_monitoring=isinstance(finding.action, Inspect),
        is_onchain=isinstance(finding.action, OpenChannel | CloseChannel),
        fee_ppm=fee_ppm,
        peer_median_ppm=median_ppm,
        is_safety=finding.is_safety,
        severity=finding.severity,
    )


def node_metrics(facts: NodeFacts) -> NodeMetrics:
    """Return the node's own scale: revenue per 30 days (or its capacity band's), and uptime."""
    private, band = facts.private, facts.band_revenue_msat
    monthly = None
    if private is not None and private.revenue_msat is not None and private.window_days > 0:
        monthly = private.revenue_msat / MSAT_PER_SAT * 30 / private.window_days
    uptime = None if private is None else private.uptime_ratio
    return NodeMetrics(monthly, None if band is None else band / MSAT_PER_SAT, uptime)


def _oldest_fact_days(finding: Finding, at: datetime) -> float | None:
    times = [evidence.as_of for evidence in finding.evidence]
    known = [moment for moment in times if moment is not None]
    if len(known) < len(times):
        return None
    return max(((at - moment).total_seconds() / 86_400 for moment in known), default=None)


def _fee_against_market(finding: Finding) -> tuple[int | None, int | None]:
    action = finding.action
    if not isinstance(action, SetChannelFee):
        return None, None
    median = finding.params.get("market_median_ppm")
    return (action.current.fee_ppm, median) if isinstance(median, int) else (None, None)
