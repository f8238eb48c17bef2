"""Rule 19: limits and time lock that make payments fail or routes unattractive. LIGHTNING 7.19.

Live time locks (October 2025): p5/50/95 = 34/80/144 blocks. The largest HTLC against our balance needs private data.
One finding per channel: the time lock first, since it may cost funds; then the largest, then the smallest HTLC.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from recommendations.domain.actions import ChannelRef, FeeTerms, SetChannelFee, SetHtlcLimits
from recommendations.domain.advice import (
    Category,
    Ease,
    Finding,
    Impact,
    Severity,
    Thresholds,
)
from recommendations.domain.facts import ChannelFacts, NodeFacts, PolicyFacts
from recommendations.domain.findings.draft import adjusting, blank
from recommendations.domain.findings.fee_advice import priced_channels
from recommendations.domain.findings.fee_guard import is_too_soon
from recommendations.domain.findings.flow import flow_of, ratio_of
from recommendations.domain.findings.rule import Need, Rule, ThresholdSpec, at_most, counted, neediest
from recommendations.domain.findings.witness import Witness

# Nobody has measured what a maximum brings, and the balance it follows moves: below 0.5 it stays medium at most.
CONFIDENCE_UNSAFE, CONFIDENCE_LOCK, CONFIDENCE_MAX, CONFIDENCE_MIN, CONFIDENCE_TINY = 0.80, 0.45, 0.45, 0.35, 0.45
MSAT = 1_000
TOPICS_LOCK = ("CLTV delta", "time lock", "HTLC", "routing policy")
TOPICS_LIMIT = ("HTLC limits", "max_htlc", "min_htlc", "failed payments")


@dataclass(frozen=True, slots=True)
class Case:
    """What one channel's limits lack and how sure that is. It is put into words only if it is among the neediest."""

    scid: str
    confidence: float
    put: Callable[[NodeFacts, Thresholds], Finding]


def find(facts: NodeFacts, thresholds: Thresholds) -> tuple[Finding, ...]:
    """Return at most one finding per channel, the most severe first."""
    at = facts.judged_at
    cases = [
        case
        for channel, policy in priced_channels(facts)
        if (case := _case(channel, policy, thresholds)) and not is_too_soon(policy, at=at, thresholds=thresholds)
    ]
    cases.sort(key=lambda case: (-case.confidence, case.scid))
    kept, left_out = neediest(cases, thresholds)
    return counted((case.put(facts, thresholds) for case in kept), left_out=left_out)


def _case(channel: ChannelFacts, policy: PolicyFacts, thresholds: Thresholds) -> Case | None:
    lock = policy.time_lock_delta
    if not thresholds["min_time_lock"] <= lock <= thresholds["max_time_lock"]:
        confidence = CONFIDENCE_UNSAFE if lock < thresholds["unsafe_time_lock"] else CONFIDENCE_LOCK
        return Case(channel.scid, confidence, partial(_time_lock, channel, policy))
    found = _too_much(channel, policy, thresholds) or _too_little(channel, policy, thresholds)
    low = policy.min_htlc_msat
    if found is None and low is not None and low >= thresholds["high_min_msat"]:
        return Case(channel.scid, CONFIDENCE_MIN, partial(_smallest, channel, policy, low))
    return found


def _too_much(channel: ChannelFacts, policy: PolicyFacts, thresholds: Thresholds) -> Case | None:
    """We promise more than we have: each larger payment fails here. Only for channels that are clearly low."""
    ratio, private, top = ratio_of(channel), channel.private, policy.max_htlc_msat
    if ratio is None or private is None or private.local_sat is None or top is None:
        return None
    new = _affordable_msat(channel, private.local_sat)
    least = max(thresholds["least_max_sat"] * MSAT, policy.min_htlc_msat or 0)
    if ratio >= thresholds["low_ratio"] or top <= private.local_sat * MSAT or not least <= new < top:
        return None
    put = partial(_largest, channel, policy, ratio=ratio, local_sat=private.local_sat, top=top, new=new)
    return Case(channel.scid, CONFIDENCE_MAX, put)


def _too_little(channel: ChannelFacts, policy: PolicyFacts, thresholds: Thresholds) -> Case | None:
    """The announced maximum is a small part of a channel whose balance we do not know to be low."""
    top = policy.max_htlc_msat
    if top is None or top >= channel.capacity_sat * MSAT * thresholds["tiny_share"]:
        return None
    ratio = ratio_of(channel)
    if ratio is not None and ratio < thresholds["low_ratio"]:
        return None
    return Case(channel.scid, CONFIDENCE_TINY, partial(_tiny, channel, policy, ratio=ratio, top=top))


def _time_lock(channel: ChannelFacts, policy: PolicyFacts, facts: NodeFacts, thresholds: Thresholds) -> Finding:
    low, high, usual = thresholds["min_time_lock"], thresholds["max_time_lock"], int(thresholds["usual_time_lock"])
    lock = policy.time_lock_delta
    witness, terms = Witness(RULE.slug, facts, channel), FeeTerms.of(policy)
    new = usual if lock > high else max(int(low), int(thresholds["safe_time_lock"]))
    is_unsafe = lock < thresholds["unsafe_time_lock"]
    why = "Senders avoid hops that may lock their payment for long, and count it against the route."
    if lock < low:
        why = "With so few blocks the node may not get its own claim confirmed in time when fees are high."
    return replace(
        blank(RULE, channel.scid, adjusting(days=1)),
        title=f"Set the time lock of channel {channel.scid} from {lock:,} to {new} blocks",
        explanation=f"{lock:,} blocks are outside {low:g} to {high:g}; the network's median is {usual}. {why}",
        evidence=(
            witness.own("time_lock_delta", "our time lock", lock, "blocks"),
            witness.network("usual_time_lock", "usual time lock", usual, "blocks"),
        ),
        severity=Severity.HIGH if is_unsafe else Severity.LOW,
        confidence=CONFIDENCE_UNSAFE if is_unsafe else CONFIDENCE_LOCK,
        action=SetChannelFee(ChannelRef.of(channel), terms, replace(terms, time_lock_delta=new)),
        category=Category.SAFETY if lock < low else RULE.category,
        impact=Impact("time lock", new, new, "blocks"),
        topics=TOPICS_LOCK,
        is_safety=is_unsafe,
        threshold=f"time lock outside {low:g} to {high:g} blocks",
    )


def _largest(
    channel: ChannelFacts,
    policy: PolicyFacts,
    facts: NodeFacts,
    thresholds: Thresholds,
    *,
    ratio: float,
    local_sat: int,
    top: int,
    new: int,
) -> Finding:
    witness, (verb, done) = Witness(RULE.slug, facts, channel), _telling(channel)
    return replace(
        blank(RULE, channel.scid, adjusting(days=1)),
        title=f"{verb.capitalize()} at most {new // MSAT:,} sat per payment on channel {channel.scid}",
        explanation=(
            f"We {verb} payments up to {top // MSAT:,} sat, but only {local_sat:,} sat ({ratio:.0%}) are"
            f" on our side: larger ones fail and lower our score with senders. A round {new // MSAT:,} sat keeps the"
            " exact balance private. Raise it again after a refill."
        ),
        evidence=(
            witness.own("max_htlc_sat", f"largest payment we {verb}", top // MSAT, "sat"),
            witness.private("local_sat", "our balance", local_sat, "sat"),
            witness.private("local_ratio", "our share of the balance", ratio, "ratio", digits=2),
        ),
        severity=Severity.LOW,
        confidence=CONFIDENCE_MAX,
        action=SetHtlcLimits(ChannelRef.of(channel), FeeTerms.of(policy), policy.min_htlc_msat, top, new_max_msat=new),
        impact=Impact(f"largest payment {done}", new // MSAT, new // MSAT, "sat"),
        topics=TOPICS_LIMIT,
        threshold=f"largest payment above our balance, which is below {thresholds['low_ratio']:.0%}",
    )


def _telling(channel: ChannelFacts) -> tuple[str, str]:
    """Return what is done with a limit, and was: the peer alone learns of an unannounced channel's."""
    is_public = channel.is_announced or channel.awaits_graph
    return ("announce", "announced") if is_public else ("allow", "allowed")


def _affordable_msat(channel: ChannelFacts, local_sat: int) -> int:
    """Return the coarse part of our balance, or what 90 % of payments need where that is more and still there."""
    flow = flow_of(channel)
    usual = 0 if flow is None else flow.settled_amounts_p90_msat or 0
    return max(rounded_down(local_sat) * MSAT, min(usual, local_sat * MSAT))


def rounded_down(amount_sat: int) -> int:
    """Return the largest power of two not above the amount: coarse on purpose, so that it gives no balance away."""
    return 1 << (amount_sat.bit_length() - 1) if amount_sat > 0 else 0


def _tiny(
    channel: ChannelFacts,
    policy: PolicyFacts,
    facts: NodeFacts,
    thresholds: Thresholds,
    *,
    ratio: float | None,
    top: int,
) -> Finding:
    new, witness = rounded_down(channel.capacity_sat // 2) * MSAT, Witness(RULE.slug, facts, channel)
    verb, done = _telling(channel)
    return replace(
        blank(RULE, channel.scid, adjusting(days=14, ease=Ease.MEDIUM)),
        title=f"Let larger payments through channel {channel.scid}: up to {new // MSAT:,} sat",
        explanation=(
            f"We {verb} at most {top // MSAT:,} sat per payment in a channel of {channel.capacity_sat:,} sat, so"
            " larger ones pass it by. If the limit is there on purpose (little balance, a probing defense), leave"
            " it."
        ),
        evidence=(
            witness.own("max_htlc_sat", f"largest payment we {verb}", top // MSAT, "sat"),
            witness.public("capacity_sat", "capacity", channel.capacity_sat, "sat"),
        ),
        severity=Severity.LOW,
        confidence=CONFIDENCE_TINY,
        action=SetHtlcLimits(ChannelRef.of(channel), FeeTerms.of(policy), policy.min_htlc_msat, top, new_max_msat=new),
        impact=Impact(f"largest payment {done}", new // MSAT, new // MSAT, "sat"),
        facts_needed=2,
        facts_present=1 + (ratio is not None),
        missing=() if ratio is not None else (Need.BALANCES.value,),
        topics=TOPICS_LIMIT,
        threshold=f"largest payment below {thresholds['tiny_share']:.0%} of the capacity",
    )


def _smallest(
    channel: ChannelFacts, policy: PolicyFacts, low: int, facts: NodeFacts, thresholds: Thresholds
) -> Finding:
    goal, witness = int(thresholds["usual_min_msat"]), Witness(RULE.slug, facts, channel)
    return replace(
        blank(RULE, channel.scid, adjusting(days=30, ease=Ease.MEDIUM)),
        title=f"Accept small payments on channel {channel.scid}: from {low // MSAT:,} down to {goal // MSAT:,} sat",
        explanation=(
            f"Payments and parts of split payments below {low // MSAT:,} sat cannot pass. If you set it against spam,"
            " keep it; otherwise the usual minimum is 1 sat."
        ),
        evidence=(
            witness.own("min_htlc_sat", "smallest payment we accept", low // MSAT, "sat"),
            witness.network("usual_min_sat", "usual minimum", goal // MSAT, "sat"),
        ),
        severity=Severity.INFO,
        confidence=CONFIDENCE_MIN,
        action=SetHtlcLimits(ChannelRef.of(channel), FeeTerms.of(policy), low, policy.max_htlc_msat, new_min_msat=goal),
        impact=Impact("smallest payment accepted", goal // MSAT, goal // MSAT, "sat"),
        topics=TOPICS_LIMIT,
        threshold=f"smallest payment at least {thresholds['high_min_msat'] / MSAT:,.0f} sat",
    )


RULE = Rule(
    slug="htlc_limits",
    number=19,
    title="HTLC limits and time lock",
    category=Category.CHANNELS,
    summary="Finds time locks out of range and payment limits that make payments fail or pass by.",
    thresholds=(
        ThresholdSpec("min_time_lock", 24, "blocks", "Shorter is refused by LND since January 2026"),
        ThresholdSpec("unsafe_time_lock", 18, "blocks", "Shorter puts funds at risk (LND's older floor)"),
        ThresholdSpec("safe_time_lock", 40, "blocks", "Advised instead of a short one"),
        ThresholdSpec("max_time_lock", 144, "blocks", "Longer makes senders avoid the channel"),
        ThresholdSpec("usual_time_lock", 80, "blocks", "The network's median, advised instead of a long one"),
        ThresholdSpec("low_ratio", 0.3, "ratio", "The largest payment is lowered only below this share of the balance"),
        ThresholdSpec("least_max_sat", 10_000, "sat", "Never advise a largest payment below this"),
        ThresholdSpec("tiny_share", 0.05, "ratio", "A largest payment below this share of the capacity is small"),
        ThresholdSpec("high_min_msat", 100_000, "msat", "A smallest payment from here is high"),
        ThresholdSpec("usual_min_msat", 1_000, "msat", "Smallest payment advised"),
        at_most(3),
    ),
    needs=(Need.POLICIES,),
    find=find,
)
