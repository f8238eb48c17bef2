"""All rules in the order of their say, one examination of a node, and who gives way when two contradict."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from recommendations.domain.actions import Intent, intents
from recommendations.domain.advice import Finding, Reversibility, Severity, Thresholds
from recommendations.domain.facts import ChannelBounds, NodeFacts
from recommendations.domain.findings import (
    balance_fee,
    base_fee,
    blended_rating,
    centrality,
    channel_age,
    channel_size,
    close_test,
    concentration,
    days_to_depletion,
    dead_channel,
    fee_guard,
    fee_vs_market,
    fee_vs_network,
    htlc_limits,
    imbalance,
    missed_revenue,
    node_health,
    onchain_timing,
    outlier,
    parallel_fees,
    peer_candidates,
    peer_role,
    rebalance,
    stale_edge,
    uptime,
)
from recommendations.domain.findings.fee_advice import readied
from recommendations.domain.findings.own_limits import bounds_of, held_back, is_allowed, unbounded
from recommendations.domain.findings.rule import AT_MOST, LEFT_OUT, Rule
from recommendations.domain.findings.unannounced import marked, unannounced_of

# The order is the precedence: where two rules advise on the same channel against each other, the earlier one stands.
RULES: tuple[Rule, ...] = (
    uptime.RULE,
    stale_edge.RULE,
    rebalance.RULE,
    fee_vs_market.RULE,
    missed_revenue.RULE,
    days_to_depletion.RULE,
    balance_fee.RULE,
    peer_role.RULE,
    parallel_fees.RULE,
    imbalance.RULE,
    dead_channel.RULE,
    fee_vs_network.RULE,
    htlc_limits.RULE,
    base_fee.RULE,
    concentration.RULE,
    node_health.RULE,
    channel_size.RULE,
    centrality.RULE,
    outlier.RULE,
    blended_rating.RULE,
    peer_candidates.RULE,
    onchain_timing.RULE,
    channel_age.RULE,
    close_test.RULE,
    fee_guard.RULE,
)
GUARDS = frozenset({fee_guard.RULE.slug, close_test.RULE.slug})  # they hold others back and find nothing themselves

# Numbers of one rule that others read too, so that an edit acts everywhere.
SHARED: Mapping[str, tuple[str, ...]] = {
    fee_guard.RULE.slug: tuple(spec.name for spec in fee_guard.RULE.thresholds),
    peer_role.RULE.slug: ("sink_share", "source_share", "min_forwards"),
    close_test.RULE.slug: tuple(spec.name for spec in close_test.RULE.thresholds),
}

MOST_CLOSES = 1  # look at what one close did before the next
POLICY_WRITES = frozenset({Intent.FEE_UP, Intent.FEE_DOWN, Intent.POLICY})
# LND writes a whole policy at once: a second write on the same channel would undo the first.
EXCLUDES: Mapping[Intent, frozenset[Intent]] = {
    Intent.FEE_UP: POLICY_WRITES | {Intent.DRAIN, Intent.CLOSE},
    Intent.FEE_DOWN: POLICY_WRITES | {Intent.REFILL, Intent.CLOSE},
    Intent.POLICY: POLICY_WRITES | {Intent.CLOSE},
    Intent.REFILL: frozenset({Intent.REFILL, Intent.DRAIN, Intent.FEE_DOWN, Intent.CLOSE}),
    Intent.DRAIN: frozenset({Intent.DRAIN, Intent.REFILL, Intent.FEE_UP, Intent.CLOSE}),
    Intent.OPEN: frozenset({Intent.OPEN}),
    Intent.CLOSE: frozenset(Intent),
    Intent.REVIEW: frozenset({Intent.CLOSE}),
}


@dataclass(frozen=True, slots=True)
class Examination:
    """What the rules saw: findings by precedence, what they could not judge, which ran, how many more there are."""

    findings: tuple[Finding, ...]
    insufficient: tuple[Finding, ...]
    checked: tuple[str, ...]
    more: Mapping[str, int] = field(default_factory=dict)
    held_back: int = 0  # findings that the operator's own limits of channels keep away


def default_thresholds() -> dict[str, Thresholds]:
    """Return every rule's shipped numbers."""
    return {rule.slug: Thresholds(rule.slug, {spec.name: spec.default for spec in rule.thresholds}) for rule in RULES}


def examine(facts: NodeFacts, thresholds_by_rule: Mapping[str, Thresholds] | None = None) -> Examination:
    """Return what all rules find on this node, without contradictions and at most so many of each.

    A rule or a number that `thresholds_by_rule` lacks keeps its shipped value.
    """
    values, bounds = _complete(thresholds_by_rule or {}), bounds_of(facts)
    kept = _examined(facts, values, bounds)
    if not bounds:
        return kept
    free = _examined(unbounded(facts), values, {})
    return replace(kept, held_back=held_back(free.findings, kept.findings, bounds))


def _examined(facts: NodeFacts, values: Mapping[str, Thresholds], bounds: Mapping[str, ChannelBounds]) -> Examination:
    timing, facts = values[onchain_timing.RULE.slug], readied(facts)
    hidden = unannounced_of(facts)
    found: list[Finding] = []
    insufficient: list[Finding] = []
    more: dict[str, int] = {}
    for rule in RULES:
        for finding in rule.find(facts, values[rule.slug]):
            if finding.is_insufficient:
                insufficient.append(finding)
            elif is_allowed(finding, bounds):
                found.append(onchain_timing.timed(marked(finding, facts, hidden), facts, timing))
            more[rule.slug] = more.get(rule.slug, 0) + int(finding.params.get(LEFT_OUT, 0))
    kept = _capped(_agreeing(found), values, more)
    return Examination(
        findings=kept,
        insufficient=tuple(insufficient),
        checked=tuple(rule.slug for rule in RULES if rule.slug not in GUARDS),
        more={slug: count for slug, count in more.items() if count},
    )


def _complete(given: Mapping[str, Thresholds]) -> dict[str, Thresholds]:
    shipped = default_thresholds()
    own = {slug: {**one.values, **(given[slug].values if slug in given else {})} for slug, one in shipped.items()}
    shared = {name: own[slug][name] for slug, names in SHARED.items() for name in names}
    return {slug: Thresholds(slug, {**shared, **values}) for slug, values in own.items()}


def _agreeing(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings that do not contradict one before them: safety first, then by precedence, closes last."""
    taken: dict[str, set[Intent]] = defaultdict(set)
    kept = []
    for finding in sorted(findings, key=_say):
        wanted = intents(finding.action)
        if any(EXCLUDES[intent] & taken[target] for target, intent in wanted):
            continue
        for target, intent in wanted:
            taken[target].add(intent)
        kept.append(finding)
    return kept


def _say(finding: Finding) -> tuple[bool, bool]:
    """Sort key; the sort is stable, so precedence holds within."""
    is_urgent = finding.is_safety and finding.severity in {Severity.CRITICAL, Severity.HIGH}
    return not is_urgent, finding.reversibility is Reversibility.IRREVERSIBLE


def _capped(findings: Iterable[Finding], values: Mapping[str, Thresholds], more: dict[str, int]) -> tuple[Finding, ...]:
    """Return at most `at_most` findings of each rule and so many policy changes in all, counting the rest in `more`."""
    shown: dict[str, int] = defaultdict(int)
    kept: list[tuple[int, Finding]] = []
    closes = 0
    for finding in findings:
        is_close = finding.reversibility is Reversibility.IRREVERSIBLE
        closes += is_close
        if shown[finding.rule] < values[finding.rule].values.get(AT_MOST, 1) and not (
            is_close and closes > MOST_CLOSES
        ):
            kept.append((shown[finding.rule], finding))
            shown[finding.rule] += 1
        else:
            more[finding.rule] = more.get(finding.rule, 0) + 1
    allowed = _allowed_writes(kept, most=int(values[fee_guard.RULE.slug]["changes_per_day"]))
    for _, finding in kept:
        if _writes_policy(finding) and finding.key not in allowed:
            more[finding.rule] = more.get(finding.rule, 0) + 1
    return tuple(finding for _, finding in kept if not _writes_policy(finding) or finding.key in allowed)


def _allowed_writes(kept: Iterable[tuple[int, Finding]], *, most: int) -> frozenset[str]:
    """Return which policy changes stand: the neediest of each rule before the second of any."""
    writes = [one for one in kept if _writes_policy(one[1]) and not one[1].is_safety]
    writes.sort(key=lambda one: one[0])  # stable: precedence decides among equals
    safety = frozenset(finding.key for _, finding in kept if finding.is_safety)
    return safety | {finding.key for _, finding in writes[:most]}


def _writes_policy(finding: Finding) -> bool:
    return any(intent in POLICY_WRITES for _, intent in intents(finding.action))
