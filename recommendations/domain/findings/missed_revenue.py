"""Rule 18: which channels turn payments away for lack of balance, and what was missed? Needs recorded failures.

Only failures at our own channel count (TEMPORARY_CHANNEL_FAILURE); of a real node's local ones 98 % were that. A sender
who tries again fails again, so the sum of missed fees is an upper bound. LIGHTNING 7.18, 8.
"""

from dataclasses import dataclass, replace

from recommendations.domain.actions import ChannelRef, Inspect, Look
from recommendations.domain.advice import Category, Evidence, Finding, GainRange, Impact, Severity, Thresholds
from recommendations.domain.facts import ChannelFacts, FailureFacts, FlowFacts, NodeFacts, PolicyFacts
from recommendations.domain.findings.draft import blank, looking
from recommendations.domain.findings.fee_advice import FeeCase, finding_of, own_fee, priced_peers
from recommendations.domain.findings.fee_guard import FeeStep, fee_step
from recommendations.domain.findings.flow import flow_of, ratio_of
from recommendations.domain.findings.rule import Need, Rule, ThresholdSpec, at_most, counted, insufficient, neediest
from recommendations.domain.findings.witness import Witness

CONFIDENCE_RAISE, CONFIDENCE_LOOK = 0.65, 0.50
TOPICS = ("failed payments", "liquidity", "missed revenue", "TEMPORARY_CHANNEL_FAILURE")


@dataclass(frozen=True, slots=True)
class Turned:
    """One channel that turned payments away: how many, and of how many."""

    channel: ChannelFacts
    policy: PolicyFacts
    failures: FailureFacts
    flow: FlowFacts

    @property
    def settled(self) -> float:
        """Forwards that did leave, in as many days as the failures are known for."""
        return self.flow.out_count * self.failures.window_days / max(self.flow.window_days, 1)

    @property
    def tried(self) -> float:
        return self.failures.short_count + self.settled

    @property
    def rate(self) -> float:
        return self.failures.short_count / self.tried if self.tried > 0 else 0.0


def find(facts: NodeFacts, thresholds: Thresholds) -> tuple[Finding, ...]:
    """Return channels that fail for lack of balance, the most missed fees first."""
    turned = [one for pair in priced_peers(facts) if (one := _turned(*pair)) is not None]
    if not turned:
        return insufficient(RULE, facts, Need.FAILURES) if facts.channels else ()
    failing = [one for one in turned if one.tried >= thresholds["min_tries"] and one.rate >= thresholds["min_rate"]]
    failing.sort(key=lambda one: (-(one.failures.missed_fee_msat or 0), -one.failures.short_count, one.channel.scid))
    kept, left_out = neediest(failing, thresholds)
    return counted((_finding(one, facts, thresholds) for one in kept), left_out=left_out)


def _turned(channel: ChannelFacts, policy: PolicyFacts) -> Turned | None:
    flow, failures = flow_of(channel), None if channel.private is None else channel.private.failures
    return None if flow is None or failures is None else Turned(channel, policy, failures, flow)


def _finding(one: Turned, facts: NodeFacts, thresholds: Thresholds) -> Finding:
    ratio = ratio_of(one.channel)
    is_short = ratio is not None and ratio < thresholds["short_ratio"]
    wanted = one.policy.fee_ppm * (1 + thresholds["price_percent"] / 100)
    step = (
        fee_step(
            one.policy,
            wanted_ppm=wanted,
            at=facts.judged_at,
            thresholds=thresholds,
            bounds=one.channel.bounds,
        )
        if is_short
        else None
    )
    return _look(one, facts, thresholds) if step is None else _raise(one, step, facts, thresholds)


def _raise(one: Turned, step: FeeStep, facts: NodeFacts, thresholds: Thresholds) -> Finding:
    case = FeeCase(
        channel=one.channel,
        policy=one.policy,
        step=step,
        why=(
            f"{_seen(one)} More is asked for than there is to sell: a higher fee makes the rest last, and pays for a"
            " refill."
        ),
        evidence=_evidence(one, facts),
        severity=Severity.MEDIUM,
        confidence=CONFIDENCE_RAISE,
        threshold=_threshold(thresholds),
        window_days=one.failures.window_days,
        gain=missed(one.failures),
        impact=Impact("share of payments turned away", 0, round(one.rate, 2), "ratio"),
        topics=TOPICS,
        days_to_effect=3,
    )
    return finding_of(RULE, case, facts, thresholds)


def _look(one: Turned, facts: NodeFacts, thresholds: Thresholds) -> Finding:
    channel = one.channel
    return replace(
        blank(RULE, channel.scid, looking(hours=0.3, days=7)),
        title=f"Look at channel {channel.scid}: it turns {one.rate:.0%} of payments away",
        explanation=(
            f"{_seen(one)} See whether they were larger than the balance you keep there: then announce a smaller"
            " largest payment, or keep more on your side."
        ),
        evidence=_evidence(one, facts),
        severity=Severity.LOW,
        confidence=CONFIDENCE_LOOK,
        action=Inspect(channel.scid, Look.CHANNEL, ChannelRef.of(channel)),
        gain=missed(one.failures),
        impact=Impact("share of payments turned away", 0, round(one.rate, 2), "ratio"),
        topics=TOPICS,
        threshold=_threshold(thresholds),
        window_days=one.failures.window_days,
    )


def missed(failures: FailureFacts) -> GainRange | None:
    """Return 0 to the known missed fees in 30 days, or None where no failure tells its fee."""
    if failures.missed_fee_msat is None or failures.priced_count == 0:
        return None
    high = round(failures.missed_fee_msat / 1_000 * 30 / failures.window_days)
    words = (
        f"fees of {failures.priced_count:,} failed forwards with a known fee, {failures.missed_fee_msat / 1_000:,.0f}"
        f" sat in {failures.window_days} days x 30 / {failures.window_days} = {high:,} sat if all had settled; 0 sat if"
        " they were tries of payments that went another way"
    )
    return GainRange(0, high, words)


def _seen(one: Turned) -> str:
    return (
        f"{one.failures.short_count:,} forwards failed here for lack of balance in {one.failures.window_days} days,"
        f" {one.rate:.0%} of those that wanted to leave through it."
    )


def _evidence(one: Turned, facts: NodeFacts) -> tuple[Evidence, ...]:
    witness, failures, ratio = Witness(RULE.slug, facts, one.channel), one.failures, ratio_of(one.channel)
    days = failures.window_days
    fee_sat = None if failures.missed_fee_msat is None else failures.missed_fee_msat / 1_000
    return (
        own_fee(witness, one.policy),
        witness.private("short_count", f"failed for lack of balance in {days} days", failures.short_count, "forwards"),
        witness.private("short_7d_count", "of them in the latest 7 days", failures.short_7d_count, "forwards"),
        witness.private("failure_rate", "share of forwards turned away", one.rate, "ratio", digits=2),
        witness.private("settled", f"settled through it in {days} days", one.settled, "forwards", digits=0),
        witness.private("missed_fee_sat", "their fees, as far as known", fee_sat, "sat", digits=0),
        witness.private("local_ratio", "our share of the balance", ratio, "ratio", digits=2),
    )


def _threshold(thresholds: Thresholds) -> str:
    return (
        f"at least {thresholds['min_tries']:g} tries and {thresholds['min_rate']:.0%} of them turned away for lack of"
        f" balance; a higher fee where our share is below {thresholds['short_ratio']:.0%}"
    )


RULE = Rule(
    slug="missed_revenue",
    number=18,
    title="Missed revenue by failures",
    category=Category.LIQUIDITY,
    summary="Counts forwards that failed for lack of balance, with the fees they would have earned.",
    thresholds=(
        ThresholdSpec("min_tries", 20, "forwards", "Fewer tries tell no rate"),
        ThresholdSpec("min_rate", 0.1, "ratio", "A smaller share turned away is ordinary"),
        ThresholdSpec("short_ratio", 0.3, "ratio", "A higher fee is tried only below this share of the balance"),
        ThresholdSpec("price_percent", 15, "%", "Raise to try where more is asked for than there is"),
        at_most(3),
    ),
    needs=(Need.FORWARDS, Need.FAILURES),
    find=find,
)
