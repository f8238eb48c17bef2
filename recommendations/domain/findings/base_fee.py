"""Rule 14: what does the base fee add for small payments? Effective ppm at A sat = p + 1,000 x b / A. LIGHTNING 7.14.

No gain has been measured, so confidence is low; where the base fee brings real money it is left alone.
"""

from dataclasses import dataclass, replace

from recommendations.domain.actions import ChannelRef, FeeTerms, SetChannelFee
from recommendations.domain.advice import (
    Category,
    Ease,
    Evidence,
    Finding,
    GainRange,
    Impact,
    Severity,
    Thresholds,
)
from recommendations.domain.facts import ChannelFacts, FlowFacts, NodeFacts, PolicyFacts
from recommendations.domain.findings.draft import adjusting, blank
from recommendations.domain.findings.fee_advice import priced_channels
from recommendations.domain.findings.fee_guard import caution, is_too_soon
from recommendations.domain.findings.flow import flow_of, per_30_days
from recommendations.domain.findings.rule import Need, Rule, ThresholdSpec, at_most, counted, neediest
from recommendations.domain.findings.witness import Witness

CONFIDENCE_SMALL, CONFIDENCE = 0.45, 0.30
AMOUNTS_SAT = (10_000, 50_000, 1_000_000)
TOPICS = ("base fee", "zero base fee", "small payments", "effective fee rate")


@dataclass(frozen=True, slots=True)
class Case:
    channel: ChannelFacts
    policy: PolicyFacts
    flow: FlowFacts | None

    @property
    def added_ppm(self) -> float:
        """What the base fee adds on a small payment of 10,000 sat."""
        return 1_000 * self.policy.base_fee_msat / AMOUNTS_SAT[0]

    @property
    def burden(self) -> float:
        return self.added_ppm / max(self.policy.fee_ppm, 1)


def effective_ppm(policy: PolicyFacts, *, amount_sat: int) -> float:
    """Return the whole fee of a payment of `amount_sat`, in ppm."""
    return policy.fee_ppm + 1_000 * policy.base_fee_msat / amount_sat


def find(facts: NodeFacts, thresholds: Thresholds) -> tuple[Finding, ...]:
    """Return channels whose base fee weighs heavily on small payments, the heaviest first."""
    weighty = (pair for pair in priced_channels(facts) if _weighs(pair[1], thresholds))
    cases = (Case(channel, policy, flow_of(channel)) for channel, policy in weighty)
    heavy = [case for case in cases if _is_heavy(case, facts, thresholds)]
    heavy.sort(key=lambda case: (-case.burden, case.channel.scid))
    kept, left_out = neediest(heavy, thresholds)
    return counted((_finding(case, facts, thresholds) for case in kept), left_out=left_out)


def _weighs(policy: PolicyFacts, thresholds: Thresholds) -> bool:
    """Whether the base fee is a large part of what a small payment pays. Most are not, and are looked at no further."""
    added_ppm = 1_000 * policy.base_fee_msat / AMOUNTS_SAT[0]
    if policy.base_fee_msat <= 0 or added_ppm < thresholds["least_added_ppm"]:
        return False
    return added_ppm / max(policy.fee_ppm, 1) >= thresholds["least_burden"]


def _is_heavy(case: Case, facts: NodeFacts, thresholds: Thresholds) -> bool:
    if case.flow is not None and _base_share(case.flow, case.policy) > thresholds["most_income_share"]:
        return False
    return not is_too_soon(case.policy, at=facts.judged_at, thresholds=thresholds)


def _base_share(flow: FlowFacts, policy: PolicyFacts) -> float:
    """Return which share of the channel's fees the base fee brought in."""
    if flow.fees_earned_msat <= 0:
        return 0.0
    return min(flow.out_count * policy.base_fee_msat / flow.fees_earned_msat, 1.0)


def _finding(case: Case, facts: NodeFacts, thresholds: Thresholds) -> Finding:
    terms, small, large = FeeTerms.of(case.policy), *(effective_ppm(case.policy, amount_sat=a) for a in AMOUNTS_SAT[:2])
    is_small = _carries_small(case, thresholds)
    care = caution(case.policy, at=facts.judged_at, thresholds=thresholds)
    words = "" if not is_small else " Payments through this channel are small, so they feel it."
    return replace(
        blank(RULE, case.channel.scid, adjusting(days=30, ease=Ease.MEDIUM)),
        title=f"Set the base fee of channel {case.channel.scid} from {case.policy.base_fee_msat:,} to 0 msat",
        explanation=(
            f"With {case.policy.fee_ppm:,} ppm and {case.policy.base_fee_msat:,} msat, a payment of"
            f" {AMOUNTS_SAT[0]:,} sat pays {small:,.0f} ppm and one of {AMOUNTS_SAT[1]:,} sat {large:,.0f}"
            f" ppm.{words} Nobody has measured what a zero base fee gains; it makes small payments and split"
            f" payments cheaper.{care}"
        ),
        evidence=_evidence(case, facts),
        severity=Severity.LOW,
        confidence=CONFIDENCE_SMALL if is_small else CONFIDENCE,
        action=SetChannelFee(ChannelRef.of(case.channel), terms, terms.priced(base_fee_msat=0)),
        gain=_gain(case),
        impact=Impact(f"effective fee of a {AMOUNTS_SAT[0]:,} sat payment", case.policy.fee_ppm, small, "ppm"),
        facts_needed=2,
        facts_present=1 + (case.flow is not None),
        missing=() if case.flow is not None else (Need.FORWARDS.value,),
        topics=TOPICS,
        threshold=(
            f"the base fee adds at least {thresholds['least_added_ppm']:g} ppm and"
            f" {thresholds['least_burden']:.0%} of the rate at {AMOUNTS_SAT[0]:,} sat.{care}"
        ),
        window_days=None if case.flow is None else case.flow.window_days,
    )


def _carries_small(case: Case, thresholds: Thresholds) -> bool:
    p90 = None if case.flow is None else case.flow.settled_amounts_p90_msat
    return p90 is not None and p90 <= thresholds["small_payment_sat"] * 1_000


def _evidence(case: Case, facts: NodeFacts) -> tuple[Evidence, ...]:
    witness = Witness(RULE.slug, facts, case.channel)
    rates = tuple(
        witness.public(
            f"effective_ppm_{amount}",
            f"whole fee at {amount:,} sat",
            effective_ppm(case.policy, amount_sat=amount),
            "ppm",
            digits=0,
        )
        for amount in AMOUNTS_SAT
    )
    own = (
        witness.own("base_fee_msat", "our base fee", case.policy.base_fee_msat, "msat"),
        witness.own("own_ppm", "our fee", case.policy.fee_ppm, "ppm"),
        witness.public("small_payment_sat", "small payment looked at", AMOUNTS_SAT[0], "sat"),
        witness.public("middle_payment_sat", "middle payment looked at", AMOUNTS_SAT[1], "sat"),
    )
    return (*own, *rates)


def _gain(case: Case) -> GainRange | None:
    """Return what is given up, from the channel's own forwards; what more payments may bring is unknown."""
    flow = case.flow
    if flow is None or flow.out_count == 0:
        return None
    lost = round(per_30_days(flow.out_count * case.policy.base_fee_msat, flow) / 1_000)
    words = (
        f"{flow.out_count:,} forwards in {flow.window_days} days x {case.policy.base_fee_msat:,} msat = {lost:,} sat"
        " less in 30 days if nothing else changes; what additional payments bring is not known and not counted"
    )
    return GainRange(-lost, 0, words)


RULE = Rule(
    slug="base_fee",
    number=14,
    title="Base fee",
    category=Category.FEES,
    summary="Shows what the base fee makes of the price of small payments, and suggests 0 where it weighs heavily.",
    thresholds=(
        ThresholdSpec("least_burden", 0.5, "ratio", "The base fee must add this share of the rate at 10,000 sat"),
        ThresholdSpec("least_added_ppm", 100, "ppm", "The base fee must add this much at 10,000 sat"),
        ThresholdSpec("most_income_share", 0.1, "ratio", "Left alone where it brings more than this share of the fees"),
        ThresholdSpec("small_payment_sat", 50_000, "sat", "90 % of payments below this are small payments"),
        at_most(2),
    ),
    needs=(Need.POLICIES,),
    find=find,
)
