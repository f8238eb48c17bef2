"""Say of advice on a channel that the public graph lacks that it does, since its peer may be no routing node.

The rules judge such a channel by what the operator's own node tells. What compares it with a public market, or needs
the other side's policy, has nothing to go by and stays silent.
"""

from collections.abc import Mapping
from dataclasses import replace

from recommendations.domain.actions import ChannelRef, ManualStep
from recommendations.domain.advice import Finding
from recommendations.domain.facts import ChannelFacts, NodeFacts
from recommendations.domain.findings.witness import Witness

UNANNOUNCED = (
    "This channel is not announced: its peer may be a wallet or a service, not a routing node. Ask them before you"
    " change it."
)
AWAITED = "The public graph does not hold this channel yet: it is newer than that."


def unannounced_of(facts: NodeFacts) -> Mapping[str, ChannelFacts]:
    """Return the channels that the public graph lacks, by short channel id."""
    return {channel.scid: channel for channel in facts.channels if not channel.is_announced}


def marked(finding: Finding, facts: NodeFacts, channels: Mapping[str, ChannelFacts]) -> Finding:
    """Return a finding on one of these channels with a fact and a sentence that say so; others as they are."""
    channel = channels.get(finding.target)
    if channel is None or finding.is_insufficient:
        return finding
    fact = Witness(finding.rule, facts, channel).private("is_announced", "channel in the public graph", False)
    return replace(
        finding,
        explanation=f"{finding.explanation} {AWAITED if channel.awaits_graph else UNANNOUNCED}",
        evidence=(*finding.evidence, fact),
        action=_named(finding, channel),
    )


def _named(finding: Finding, channel: ChannelFacts) -> object:
    """Return the action; a step by hand names its channel, which public lists do not show."""
    if isinstance(finding.action, ManualStep):
        return replace(finding.action, channel=ChannelRef.of(channel))
    return finding.action
