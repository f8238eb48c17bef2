"""Rule 13: which idle channels are too young to be judged, and from when they can be? Patience is advice, too.

Age = (height of the chain - funding block) / 144 days. LIGHTNING 7.13; Terminal asks for a week, faraday for 28 days.
"""

from dataclasses import replace
from datetime import timedelta

from recommendations.domain.actions import Inspect, Look
from recommendations.domain.advice import Category, Evidence, Finding, Impact, Severity, Thresholds
from recommendations.domain.facts import ChannelFacts, NodeFacts
from recommendations.domain.findings.draft import blank, looking
from recommendations.domain.findings.flow import flow_of, is_idle
from recommendations.domain.findings.rule import Need, Rule, ThresholdSpec, insufficient
from recommendations.domain.findings.witness import Witness

CONFIDENCE = 0.80
NAMED = 5
TOPICS = ("channel age", "new channels", "patience", "channel profitability")

Young = tuple[ChannelFacts, float]


def find(facts: NodeFacts, thresholds: Thresholds) -> tuple[Finding, ...]:
    """Return one finding that names young channels without a forward. Below the gate no age is known at all."""
    if not facts.channels:
        return ()
    if all(channel.age_days is None for channel in facts.channels):
        return insufficient(RULE, facts, Need.AGE)
    young = sorted(_young(facts, thresholds), key=lambda case: (case[1], case[0].scid))
    return (_finding(facts, young, thresholds),) if young else ()


def _young(facts: NodeFacts, thresholds: Thresholds) -> list[Young]:
    found = []
    for channel in facts.channels:
        if not channel.is_announced and not channel.awaits_graph:
            continue  # no sender will ever learn of it
        flow, age = flow_of(channel), channel.age_days
        if age is not None and flow is not None and age < thresholds["judged_from_days"] and is_idle(flow):
            found.append((channel, age))
    return found


def _finding(facts: NodeFacts, young: list[Young], thresholds: Thresholds) -> Finding:
    least = thresholds["judged_from_days"]
    waits = [least - age for _, age in young]
    until = facts.judged_at + timedelta(days=max(waits))
    count, named = len(young), ", ".join(channel.scid for channel, _ in young[:NAMED])
    subject = "1 idle channel is" if count == 1 else f"{count} idle channels are"
    return replace(
        blank(RULE, facts.pubkey, looking(hours=0.1, days=max(waits))),
        title=f"{subject} too young to judge: leave the balance and the fee time to work",
        explanation=(
            f"Younger than {least:g} days and without a forward yet: {named}{', …' if count > NAMED else ''}. Senders"
            " need days to learn of a channel and to trust it. Rules on idle and weak channels leave them out until"
            f" they are old enough, the youngest on {until:%Y-%m-%d}."
        ),
        evidence=_evidence(facts, young, max(waits)),
        severity=Severity.INFO,
        confidence=CONFIDENCE,
        action=Inspect(facts.pubkey, Look.CHANNELS),
        impact=Impact("days until they can be judged", round(min(waits)), round(max(waits)), "days"),
        topics=TOPICS,
        threshold=f"younger than {least:g} days, no forward yet",
        window_days=int(least),
    )


def _evidence(facts: NodeFacts, young: list[Young], longest: float) -> tuple[Evidence, ...]:
    witness = Witness(RULE.slug, facts)
    ages = (
        witness.public(f"age_{channel.scid}", f"age of {channel.scid}", age, "days", digits=0)
        for channel, age in young[:NAMED]
    )
    return (
        witness.public("young_channels", "young channels without a forward", len(young), "channels"),
        witness.public("days_left", "days until the youngest can be judged", longest, "days", digits=0),
        *ages,
    )


RULE = Rule(
    slug="channel_age",
    number=13,
    title="Channel age",
    category=Category.CHANNELS,
    summary="Names idle channels that are too young to be judged, and says from when they can be.",
    thresholds=(
        ThresholdSpec("judged_from_days", 28, "days", "Younger channels are left out of what compares channels"),
    ),
    needs=(Need.AGE, Need.FORWARDS),
    find=find,
)
