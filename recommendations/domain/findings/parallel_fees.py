"""Rule 3, for parallel channels: one peer, one fee. A sender names the cheapest, and any of them may carry the payment.

The largest channel's fee is the one the other rules judge, so the others follow it. LIGHTNING 2 (charge-lnd, LNDg).
"""

from collections.abc import Iterator

from recommendations.domain.advice import Category, Finding, Impact, Severity, Thresholds
from recommendations.domain.facts import ChannelFacts, NodeFacts, PolicyFacts
from recommendations.domain.findings.fee_advice import FeeCase, finding_of, own_fee, priced_channels, priced_peers
from recommendations.domain.findings.fee_guard import FeeStep, fee_step
from recommendations.domain.findings.rule import Need, Rule, ThresholdSpec, at_most, counted, neediest
from recommendations.domain.findings.witness import Witness

CONFIDENCE = 0.60
TOPICS = ("parallel channels", "fee rate", "routing policy", "non-strict forwarding")

Case = tuple[ChannelFacts, PolicyFacts, ChannelFacts, int, FeeStep]


def find(facts: NodeFacts, thresholds: Thresholds) -> tuple[Finding, ...]:
    """Return parallel channels whose fee differs from that of the peer's largest, the farthest first."""
    cases = sorted(_cases(facts, thresholds), key=lambda case: (-abs(case[4].change_ppm), case[0].scid))
    kept, left_out = neediest(cases, thresholds)
    found = (finding_of(RULE, _case(*case, facts, thresholds), facts, thresholds) for case in kept)
    return counted(found, left_out=left_out)


def _cases(facts: NodeFacts, thresholds: Thresholds) -> Iterator[Case]:
    by_scid = {channel.scid: (channel, policy) for channel, policy in priced_channels(facts)}
    for first, fee in priced_peers(facts):
        for scid in first.siblings:
            channel, policy = by_scid[scid]
            apart = abs(fee.fee_ppm - policy.fee_ppm)
            if apart < max(policy.fee_ppm, fee.fee_ppm) * thresholds["least_gap"]:
                continue
            step = fee_step(
                policy,
                wanted_ppm=fee.fee_ppm,
                at=facts.judged_at,
                thresholds=thresholds,
                bounds=channel.bounds,
            )
            if step is not None:
                yield channel, policy, first, fee.fee_ppm, step


def _case(
    channel: ChannelFacts,
    policy: PolicyFacts,
    first: ChannelFacts,
    goal_ppm: int,
    step: FeeStep,
    facts: NodeFacts,
    thresholds: Thresholds,
) -> FeeCase:
    witness, count = Witness(RULE.slug, facts, channel), len(first.siblings) + 1
    return FeeCase(
        channel=channel,
        policy=policy,
        step=step,
        why=(
            f"You have {count} channels with this peer. The largest, {first.scid}, asks {goal_ppm:,} ppm and this one"
            f" {policy.fee_ppm:,} ppm: senders choose the cheaper, and the payment may leave through either."
        ),
        evidence=(
            own_fee(witness, policy),
            witness.public("largest_ppm", f"our fee on {first.scid}, the largest", goal_ppm, "ppm"),
            witness.public("parallel_channels", "channels with this peer", count, "channels"),
        ),
        severity=Severity.LOW,
        confidence=CONFIDENCE,
        threshold=f"parallel channels whose fees differ by at least {thresholds['least_gap']:.0%}",
        impact=Impact("our fee into this peer through this channel", step.new_ppm, step.new_ppm, "ppm"),
        topics=TOPICS,
        days_to_effect=1,
    )


RULE = Rule(
    slug="parallel_fees",
    number=3,
    title="One fee for parallel channels",
    category=Category.FEES,
    summary="Finds parallel channels of one peer with different fees, and brings them to that of the largest.",
    thresholds=(
        ThresholdSpec("least_gap", 0.1, "ratio", "A smaller difference, relative to the higher fee, does no harm"),
        at_most(3),
    ),
    needs=(Need.POLICIES,),
    find=find,
)
