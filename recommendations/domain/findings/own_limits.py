"""Keep advice within what the operator allows on each channel, and count what is held back for that reason."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from recommendations.domain.actions import ChargeLndRule, Intent, ManualStep, SetChannelFee, intents
from recommendations.domain.advice import Finding
from recommendations.domain.facts import UNBOUNDED, ChannelBounds, ChannelFacts, NodeFacts


def bounds_of(facts: NodeFacts) -> Mapping[str, ChannelBounds]:
    """Return the channels that the operator bounded, by short channel id."""
    return {channel.scid: channel.bounds for channel in facts.channels if _is_bounded(channel)}


def _is_bounded(channel: ChannelFacts) -> bool:
    """Whether there is any bound. Nearly all channels share the value without one, and are not compared."""
    return channel.bounds is not UNBOUNDED and channel.bounds != UNBOUNDED


def unbounded(facts: NodeFacts) -> NodeFacts:
    """Return the facts as they would be without any limit of the operator."""
    return replace(facts, channels=tuple(replace(channel, bounds=UNBOUNDED) for channel in facts.channels))


def is_allowed(finding: Finding, bounds: Mapping[str, ChannelBounds]) -> bool:
    """Whether following the advice changes no untouchable channel and takes no fee further out of its bounds."""
    action = finding.action
    hands_off = {scid for scid, bound in bounds.items() if bound.is_hands_off}
    if hands_off & set(_changed(finding)):
        return False
    if not isinstance(action, SetChannelFee | ChargeLndRule) or action.target not in bounds:
        return True
    bound, before, after = bounds[action.target], action.current.fee_ppm, action.new.fee_ppm
    return before == after or abs(after - bound.nearest_ppm(after)) < max(abs(before - bound.nearest_ppm(before)), 1)


def held_back(free: Iterable[Finding], kept: Iterable[Finding], bounds: Mapping[str, ChannelBounds]) -> int:
    """Return how many findings on bounded channels would be there without the bounds and are not."""
    still = {finding.key for finding in kept}
    return sum(finding.key not in still and not bounds.keys().isdisjoint(_changed(finding)) for finding in free)


def _changed(finding: Finding) -> tuple[str, ...]:
    """Return the channels that the advice would change; looking at one changes nothing."""
    if isinstance(finding.action, ManualStep):
        return (finding.target, *(target for target, _ in intents(finding.action)))
    return tuple(target for target, intent in intents(finding.action) if intent is not Intent.REVIEW)
