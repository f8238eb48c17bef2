"""Rule 24: what a channel does for the node in all, against the node's other channels; never against a fixed number.

After lnd-manageJ: fees earned, fees it brought in for others, refills of other channels (a ten-thousandth), and what
its balance could earn (a tenth), per day and million sat of ours. So a quiet channel that feeds others counts.
"""

from dataclasses import dataclass, replace
from statistics import median, quantiles

from recommendations.domain.actions import Inspect, Look
from recommendations.domain.advice import Category, Evidence, Finding, GainRange, Impact, Severity, Thresholds
from recommendations.domain.facts import ChannelFacts, FlowFacts, NodeFacts
from recommendations.domain.findings.draft import blank, looking
from recommendations.domain.findings.flow import flow_of
from recommendations.domain.findings.rule import Need, Rule, ThresholdSpec, insufficient
from recommendations.domain.findings.witness import Witness
from recommendations.domain.findings.yields import earnings

CONFIDENCE, CONFIDENCE_BOOKED = 0.50, 0.60
NAMED = 5
LEAST_LOCAL_SHARE = 0.1  # of the capacity: a drained channel must not look golden for want of a denominator
REFILL_SHARE, POTENTIAL_SHARE = 1 / 10_000, 1 / 10  # weights of lnd-manageJ
TOPICS = ("channel profitability", "channel rating", "channel review", "capital allocation")


@dataclass(frozen=True, slots=True)
class Rated:
    """A channel with its rating, msat per day and million sat of ours."""

    channel: ChannelFacts
    rating: float


def find(facts: NodeFacts, thresholds: Thresholds) -> tuple[Finding, ...]:
    """Return one finding that names channels far below the node's own distribution."""
    if not facts.channels:
        return ()
    rated = [one for channel in facts.channels if (one := _rated(channel, thresholds)) is not None]
    least = thresholds["min_rated"]
    if len(rated) < least:
        lacking = f"balance and 28 days of forwards of {least:g} channels {thresholds['min_age_days']:g} days old"
        return insufficient(RULE, facts, f"{lacking}; there are {len(rated)}")
    middle = median(one.rating for one in rated)
    low = sorted((one for one in rated if one.rating < middle * thresholds["low_share"]), key=_lowest_first)
    return (_finding(low, rated, middle, facts, thresholds),) if low and middle > 0 else ()


def rating(channel: ChannelFacts, flow: FlowFacts, *, local_sat: int) -> float:
    """Return the rating, msat per day and million sat of ours."""
    ours = max(local_sat, channel.capacity_sat * LEAST_LOCAL_SHARE)
    if ours <= 0 or flow.window_days <= 0:
        return 0.0
    costs = None if channel.private is None else channel.private.costs
    refills = 0.0 if costs is None else costs.rebalanced_msat * REFILL_SHARE / max(costs.window_days, 1)
    ppm = 0 if channel.own_policy is None else channel.own_policy.fee_ppm
    potential = local_sat * 1_000 * ppm / 1e6 * POTENTIAL_SHARE / flow.window_days
    earned = (flow.fees_earned_msat + flow.fees_assisted_msat) / flow.window_days
    return (earned + refills + potential) / ours * 1e6


def _rated(channel: ChannelFacts, thresholds: Thresholds) -> Rated | None:
    flow, private = flow_of(channel), channel.private
    if flow is None or private is None or private.local_sat is None or flow.window_days < thresholds["min_days"]:
        return None
    if channel.age_days is None or channel.age_days < thresholds["min_age_days"]:
        return None
    return Rated(channel, rating(channel, flow, local_sat=private.local_sat))


def _lowest_first(one: Rated) -> tuple[float, int, str]:
    return one.rating, -one.channel.capacity_sat, one.channel.scid


def _finding(low: list[Rated], rated: list[Rated], middle: float, facts: NodeFacts, thresholds: Thresholds) -> Finding:
    first, _, third = quantiles([one.rating for one in rated], n=4, method="inclusive")
    is_booked = any(one.channel.private is not None and one.channel.private.costs is not None for one in low)
    named = ", ".join(one.channel.scid for one in low[:NAMED])
    verb = "does" if len(low) == 1 else "do"
    return replace(
        blank(RULE, facts.pubkey, looking(hours=0.5, days=7)),
        title=f"{len(low)} of {len(rated)} channels {verb} far less for the node than the others",
        explanation=(
            f"Fees earned, fees brought in for others, refills and what the balance could earn, per day and million sat"
            f" of yours: these stay below {thresholds['low_share']:.0%} of your median of {middle:,.0f} msat: {named}"
            f"{', …' if len(low) > NAMED else ''}. Look at their fee and balance first; a close is never the first"
            " step."
        ),
        evidence=_evidence(low, rated, (first, middle, third), facts),
        severity=Severity.LOW,
        confidence=CONFIDENCE_BOOKED if is_booked else CONFIDENCE,
        action=Inspect(facts.pubkey, Look.FORWARDS),
        gain=_gain(low, facts),
        impact=Impact("rating of these channels", round(first), round(third), "msat"),
        facts_needed=3,
        facts_present=2 + is_booked,
        topics=TOPICS,
        threshold=(
            f"rating below {thresholds['low_share']:.0%} of the median of {thresholds['min_rated']:g} channels or more,"
            f" each at least {thresholds['min_age_days']:g} days old"
        ),
        window_days=max((flow.window_days for one in low if (flow := flow_of(one.channel)) is not None), default=None),
    )


def _gain(low: list[Rated], facts: NodeFacts) -> GainRange | None:
    """Return 0 to what they would earn at the lower quartile of the channels that earn."""
    reference = earnings(facts)
    if reference is None:
        return None
    capacity = sum(one.channel.capacity_sat for one in low)
    high, _ = reference.range_for(capacity)
    words = (
        f"{capacity:,} sat in these {len(low)} channels x the lower quartile of what {reference.channels} earning"
        f" channels bring ({reference.p25:.4f} msat per sat in 30 days) = {high:,} sat; 0 sat if they stay as they are"
    )
    return GainRange(0, high, words)


def _evidence(
    low: list[Rated], rated: list[Rated], marks: tuple[float, float, float], facts: NodeFacts
) -> tuple[Evidence, ...]:
    witness, unit = Witness(RULE.slug, facts), "msat"
    named = (
        witness.private(f"rating_{one.channel.scid}", f"rating of {one.channel.scid}", one.rating, unit, digits=0)
        for one in low[:NAMED]
    )
    first, middle, third = marks
    return (
        witness.private("low_channels", "channels far below", len(low), "channels"),
        witness.private("rated_channels", "channels rated", len(rated), "channels"),
        witness.private("first_quartile", "lower quartile of your ratings", first, unit, digits=0),
        witness.private("median", "median of your ratings", middle, unit, digits=0),
        witness.private("third_quartile", "upper quartile of your ratings", third, unit, digits=0),
        *named,
    )


RULE = Rule(
    slug="blended_rating",
    number=24,
    title="Blended rating",
    category=Category.CHANNELS,
    summary="Rates what each channel does for the node in all, and names those far below the node's own median.",
    thresholds=(
        ThresholdSpec("low_share", 0.1, "ratio", "Share of the node's median rating below which a channel is named"),
        ThresholdSpec("min_rated", 8, "channels", "Fewer rated channels are no distribution"),
        ThresholdSpec("min_days", 28, "days", "Channels whose forwards are known for less are not rated"),
        ThresholdSpec("min_age_days", 30, "days", "Younger channels are not rated"),
    ),
    needs=(Need.BALANCES, Need.FORWARDS, Need.AGE),
    find=find,
)
